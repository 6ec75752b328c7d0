"""Routes, pages, schemas and texts of the staff accounts and consoles."""
