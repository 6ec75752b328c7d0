"""Tables and SQL statements of notifications."""
