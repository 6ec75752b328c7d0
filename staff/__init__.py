"""People who work here: accounts, login, keys for programs, and the console of a desk."""
