"""Read models of the notifications. No writes."""
