"""Public API of staff accounts and consoles for the composition root."""

from __future__ import annotations

from .actions.accounts import authenticate, create_api_key, create_user, set_password
from .realtime.board_socket import run_board_refresh
from .web.staff_session import current_user

__all__ = ["authenticate", "create_api_key", "create_user", "current_user", "run_board_refresh", "set_password"]
