"""Tables and SQL statements of the chatbot."""
