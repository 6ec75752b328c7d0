"""Read models of staff consoles. No writes."""
