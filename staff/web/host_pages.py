"""Pages of a host: the console, search results, the paper slip of a ticket."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ...core.auth import Principal, StaffRole, require_role
from ...core.formats.qr import encode_qr
from ...core.i18n.catalogues import N_, Catalogues
from ...core.i18n.dates import format_rfc3339, format_time
from ...core.i18n.languages import join_list, text_in_language
from ...core.json_types import JsonObject
from ...core.web import requests
from ...offices.service import (
    Office,
    all_offices,
    evacuation_texts,
    hours,
    office_by_slug,
    office_choices,
)
from ...queue.service import load_ticket_slip
from ..consoles.alerts import ConsoleReader
from ..consoles.host import build_host_console
from ..consoles.locale import LocaleContext
from ..consoles.person import BoardIndex
from ..consoles.search_results import add_tickets_of_appointments, build_search_results
from ..queries.attention import console_reader
from ..queries.board import load_board, search_people, visit_json
from .api import PersonSearchQuery
from .staff_session import HOST_PATH, current_user, no_office_page, require_login

# Sentences of the host console's scripts.
SCRIPT_TEXTS: dict[str, str] = {
    "age_seconds": N_("Live, %(seconds)s s ago"),
    "age_minutes": N_("Live, %(minutes)s min ago"),
    "away": N_("Offline since %(time)s. What you see is from then."),
    "blocked": N_("Not done: there is no connection."),
    "no_answer": N_("There was no answer. Press again: nothing is done twice."),
    "not_done": N_("That was not done. Try again."),
    "not_found_out": N_("No answer came. Try again."),
    "no_camera": N_("The camera cannot be used. Type the code instead."),
    "given_title": N_("Ticket %(code)s is given."),
    "given_range": N_("Between %(start)s and %(end)s"),
    "given_no_range": N_("No desk is open yet"),
    "instead_office": N_("%(name)s, now: %(waiting)s waiting."),
    "instead_service": N_("Gives tickets now: %(name)s."),
    "instead_appointment": N_("First free appointment: %(when)s."),
    "instead_phone": N_("First free appointment by telephone: %(when)s."),
    "instead_video": N_("First free video call: %(when)s."),
}


async def show_host_console(request: Request) -> Response:
    """`/staff/host?office=`: the console of the requested office, or of the first open office."""
    principal = await require_login(request)
    if not principal.has_role(StaffRole.HOST):
        return requests.render_page(request, "staff/not_host.html", status_code=403)
    async with requests.current_runtime(request).read_session() as session:
        offices = [office for office in await all_offices(session) if principal.can_access_office(office.slug)]
        if not offices:
            return no_office_page(request, principal)
        office = selected_office(
            offices, request.query_params.get("office"), requests.current_runtime(request).now()
        )
        texts = evacuation_texts(office, request.state.catalogues.localized)
        return await render_console(
            request,
            session,
            principal,
            office,
            "staff/host.html",
            build_host_console,
            SCRIPT_TEXTS,
            offices=offices,
            pause_messages=shown_choices(request, office, "pause_messages"),
            stop_reasons=shown_choices(request, office, "stop_reasons"),
            evacuation_text=text_in_language(texts, requests.current_language(request)),
        )


def selected_office(offices: list[Office], slug: str | None, now: datetime) -> Office:
    """Return the requested office, else the first open office, else the first."""
    by_slug = {office.slug: office for office in offices}
    if slug in by_slug:
        return by_slug[slug]
    return next((office for office in offices if hours.is_open(office.hours, now)), offices[0])


async def render_console(
    request: Request,
    session: AsyncSession,
    principal: Principal,
    office: Office,
    template: str,
    build: Callable[[JsonObject, ConsoleReader, datetime, LocaleContext], JsonObject],
    script_texts: Mapping[str, str],
    **context: Any,
) -> Response:
    """Render a console of the office as it is now. `build`: makes its view of the board."""
    runtime, t = requests.current_runtime(request), requests.current_gettext(request)
    now = runtime.now()
    board = await load_board(session, runtime.tokens, office, requests.current_language(request), now)
    reader = await console_reader(session, office, principal, now)
    console = build(board, reader, now, request_locale(request, office))
    return requests.render_page(
        request,
        template,
        person=principal.name,
        is_host=principal.has_role(StaffRole.HOST),
        is_manager=principal.has_role(StaffRole.MANAGER),
        office=office,
        frame={"at": format_rfc3339(now, office.timezone), "console": console},
        texts={key: t(text) for key, text in script_texts.items()},
        **console,
        **context,
    )


async def find_people(request: Request) -> Response:
    """`POST /staff/host/{office}/found {q}`: search. POST keeps contacts out of addresses."""
    principal, slug = await current_user(request), request.path_params["office"]
    require_role(principal, StaffRole.HOST, slug)
    query = await requests.read_json_body(request, PersonSearchQuery)
    runtime = requests.current_runtime(request)
    async with runtime.read_session() as session:
        office = await office_by_slug(session, slug)
        matches = await search_people(session, runtime.tokens, office, query.q, runtime.now())
        board = await load_board(
            session,
            runtime.tokens,
            office,
            requests.current_language(request),
            runtime.now(),
        )
    visits = [
        {**visit_json(appointment, office), "notes": matches.notes[appointment.id]}
        for appointment in matches.appointments
    ]
    tickets = add_tickets_of_appointments(visits, matches.tickets, board["tickets"])
    results = build_search_results(
        tickets, visits, BoardIndex.from_board(board), runtime.now(), request_locale(request, office)
    )
    return requests.json_response(results)


def shown_choices(request: Request, office: Office, name: str) -> list[tuple[str, str]]:
    """List the keys and texts of a list of the office, in the reader's language."""
    catalogues: Catalogues = request.state.catalogues
    language = requests.current_language(request)
    choices = office_choices(office, name, catalogues.localized)
    return [(key, text_in_language(texts, language)) for key, texts in choices.items()]


def request_locale(request: Request, office: Office) -> LocaleContext:
    """Build the reader's context of this request."""
    catalogues: Catalogues = request.state.catalogues
    language = requests.current_language(request)
    return LocaleContext(language, catalogues.translations(language), office)


async def show_ticket_slip(request: Request) -> Response:
    """`GET /staff/tickets/{id}/slip`: the paper slip in the citizen's language.

    Raises NotFound.
    """
    principal = await current_user(request)
    if principal is None:
        return requests.see_other("/staff/")
    runtime = requests.current_runtime(request)
    async with runtime.read_session() as session:
        slip = await load_ticket_slip(session, runtime, request.path_params["id"])
    require_role(principal, StaffRole.HOST, slip.office.slug)
    request.state.language = slip.language
    return requests.render_page(
        request,
        "staff/slip.html",
        office=slip.office,
        ticket=slip.ticket,
        service=join_list(
            (service.name(slip.language) for service in slip.office.services_by_slugs(slip.ticket.services)),
            slip.language,
        ),
        range=_format_call_range(slip.seen["eta"], slip.office),
        qr=encode_qr(slip.address, "m"),
    )


def _format_call_range(eta: Mapping[str, str] | None, office: Office) -> tuple[str, str] | None:
    """Format the forecast range of the call."""
    if eta is None:
        return None
    start, end = (
        format_time(datetime.fromisoformat(eta[name]), office.timezone) for name in ("earliest", "latest")
    )
    return start, end


routes = [
    Route(HOST_PATH, show_host_console, methods=["GET"]),
    Route("/staff/host/{office}/found", find_people, methods=["POST"]),
    Route("/staff/tickets/{id}/slip", show_ticket_slip, methods=["GET"]),
]
