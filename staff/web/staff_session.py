"""Logged-in person of a staff page, and the redirect to the login. Ignores API keys."""

from __future__ import annotations

from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response

from ...core.auth import Principal, StaffRole, require_role
from ...core.errors import MovedTo
from ...core.web import authentication, requests
from ...offices.service import Office, all_offices
from ..actions import accounts

DESK_PATH = "/staff/desk"
HOST_PATH = "/staff/host"
MANAGE_PATH = "/staff/manage"
ACCOUNT_PATH = "/staff/account"
TODAY_PATH = "/staff/manage/today"


async def current_user(request: Request) -> Principal | None:
    """Return the person who is logged in; None for an API key or without a session."""
    principal = await authentication.current_principal(request)
    return None if principal is None or principal.is_api_key else principal


async def require_login(request: Request) -> Principal:
    """Return the person who is logged in. Raises MovedTo the login, which leads back here."""
    principal = await current_user(request)
    if principal is None:
        raise MovedTo(f"/staff/?next={quote(request.url.path)}")
    return principal


async def require_agent(request: Request) -> Principal:
    """Return the agent who is logged in. Raises Unauthenticated, NotAllowed."""
    return require_role(await current_user(request), StaffRole.AGENT)


async def require_host(request: Request) -> Principal:
    """Return the host who is logged in. Raises Unauthenticated, NotAllowed."""
    return require_role(await current_user(request), StaffRole.HOST)


def no_office_page(request: Request, principal: Principal) -> Response:
    """Lead people who manage to the management; tell others that they work in no office yet."""
    if principal.has_role(StaffRole.MANAGER):
        return requests.see_other(MANAGE_PATH)
    return requests.render_page(request, "staff/no_office.html", status_code=403, person=principal.name)


async def home_path(request: Request, principal: Principal) -> str:
    """Return the start page: the host's console or the desk.

    Managers of several offices start with the page of all their offices. While there is no office, managers
    start where the first is added.
    """
    if principal.has_role(StaffRole.MANAGER):
        async with requests.current_runtime(request).read_session() as session:
            offices = await all_offices(session)
        if not offices:
            return MANAGE_PATH
        if sum(principal.can_access_office(office.slug) for office in offices) > 1:
            return TODAY_PATH
    return HOST_PATH if principal.has_role(StaffRole.HOST) else DESK_PATH


async def home_path_by_token(request: Request, token: str) -> str:
    """Return the start page of a session that has just begun."""
    principal = await accounts.authenticate(requests.current_runtime(request), cookie=token, bearer=None)
    return await home_path(request, principal) if principal is not None else DESK_PATH


async def own_offices(request: Request, principal: Principal) -> list[Office]:
    """Load the offices of this person, in the order of the installation."""
    async with requests.current_runtime(request).read_session() as session:
        return [office for office in await all_offices(session) if principal.can_access_office(office.slug)]
