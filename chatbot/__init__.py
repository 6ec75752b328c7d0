"""The assistant: appointments and information by conversation, in Spanish and English."""
