"""Live part of the connection test: places, media, data channels, load of the event loop."""
