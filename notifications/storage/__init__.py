"""Tables and SQL statements of the notifications."""
