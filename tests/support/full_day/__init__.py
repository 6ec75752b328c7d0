"""An office in which everything happens at once."""
