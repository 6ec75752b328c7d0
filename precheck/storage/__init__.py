"""Tables and SQL statements of the connection test."""
