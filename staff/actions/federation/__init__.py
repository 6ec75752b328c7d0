"""Sign-in by an identity provider or a trusted proxy: protocol, accounts, checks."""
