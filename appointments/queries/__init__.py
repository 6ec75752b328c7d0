"""Read models of appointments. No writes."""
