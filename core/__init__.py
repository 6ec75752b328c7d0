"""What every folder stands on: clock, ids, errors, SQL, bus, outbox, timers. No word of the domain."""
