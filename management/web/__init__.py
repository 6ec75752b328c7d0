"""Pages of the manager's console, /staff/manage."""
