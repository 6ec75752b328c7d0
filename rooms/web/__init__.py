"""Routes, pages and texts of the video rooms."""
