"""Pages of the people who work at the offices, and of API keys."""
