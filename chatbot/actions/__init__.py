"""Use cases of the chatbot, each in a single transaction, and its timers."""
