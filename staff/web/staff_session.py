"""The logged-in person of a staff page, and the way to the login.

An API key is not a person.
"""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from ...core.auth import Principal
from ...core.web import authentication, requests

DESK_PATH = "/staff/desk"
HOST_PATH = "/staff/host"


async def current_user(request: Request) -> Principal | None:
    """Return the person who is logged in; None for an API key or without a session."""
    found = await authentication.current_principal(request)
    return None if found is None or found.is_api_key else found


def redirect_to_login(return_path: str) -> Response:
    """Redirect to the login, which returns to `return_path` afterwards."""
    return requests.see_other(f"/staff/?next={return_path}")
