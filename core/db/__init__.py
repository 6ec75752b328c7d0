"""SQL engines, transactions, timers, outbox and rate limits."""
