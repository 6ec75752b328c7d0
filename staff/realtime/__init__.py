"""WebSocket of the consoles, and the boards pushed to it."""
