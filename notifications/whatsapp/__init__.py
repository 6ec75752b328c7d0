"""The WhatsApp channel: posts templates through Meta's Cloud API, within daily budgets."""
