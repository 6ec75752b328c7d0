"""The SMS channel: any gateway with an HTTP API, or Twilio."""
