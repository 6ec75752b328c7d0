"""Screenshots of the pages, and the pictures of the documents."""
