"""Pure scripts of the room's page, without a browser."""
