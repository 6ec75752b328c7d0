"""Read models of the chatbot. No writes."""
