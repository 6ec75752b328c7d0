"""Foundation of all features: clock, errors, SQL, bus, outbox, timers. No feature's terms."""
