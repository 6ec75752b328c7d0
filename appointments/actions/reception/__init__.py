"""Changes of an appointment by the reception, for a citizen who called or stands there."""
