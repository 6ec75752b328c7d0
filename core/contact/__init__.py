"""Phone numbers, push subscriptions, guarded outgoing requests."""
