"""Console views: board in, texts out. No SQL."""
