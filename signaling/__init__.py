"""Real-time transport: sockets, who watches what, what is relayed between peers. Knows no feature."""
