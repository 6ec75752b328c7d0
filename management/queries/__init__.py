"""Read models of management. No writes."""
