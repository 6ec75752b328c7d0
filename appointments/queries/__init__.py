"""Read models of the appointments. No writes."""
