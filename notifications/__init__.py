"""Notifications: sends outbox messages by e-mail, SMS and push. Knows no other feature."""
