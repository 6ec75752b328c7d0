"""Tables and SQL of the figures."""
