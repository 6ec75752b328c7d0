"""Staff: accounts, login, API keys, and the consoles of desk and host."""
