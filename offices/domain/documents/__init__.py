"""Documents of an office and of the organisation: each field is declared once."""
