"""Tables and SQL of the console."""
