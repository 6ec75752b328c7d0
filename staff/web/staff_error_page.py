"""Errors below `/staff/` in the frame of the consoles, with links to those of the person."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response

from ...core.auth import Principal, StaffRole
from ...core.i18n.catalogues import N_
from ...core.web import requests
from .staff_session import DESK_PATH, HOST_PATH, MANAGE_PATH, current_user, home_path

STAFF_PATH = "/staff/"
OWN_STATUSES = (
    400,
    403,
    404,
    405,
    409,
    410,
    422,
)  # a refusal by a limit costs no query, so 429 is not in the list
CONSOLE_LINKS = (
    (StaffRole.AGENT, DESK_PATH, N_("My desk")),
    (StaffRole.HOST, HOST_PATH, N_("Entrance")),
    (StaffRole.MANAGER, MANAGE_PATH, N_("Management")),
)


async def redirect_unknown_page(request: Request) -> Response | None:
    """Redirect the public to the login, as every page does; None for others.

    The public is not told which pages exist.
    """
    if not _is_staff_page(request) or request.method not in ("GET", "HEAD"):
        return None
    login = requests.see_other(f"/staff/?next={quote(request.url.path)}")
    return None if await current_user(request) is not None else login


async def show_staff_error(
    request: Request, status: int, headers: Mapping[str, str], **context: Any
) -> Response | None:
    """Show an error of a page below `/staff/`; None if the page of citizens says it."""
    if not _is_staff_page(request) or status not in OWN_STATUSES:
        return None
    principal = await current_user(request)
    home = await home_path(request, principal) if principal is not None else STAFF_PATH
    return requests.render_page(
        request,
        "staff/staff_error.html",
        status_code=status,
        headers=headers,
        status=status,
        person=principal.name if principal else "",
        home=home,
        links=_console_links(principal, home),
        **context,
    )


def _is_staff_page(request: Request) -> bool:
    return request.url.path.startswith(STAFF_PATH) and not requests.should_answer_json(request)


def _console_links(principal: Principal | None, home: str) -> list[tuple[str, str]]:
    """Return the other consoles that the person may open."""
    if principal is None:
        return []
    return [(path, label) for role, path, label in CONSOLE_LINKS if principal.has_role(role) and path != home]
