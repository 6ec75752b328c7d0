"""Use cases of the chatbot: one transaction each, and its timers."""
