"""Pure scripts of all pages, without a browser."""
