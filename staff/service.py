"""Public API of staff accounts and consoles for the composition root."""

from __future__ import annotations

from .actions.accounts import authenticate, create_api_key, create_user, set_password

__all__ = ["authenticate", "create_api_key", "create_user", "set_password"]
