"""Tables and SQL statements of the video rooms."""
