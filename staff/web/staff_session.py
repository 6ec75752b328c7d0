"""Logged-in person of a staff page, and the redirect to the login. Ignores API keys."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from ...core.auth import Principal
from ...core.web import authentication, requests

DESK_PATH = "/staff/desk"
HOST_PATH = "/staff/host"


async def current_user(request: Request) -> Principal | None:
    """Return the person who is logged in; None for an API key or without a session."""
    principal = await authentication.current_principal(request)
    return None if principal is None or principal.is_api_key else principal


def redirect_to_login(return_path: str) -> Response:
    """Redirect to the login, which returns to `return_path` afterwards."""
    return requests.see_other(f"/staff/?next={return_path}")
