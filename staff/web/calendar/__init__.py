"""Pages of the reception's calendar."""
