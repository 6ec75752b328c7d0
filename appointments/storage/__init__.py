"""Tables and SQL statements of appointments."""
