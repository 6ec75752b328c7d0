"""Read models of the video rooms. No writes."""
