"""Read models of offices. No writes."""
