"""Pages and API calls of appointments by telephone."""
