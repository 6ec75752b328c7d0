"""Pages of the figures of offices."""
