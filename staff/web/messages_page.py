"""Delivery report of messages, `/staff/notices`, for hosts and above."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from pydantic import TypeAdapter, ValidationError
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ...core.auth import Principal, StaffRole
from ...core.i18n.catalogues import N_
from ...core.web import requests
from ...core.web.form_page import SentForm, handle_form_for
from ...core.web.validation import OptionalCalendarDay
from ...notifications import service as notifications
from ...notifications.service import DeliveryQuery
from ...offices.service import Office, all_offices
from ..queries.message_people import MessagePerson, people_of_messages
from .calendar.calendar_frame import card_path
from .staff_session import HOST_PATH, no_office_page, require_host, require_login

MESSAGES_PATH = "/staff/notices"
MANAGER_PATH = "/staff/manage/messages"
# All offices, and messages of no office; only for staff of all offices.
ALL_OFFICES = "all"
CHANNEL_NAMES = notifications.CHANNEL_TITLES
SUBJECT_TYPES = ("ticket", "appointment")
STATE_LABELS = {
    "waiting": ("warn", N_("Waiting")),
    "planned": ("plain", N_("Planned for %(time)s")),
    "put_off": ("plain", N_("Put off until %(time)s")),
    "sending": ("plain", N_("Being sent")),
    "sent": ("good", N_("Sent at %(time)s")),
    "arrived": ("good", N_("Arrived at %(time)s")),
    "given_up": ("bad", N_("Failed")),
    "not_sent": ("plain", N_("Withdrawn")),
}
STATE_FILTERS = {
    "all": N_("All"),
    "sent": N_("Sent"),
    "waiting": N_("Waiting"),
    "given_up": N_("Failed"),
    "not_sent": N_("Withdrawn"),
}

_DAY_ADAPTER: TypeAdapter[date | None] = TypeAdapter(OptionalCalendarDay)


@dataclass(frozen=True, slots=True)
class MessagesQuery:
    """The filter of the page.

    `office` is a slug or ALL_OFFICES, `about` is `ticket:ID` or `appointment:ID`.
    """

    office: str
    day: date
    shown: str
    way: str | None
    about: str | None

    def link(self, **changes: str) -> str:
        """Build the address of the page with some filters changed."""
        filters = {"office": self.office, "day": self.day.isoformat(), "state": self.shown, "way": self.way}
        if self.about:
            filters = {"office": self.office, "about": self.about}
        parameters = {name: value for name, value in {**filters, **changes}.items() if value}
        return f"{MESSAGES_PATH}?{urlencode(parameters)}"


async def show_messages(request: Request) -> Response:
    """`GET /staff/notices`: the messages of a day."""
    principal = await require_login(request)
    if not principal.has_role(StaffRole.HOST):
        return requests.render_page(request, "staff/not_host.html", status_code=403)
    runtime = requests.current_runtime(request)
    now = runtime.now()
    async with runtime.read_session() as session:
        offices = [office for office in await all_offices(session) if principal.can_access_office(office.slug)]
        if not offices:
            return no_office_page(request, principal)
        query = _parse_query(request, principal, offices, now)
        zone = next((office for office in offices if office.slug == query.office), offices[0]).timezone
        report = await notifications.build_delivery_report(
            session, _delivery_filter(query, offices, zone), query.shown, now
        )
        problems = await notifications.delivery_problems(session, request.state.settings.channels, now)
        failed = [delivery.subject for delivery in report.deliveries if delivery.state == "given_up"]
        people = await people_of_messages(session, failed)
        budgets = await notifications.channel_budgets(session, budget_limits(request), now)
    return requests.render_page(
        request,
        "staff/notices.html",
        person=principal.name,
        is_manager=principal.has_role(StaffRole.MANAGER),
        offices=offices,
        names={office.slug: office.name for office in offices},
        may_see_all=principal.offices is None and len(offices) > 1,
        asked=query,
        zone=zone,
        found=report,
        troubles=problems,
        ways=CHANNEL_NAMES,
        states=STATE_LABELS,
        filters=STATE_FILTERS,
        people=people,
        budgets=[budget for budget in budgets if budget.limit is not None],
        visit_path=visit_path,
    )


@handle_form_for(require_host)
async def retry_message(request: Request, form: SentForm, principal: Principal) -> Response:
    """`POST /staff/notices/{id}/again`: send a failed message again, and return to the page."""
    await notifications.retry_dead_message(form.runtime, request.path_params["id"], principal)
    return requests.see_other(_return_path(form))


@handle_form_for(require_host)
async def note_told(request: Request, form: SentForm, principal: Principal) -> Response:
    """`POST /staff/notices/{id}/told`: note that the person was told in another way."""
    await notifications.mark_told_otherwise(form.runtime, request.path_params["id"], principal)
    return requests.see_other(_return_path(form))


def _return_path(form: SentForm) -> str:
    """Return the page whose button was pressed, with its filter."""
    path = MANAGER_PATH if form.get("page") == "manage" else MESSAGES_PATH
    return f"{path}?{form.text('back')}"


def budget_limits(request: Request) -> dict[str, int]:
    """Return the messages a day of each channel; channels without a limit are missing."""
    setups = request.state.settings.chosen_channels
    return {setup.name: setup.limits.per_day for setup in setups if setup.limits is not None}


def visit_path(person: MessagePerson, office: str | None) -> str:
    """Return the card of an appointment, or the place in the host's console of a ticket."""
    if person.code is None and person.appointment_id is not None:
        return card_path(person.appointment_id)
    return f"{HOST_PATH}?office={office or ''}#room"


def _parse_query(request: Request, principal: Principal, offices: list[Office], now: datetime) -> MessagesQuery:
    """Parse the filter of the address. Invalid values are replaced by the defaults."""
    params = request.query_params
    slugs = [offered.slug for offered in offices] + ([ALL_OFFICES] if principal.offices is None else [])
    office = params.get("office") if params.get("office") in slugs else offices[0].slug
    assert office is not None
    zone = next((offered.timezone for offered in offices if offered.slug == office), offices[0].timezone)
    about = params.get("about") or ""
    return MessagesQuery(
        office=office,
        day=parse_day(params.get("day"), now.astimezone(zone).date()),
        shown=params["state"] if params.get("state") in STATE_FILTERS else "all",
        way=params["way"] if params.get("way") in CHANNEL_NAMES else None,
        about=about if about.partition(":")[0] in SUBJECT_TYPES else None,
    )


def parse_day(text: str | None, today: date) -> date:
    """Parse the day of an address; today if it is missing or invalid."""
    try:
        return _DAY_ADAPTER.validate_python(text) or today
    except ValidationError:
        return today


def _delivery_filter(query: MessagesQuery, offices: list[Office], zone: ZoneInfo) -> DeliveryQuery:
    """Build the storage query for a local day of the office."""
    begins = datetime.combine(query.day, time(), zone)
    ends = datetime.combine(query.day + timedelta(days=1), time(), zone)
    slugs = None if query.office == ALL_OFFICES else [query.office]
    return DeliveryQuery(slugs, begins, ends, query.about, query.way)


routes = [
    Route(MESSAGES_PATH, show_messages, methods=["GET"]),
    Route(MESSAGES_PATH + "/{id}/again", retry_message, methods=["POST"]),
    Route(MESSAGES_PATH + "/{id}/told", note_told, methods=["POST"]),
]
