"""Read models of the queue. No writes."""
