"""Management: set-up and changes of offices, people, look and law, and the audit."""
