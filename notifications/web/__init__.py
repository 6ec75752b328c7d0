"""Routes, pages and texts of notifications."""
