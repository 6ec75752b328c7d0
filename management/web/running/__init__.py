"""Pages for running the offices every day: Today, messages, posters and screens."""
