"""Plans, runs and answers of what-if questions. No writes."""
