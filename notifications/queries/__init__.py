"""Read models of notifications. No writes."""
