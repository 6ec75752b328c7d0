"""WebSockets of the video rooms, and the messages pushed to them."""
