"""Read models of the figures."""
