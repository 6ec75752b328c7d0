"""Routes, pages, schemas and texts of the connection test."""
