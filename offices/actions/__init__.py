"""Changes of offices. The caller owns the transaction."""
