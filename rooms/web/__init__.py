"""Routes, pages, schemas and texts of the video rooms."""
