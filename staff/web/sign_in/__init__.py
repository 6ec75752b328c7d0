"""Pages of the sign-in: second factor, identity provider, trusted proxy, kept forms."""
