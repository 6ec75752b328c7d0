"""Work that runs once a night."""
