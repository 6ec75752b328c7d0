"""The web push channel."""
