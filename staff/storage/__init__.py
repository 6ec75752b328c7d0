"""Tables and SQL statements of the staff accounts and consoles."""
