"""The "go to" box of the consoles, `POST /staff/go`: pages, people and appointments."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Annotated

from pydantic import BaseModel, StringConstraints
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ...appointments.service import Appointment, appointment_services, search_appointments
from ...core.auth import Principal, StaffRole, require_role
from ...core.db.rate_limits import record_guess
from ...core.errors import RateLimited
from ...core.i18n.catalogues import N_, GettextFunction
from ...core.i18n.dates import format_short_day, format_time
from ...core.i18n.text_search import fold_text, is_search_match
from ...core.ids import group_locator
from ...core.web import requests
from ...offices.service import Office, all_offices
from ...staff.service import current_user, list_people
from .manage_page import ADMINISTRATOR_SECTIONS, OFFICE_SECTIONS, SITE_SECTIONS
from .settings.choice_lists_page import LISTS, LISTS_PATH

GO_TO_PATH = "/staff/go"
MAX_PAGES, MAX_PEOPLE, MAX_APPOINTMENTS = 8, 5, 5
MIN_PERSON_CHARACTERS = 2
# a search reads the appointments of all days
MIN_APPOINTMENT_CHARACTERS = 3
MAX_SEARCHES = 240  # of a person in 15 minutes: a search sends two or three beginnings of its text
# Pages of the other consoles: role, path and label. `{office}` stands for the slug of an office.
OWN_PAGES = (
    (StaffRole.AGENT, "/staff/desk", N_("My desk")),
    (StaffRole.AGENT, "/staff/alerts", N_("My alerts")),
    (StaffRole.AGENT, "/staff/account", N_("My account")),
    (StaffRole.HOST, "/staff/calendar/search", N_("Search in all appointments")),
)
CONSOLE_PAGES = (
    (StaffRole.AGENT, "/staff/desk?office={office}", N_("To a desk")),
    (StaffRole.HOST, "/staff/host?office={office}", N_("Entrance")),
    (StaffRole.HOST, "/staff/calendar?office={office}", N_("Calendar")),
    (StaffRole.HOST, "/staff/calendar/new?office={office}", N_("New appointment")),
    (StaffRole.HOST, "/staff/host/{office}/cancel", N_("Cancel appointments")),
    (StaffRole.HOST, "/staff/notices?office={office}", N_("Messages sent")),
)


class GoToQuery(BaseModel, defer_build=True):
    """Typed text. `office`: the slug of the office that the page shows.

    Its pages come first.
    """

    q: Annotated[str, StringConstraints(max_length=200)] = ""
    office: Annotated[str, StringConstraints(max_length=64)] = ""


@dataclass(frozen=True, slots=True)
class Goal:
    """A line of the box."""

    label: str
    detail: str
    href: str

    def to_json(self) -> dict[str, str]:
        return {"label": self.label, "detail": self.detail, "href": self.href}


async def find_goals(request: Request) -> Response:
    """`POST /staff/go {q, office}`: the goals, grouped. POST keeps names out of addresses."""
    principal = require_role(await current_user(request), StaffRole.AGENT)
    asked = await requests.read_json_body(request, GoToQuery)
    runtime, t = requests.current_runtime(request), requests.current_gettext(request)
    query = asked.q.strip()
    is_search = principal.has_role(StaffRole.HOST) and len(fold_text(query)) >= MIN_APPOINTMENT_CHARACTERS
    is_limited = is_search and not await _count_search(request, principal)
    async with runtime.read_session() as session:
        offices = [office for office in await all_offices(session) if principal.can_access_office(office.slug)]
        people = await _people(session, principal, query)
        found: Sequence[Appointment] = ()
        if is_search and not is_limited:
            ids = [office.id for office in offices]
            found = await search_appointments(session, runtime.tokens, ids, query, runtime.now(), MAX_APPOINTMENTS)
    groups = {
        N_("Pages"): find_pages(t, principal, offices, query, asked.office),
        N_("People"): people,
        N_("Appointments"): [
            _appointment_goal(each, offices, requests.current_language(request)) for each in found
        ],
    }
    shown = [
        {"label": t(label), "goals": [goal.to_json() for goal in goals]}
        for label, goals in groups.items()
        if goals
    ]
    count = sum(len(goals) for goals in groups.values())
    return requests.json_response({"groups": shown, "text": _count_text(request, count, is_limited=is_limited)})


async def _count_search(request: Request, principal: Principal) -> bool:
    """Count a search over appointments. Returns False beyond the limit; pages are still found."""
    try:
        await record_guess(requests.current_runtime(request), f"go_to:{principal.id}", guesses=MAX_SEARCHES)
    except RateLimited:
        return False
    return True


def _count_text(request: Request, count: int, *, is_limited: bool) -> str:
    t = requests.current_gettext(request)
    if is_limited:
        return t(N_("Too many searches. Appointments are searched again in some minutes."))
    if not count:
        return t(N_("Nothing found"))
    found = request.state.catalogues.translations(requests.current_language(request))
    return str(found.ngettext("%(num)s found", "%(num)s found", count)) % {"num": count}


def find_pages(
    t: GettextFunction, principal: Principal, offices: Sequence[Office], query: str, shown_office: str
) -> list[Goal]:
    """Return the pages whose label and office have all words of the query.

    Without a query, return the first pages of the reader.
    """
    pages = list(_pages(t, principal, offices, shown_office))
    if not fold_text(query):
        return pages[:MAX_PAGES]
    fitting = [page for page in pages if is_search_match(query, [page.label, page.detail])]
    # a label that begins with what is typed is meant more often than a label that contains it
    return sorted(fitting, key=lambda page: not fold_text(page.label).startswith(fold_text(query)))[:MAX_PAGES]


def _pages(
    t: GettextFunction, principal: Principal, offices: Sequence[Office], shown_office: str
) -> Iterable[Goal]:
    is_manager = principal.has_role(StaffRole.MANAGER)
    for role, path, label in OWN_PAGES:
        if principal.has_role(role):
            yield Goal(t(label), "", path)
    for office in sorted(offices, key=lambda each: each.slug != shown_office):
        for role, path, label in CONSOLE_PAGES:
            if principal.has_role(role):
                yield Goal(t(label), office.name, path.format(office=office.slug))
        for key, path, label in OFFICE_SECTIONS if is_manager else ():
            if key != "calendar":  # a page of the list above
                yield Goal(t(label), f"{office.name}, {t(N_('Management'))}", path.format(office=office.slug))
        for name, choices in LISTS.items() if is_manager else ():
            path = f"{LISTS_PATH.format(office=office.slug)}/{name}"
            yield Goal(t(choices.title), f"{office.name}, {t(N_('Settings'))}", path)
    for key, path, label in SITE_SECTIONS if is_manager else ():
        if key not in ADMINISTRATOR_SECTIONS or principal.has_role(StaffRole.ADMINISTRATOR):
            yield Goal(t(label), t(N_("Management")), path)


async def _people(session: AsyncSession, principal: Principal, query: str) -> list[Goal]:
    """Return the accounts that the reader manages, by name or user."""
    if not principal.has_role(StaffRole.MANAGER) or len(fold_text(query)) < MIN_PERSON_CHARACTERS:
        return []
    people = [item.person for item in await list_people(session, principal) if item.is_manageable]
    found = [person for person in people if is_search_match(query, [person.name, person.username])]
    return [
        Goal(person.name, person.username, f"/staff/manage/people/{person.id}") for person in found[:MAX_PEOPLE]
    ]


def _appointment_goal(found: Appointment, offices: Sequence[Office], language: str) -> Goal:
    office = next(each for each in offices if each.id == found.office_id)
    zone = office.timezone
    when = f"{format_short_day(found.starts_at, zone, language)}, {format_time(found.starts_at, zone)}"
    services = ", ".join(service.name(language) for service in appointment_services(office, found))
    detail = " · ".join([when, services, office.name, group_locator(found.locator)])
    return Goal(found.name, detail, f"/staff/calendar/{found.id}")


routes = [Route(GO_TO_PATH, find_goals, methods=["POST"])]
