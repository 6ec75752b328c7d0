"""Tables and SQL statements of offices."""
