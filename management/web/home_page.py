"""Start page of the manager's console, `/staff/manage`: the offices."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ...core.web import requests
from ...offices.service import all_offices
from .manage_page import MANAGE_PATH, render_manage_page, require_manager


async def show_home(request: Request) -> Response:
    """`GET /staff/manage`."""
    principal = await require_manager(request)
    async with requests.current_runtime(request).read_session() as session:
        offices = [office for office in await all_offices(session) if principal.can_access_office(office.slug)]
    return render_manage_page(request, "management/home.html", principal, section="home", offices=offices)


routes = [Route(MANAGE_PATH, show_home, methods=["GET"])]
