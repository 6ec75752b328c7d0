"""Tables and SQL statements of the appointments."""
