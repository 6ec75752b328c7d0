"""List of people, `/staff/manage/people`, and the invitation of a person."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ....core.auth import Principal, StaffRole
from ....core.errors import Invalid, Refused
from ....core.i18n.text_search import is_search_match
from ....core.web import requests
from ....core.web.form_page import NO_PROBLEM, FormProblem, SentForm, handle_form_for
from ....offices.service import Office
from ....staff.service import (
    NewAccountLink,
    PersonListItem,
    grantable_roles,
    invite_person,
    list_people,
    sign_in_setup,
)
from ..manage_page import MANAGE_PATH, render_manage_page, require_manager
from .account_form import (
    ROLE_TEXTS,
    STATE_TEXTS,
    TypedAccount,
    choosable_offices,
    empty_account,
    load_offices,
    parse_account,
    read_account,
    shown_zone,
)

PEOPLE_PATH = MANAGE_PATH + "/people"
INVITE_PATH = PEOPLE_PATH + "/invite"
MIN_PEOPLE_TO_FILTER = 9  # a shorter list is seen at a glance


@dataclass(frozen=True, slots=True)
class PeopleFilter:
    """The filter of the list: part of a name, an office (slug) and a state; empty for all."""

    text: str
    office: str
    state: str

    @property
    def is_set(self) -> bool:
        return bool(self.text or self.office or self.state)

    def matches(self, item: PersonListItem) -> bool:
        """Whether a person is shown."""
        person = item.person
        return (
            (not self.text or is_search_match(self.text, (person.name, person.username, person.details.email)))
            and (not self.office or person.offices is None or self.office in person.offices)
            and self.state in ("", person.state)
        )


async def show_people(request: Request) -> Response:
    principal = await require_manager(request)
    offices = await load_offices(request)
    async with requests.current_runtime(request).read_session() as session:
        people = await list_people(session, principal)
    chosen = _read_filter(request, offices)
    return render_manage_page(
        request,
        "management/people.html",
        principal,
        section="people",
        people=[item for item in people if chosen.matches(item)],
        total=len(people),
        chosen=chosen,
        can_filter=chosen.is_set or len(people) >= MIN_PEOPLE_TO_FILTER,
        offices=choosable_offices(principal, offices),
        office_names={office.slug: office.name for office in offices},
        roles=ROLE_TEXTS,
        states=STATE_TEXTS,
        provider=sign_in_setup(request).provider_name,
        zone=shown_zone(offices),
    )


def _read_filter(request: Request, offices: Sequence[Office]) -> PeopleFilter:
    """Read the filter of the address. Unknown values are ignored."""
    query = request.query_params
    office, state = query.get("office", ""), query.get("state", "")
    return PeopleFilter(
        text=query.get("q", "").strip()[:100],
        office=office if office in {each.slug for each in offices} else "",
        state=state if state in STATE_TEXTS else "",
    )


async def show_invitation(request: Request) -> Response:
    """`GET /staff/manage/people/invite`: the empty form."""
    principal = await require_manager(request)
    offices = await load_offices(request)
    return _render_invitation(request, principal, offices, empty_account(principal, offices, StaffRole.AGENT))


@handle_form_for(require_manager)
async def submit_invitation(request: Request, form: SentForm, principal: Principal) -> Response:
    """`POST /staff/manage/people/invite`: create the account, and show its link once."""
    typed = read_account(form)
    with form.catch(Invalid, Refused, refused_field="username", refused_status=422) as problem:
        details = parse_account(typed, ("name", "username"))
        link = await invite_person(
            form.runtime, principal, typed.values["username"], details, requests.current_language(request)
        )
        return render_new_link(request, principal, link, await load_offices(request))
    return _render_invitation(request, principal, await load_offices(request), typed, problem)


def render_new_link(
    request: Request, principal: Principal, link: NewAccountLink, offices: Sequence[Office]
) -> Response:
    """Show a new link, this once. No cache may keep the page."""
    return render_manage_page(
        request,
        "management/person_link.html",
        principal,
        section="people",
        headers=requests.PRIVATE_PAGE_HEADERS,
        link=link,
        has_mail="email" in request.state.settings.channels,
        zone=shown_zone(offices),
        page_url=f"{PEOPLE_PATH}/{link.person.id}",
    )


def account_choices(principal: Principal, offices: Sequence[Office]) -> dict[str, Any]:
    """Return the roles and offices to choose from, as templates get them."""
    return {
        "roles": {role: ROLE_TEXTS[role] for role in grantable_roles(principal) if role in ROLE_TEXTS},
        "offices": choosable_offices(principal, offices),
        "may_give_all": principal.offices is None,
    }


def _render_invitation(
    request: Request,
    principal: Principal,
    offices: Sequence[Office],
    typed: TypedAccount,
    problem: FormProblem = NO_PROBLEM,
) -> Response:
    return render_manage_page(
        request,
        "management/person_invite.html",
        principal,
        section="people",
        typed=replace(typed, errors=problem.errors),
        **account_choices(principal, offices),
        **problem.context,
    )


routes = [
    Route(PEOPLE_PATH, show_people, methods=["GET"]),
    Route(INVITE_PATH, show_invitation, methods=["GET"]),
    Route(INVITE_PATH, submit_invitation, methods=["POST"]),
]
