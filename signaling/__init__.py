"""Real-time transport: sockets, topics, relay between peers, TURN. Knows no feature."""
