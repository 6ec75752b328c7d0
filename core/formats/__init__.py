"""iCalendar and QR codes."""
