"""Start page of the manager's console, `/staff/manage`: the offices, and what they lack."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ....core.web import requests
from ....offices.service import all_offices, hours
from ..manage_page import MANAGE_PATH, render_manage_page, require_manager
from .setup_page import STEP_TEXTS, judge_offices


async def show_offices(request: Request) -> Response:
    principal = await require_manager(request)
    runtime = requests.current_runtime(request)
    async with runtime.read_session() as session:
        offices = [office for office in await all_offices(session) if principal.can_access_office(office.slug)]
        setups = await judge_offices(session, offices)
    open_slugs = {office.slug for office in offices if hours.is_open(office.hours, runtime.now())}
    return render_manage_page(
        request,
        "management/offices.html",
        principal,
        section="home",
        setups=setups,
        open_slugs=open_slugs,
        step_texts=STEP_TEXTS,
    )


routes = [Route(MANAGE_PATH, show_offices, methods=["GET"])]
