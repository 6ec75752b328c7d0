"""Routes, pages, schemas and texts of the notifications."""
