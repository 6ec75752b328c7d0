"""Console views: board in, words out. Pure."""
