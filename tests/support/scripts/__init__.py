"""Pure scripts of the pages, run without a browser."""
