"""The assistant: a guide in Spanish and English that books, changes, cancels and tells what it takes."""
