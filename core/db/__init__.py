"""SQL engines, timers, the outbox, idempotency keys and rate limits."""
