"""The SMS channel: posts SMS to a gateway, within a daily budget in all and per number."""
