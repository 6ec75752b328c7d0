"""Tables and SQL statements of the queue."""
