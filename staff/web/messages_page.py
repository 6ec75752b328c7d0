"""`/staff/notices`: how the messages of an office fare; for hosts and above, administrators see all."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from pydantic import TypeAdapter, ValidationError
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ...core.auth import Principal, Role, require
from ...core.errors import NotAllowed
from ...core.i18n.catalogues import N_
from ...core.web import requests
from ...core.web.validation import OptionalDay
from ...notifications import service as notifications
from ...notifications.service import Wanted
from ...offices.service import Office, all_offices

PAGE = "/staff/notices"
ALL = "all"  # the offices of an administrator, together with what belongs to none
WAYS = {"email": N_("E-mail"), "sms": N_("SMS"), "push": N_("Push")}
ABOUT = ("ticket", "appointment")
STATES = {
    "waiting": ("warn", N_("Waiting")),
    "planned": ("plain", N_("Planned for %(time)s")),
    "put_off": ("plain", N_("Put off until %(time)s")),
    "sending": ("plain", N_("Being sent")),
    "sent": ("good", N_("Sent at %(time)s")),
    "given_up": ("bad", N_("Failed")),
    "not_sent": ("plain", N_("Withdrawn")),
}
FILTERS = {
    "all": N_("All"),
    "sent": N_("Sent"),
    "waiting": N_("Waiting"),
    "given_up": N_("Failed"),
    "not_sent": N_("Withdrawn"),
}

_DAY: TypeAdapter[date | None] = TypeAdapter(OptionalDay)


@dataclass(frozen=True, slots=True)
class Asked:
    """What the page was asked for. `office`: a slug or ALL; `about`: `ticket:ID` or `appointment:ID`."""

    office: str
    day: date
    shown: str
    way: str | None
    about: str | None

    def link(self, **changes: str) -> str:
        """The same page with something else."""
        asked = {"office": self.office, "day": self.day.isoformat(), "state": self.shown, "way": self.way}
        if self.about:
            asked = {"office": self.office, "about": self.about}
        return f"{PAGE}?{urlencode({name: value for name, value in {**asked, **changes}.items() if value})}"


async def page(request: Request) -> Response:
    """The messages of a day."""
    who = await _signed_in(request)
    if who is None:
        return requests.see_other(f"/staff/?next={PAGE}")
    if not who.at_least(Role.HOST):
        return requests.render(request, "staff/not_host.html", status_code=403)
    runtime = requests.runtime(request)
    now = runtime.now()
    async with runtime.reading() as session:
        offices = [one for one in await all_offices(session) if who.works_in(one.slug)]
        asked = _asked(request, who, offices, now)
        zone = _zone(offices, asked)
        found = await notifications.deliveries(session, _wanted(asked, offices, zone), asked.shown, now)
        troubles = await notifications.troubles(session, request.state.settings.channels, now)
    return requests.render(
        request,
        "staff/notices.html",
        person=who.name,
        offices=offices,
        names={one.slug: one.name for one in offices},
        may_see_all=who.offices is None and len(offices) > 1,
        asked=asked,
        zone=zone,
        found=found,
        troubles=troubles,
        ways=WAYS,
        states=STATES,
        filters=FILTERS,
    )


async def try_again(request: Request) -> Response:
    """`POST /staff/notices/{id}/again`: back to where it was pressed."""
    sent = await requests.form(request)
    who = require(await _signed_in(request), Role.HOST)
    await notifications.try_again(requests.runtime(request), request.path_params["id"], who)
    return requests.see_other(f"{PAGE}?{sent.get('back') or ''}")


async def _signed_in(request: Request) -> Principal | None:
    found = await requests.principal(request)
    return None if found is None or found.key else found


def _asked(request: Request, who: Principal, offices: list[Office], now: datetime) -> Asked:
    """What stands in the address, as far as it makes sense; the rest is as if it had not been asked for."""
    if not offices:
        raise NotAllowed("no_office")
    asked = request.query_params
    slugs = [one.slug for one in offices] + ([ALL] if who.offices is None else [])
    office = asked.get("office") if asked.get("office") in slugs else offices[0].slug
    assert office is not None
    zone = next((one.timezone for one in offices if one.slug == office), offices[0].timezone)
    about = asked.get("about") or ""
    return Asked(
        office=office,
        day=day_in(asked.get("day"), now.astimezone(zone).date()),
        shown=asked["state"] if asked.get("state") in FILTERS else "all",
        way=asked["way"] if asked.get("way") in WAYS else None,
        about=about if about.partition(":")[0] in ABOUT else None,
    )


def day_in(text: str | None, today: date) -> date:
    """The day that stands in an address; today when it is none."""
    try:
        return _DAY.validate_python(text) or today
    except ValidationError:
        return today


def _zone(offices: list[Office], asked: Asked) -> ZoneInfo:
    return next((one.timezone for one in offices if one.slug == asked.office), offices[0].timezone)


def _wanted(asked: Asked, offices: list[Office], zone: ZoneInfo) -> Wanted:
    """From midnight to midnight where the office is."""
    begins = datetime.combine(asked.day, time(), zone)
    ends = datetime.combine(asked.day + timedelta(days=1), time(), zone)
    slugs = None if asked.office == ALL else [asked.office]
    return Wanted(slugs, begins, ends, asked.about, asked.way)


routes = [
    Route(PAGE, page, methods=["GET"]),
    Route(PAGE + "/{id}/again", try_again, methods=["POST"]),
]
