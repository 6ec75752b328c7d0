"""Messages of a manager's offices, `/staff/manage/messages`: failures and figures."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ....core.auth import Principal
from ....core.web import requests
from ....notifications import service as notifications
from ....offices.service import Office
from ....staff.service import CHANNEL_NAMES, budget_limits, own_offices, people_of_messages, visit_path
from ..manage_page import MANAGE_PATH, render_manage_page, require_manager

MESSAGES_PATH = MANAGE_PATH + "/messages"
SENT_DAYS = (7, 30)  # besides today


async def show_failures(request: Request) -> Response:
    """`GET /staff/manage/messages?office=`: failed messages and the budgets.

    Raises NotAllowed for another office.
    """
    chosen = request.query_params.get("office") or None
    principal = await require_manager(request, chosen)
    runtime, now = requests.current_runtime(request), requests.current_runtime(request).now()
    async with runtime.read_session() as session:
        offices = await own_offices(request, principal)
        failed = await notifications.load_open_failures(session, _scope(principal, offices, chosen), now)
        people = await people_of_messages(session, [message.subject for message in failed])
        budgets = await notifications.channel_budgets(session, budget_limits(request), now)
        problems = await notifications.delivery_problems(session, request.state.settings.channels, now)
        paid = [setup for setup in request.state.settings.chosen_channels if setup.limits is not None]
        used = {setup.name: await notifications.messages_of_offices(session, setup.name, now) for setup in paid}
    return render_manage_page(
        request,
        "management/messages.html",
        principal,
        section="messages",
        offices=offices,
        chosen=chosen or "",
        failed=failed,
        people=people,
        budgets=budgets,
        problems=problems,
        shown_offices=[office for office in offices if chosen in (None, office.slug)],
        paid=paid,
        used=used,
        ways=CHANNEL_NAMES,
        visit_path=visit_path,
        zone=shown_zone(offices, chosen),
    )


async def show_sent(request: Request) -> Response:
    """`GET /staff/manage/messages/sent?office=`: counts by kind and channel.

    Raises NotAllowed.
    """
    chosen = request.query_params.get("office") or None
    principal = await require_manager(request, chosen)
    runtime = requests.current_runtime(request)
    async with runtime.read_session() as session:
        offices = await own_offices(request, principal)
        zone = shown_zone(offices, chosen)
        midnight = datetime.combine(runtime.now().astimezone(zone).date(), time(), zone)
        instants = [midnight, *(midnight - timedelta(days=days - 1) for days in SENT_DAYS)]
        figures = await notifications.figures_by_kind(session, _scope(principal, offices, chosen), instants)
    return render_manage_page(
        request,
        "management/messages_sent.html",
        principal,
        section="messages",
        offices=offices,
        chosen=chosen or "",
        figures=figures,
        days=SENT_DAYS,
        totals=[sum(figure.sent[place] for figure in figures) for place in range(len(instants))],
        failed=sum(figure.failed for figure in figures),
        ways=CHANNEL_NAMES,
    )


def _scope(principal: Principal, offices: Sequence[Office], chosen: str | None) -> list[str] | None:
    """Return the slugs whose messages are shown; None also for messages of no office."""
    if chosen is not None:
        return [chosen]
    return None if principal.offices is None else [office.slug for office in offices]


def shown_zone(offices: Sequence[Office], chosen: str | None = None) -> ZoneInfo:
    """Return the time zone of the chosen office, else of the first."""
    zones = {office.slug: office.timezone for office in offices}
    return zones.get(chosen or "") or next(iter(zones.values()), ZoneInfo("UTC"))


routes = [
    Route(MESSAGES_PATH, show_failures, methods=["GET"]),
    Route(MESSAGES_PATH + "/sent", show_sent, methods=["GET"]),
]
