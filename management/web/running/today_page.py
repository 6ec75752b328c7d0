"""All offices of a manager at a glance, `/staff/manage/today`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ....appointments.service import ON_TIME_WITHIN
from ....core.i18n.catalogues import N_
from ....core.web import requests
from ...domain.today import Trouble, sum_up
from ...queries.today import load_today
from ..manage_page import MANAGE_PATH, render_manage_page, require_manager

TODAY_PATH = MANAGE_PATH + "/today"
REFRESH_WITHOUT_SCRIPT_S = 20
# The shape of each trouble's chip (server/templates/parts.html); its words are in the template.
VERDICTS: Mapping[Trouble, str] = {
    Trouble.EMERGENCY: "red",
    Trouble.EVACUATION: "red",
    Trouble.NO_DATA: "unknown",
    Trouble.PAUSED: "red",
    Trouble.MESSAGES_FAILED: "red",
    Trouble.NO_DESK: "red",
    Trouble.LONG_WAIT: "amber",
    Trouble.LATE: "amber",
    Trouble.HELP: "amber",
    Trouble.SCREEN_LOST: "amber",
}
SCRIPT_TEXTS: Mapping[str, str] = {
    "age_seconds": N_("Live, %(seconds)s s ago"),
    "age_minutes": N_("Live, %(minutes)s min ago"),
}


async def show_today(request: Request) -> Response:
    principal = await require_manager(request)
    runtime = requests.current_runtime(request)
    now = runtime.now()
    async with runtime.read_session() as session:
        offices = await load_today(session, principal, now)
    t = requests.current_gettext(request)
    zones = [office.office.timezone for office in offices if office.office is not None]
    return render_manage_page(
        request,
        "management/today.html",
        principal,
        section="today",
        offices=offices,
        totals=sum_up(offices),
        verdicts=VERDICTS,
        minutes=whole_minutes,
        late_after=whole_minutes(ON_TIME_WITHIN),
        zone=zones[0] if zones else None,
        refresh_s=REFRESH_WITHOUT_SCRIPT_S,
        texts={key: t(text) for key, text in SCRIPT_TEXTS.items()},
    )


def whole_minutes(duration: timedelta) -> int:
    return int(duration.total_seconds() // 60)


routes = [Route(TODAY_PATH, show_today, methods=["GET"])]
