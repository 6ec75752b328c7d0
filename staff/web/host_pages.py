"""Pages of whoever helps at the entrance: the host's console, who was found, the slip of a turn."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ...core.auth import Principal, Role, require
from ...core.errors import NotAllowed
from ...core.formats.qr import qr_code
from ...core.i18n.catalogues import N_, Catalogues
from ...core.i18n.dates import format_time, rfc3339
from ...core.web import requests
from ...offices.service import Office, all_offices, hours, office_by_slug
from ...queue.service import slip as slip_of
from ..actions import accounts
from ..consoles.host import host_view
from ..consoles.locale import Reader
from ..consoles.person import Hall
from ..consoles.search_results import found_view, with_turns_of
from .api import SearchQuery

HOST = "/staff/host"

# What the scripts of the entrance say.
SCRIPT_TEXTS: dict[str, str] = {
    "age_seconds": N_("Live, %(seconds)s s ago"),
    "age_minutes": N_("Live, %(minutes)s min ago"),
    "away": N_("Offline since %(time)s. What you see is from then."),
    "blocked": N_("Not done: there is no connection."),
    "no_answer": N_("No answer came. Press again: nothing is done twice."),
    "not_done": N_("That was not done. Try again."),
    "not_found_out": N_("No answer came. Try again."),
    "no_camera": N_("The camera cannot be used. Type the code instead."),
    "given_title": N_("Turn %(code)s is given."),
    "given_range": N_("Between %(start)s and %(end)s"),
    "given_no_range": N_("No desk is open yet"),
    "instead_office": N_("%(name)s, now: %(waiting)s waiting."),
    "instead_appointment": N_("First free appointment: %(when)s."),
    "instead_video": N_("First free video call: %(when)s."),
}
# What people read while the office is paused; the host may write something else.
PAUSE_MESSAGES = (
    N_("Leave by the nearest exit and wait outside."),
    N_("The computers do not work. We will go on as soon as they do."),
    N_("We will go on in a few minutes."),
)
SPOKEN = (("es", "Español"), ("en", "English"))


async def host(request: Request) -> Response:
    """The entrance of one office: the one that was asked for, else the first that is open."""
    who = await _host(request)
    if who is None:
        return requests.see_other(f"/staff/?next={HOST}")
    if not who.at_least(Role.HOST):
        return _not_for_agents(request)
    async with requests.runtime(request).reading() as session:
        offices = [one for one in await all_offices(session) if who.works_in(one.slug)]
        if not offices:
            raise NotAllowed("no_office")
        office = chosen_office(offices, request.query_params.get("office"), requests.runtime(request).now())
        return await _page(request, session, who, office, offices)


async def _host(request: Request) -> Principal | None:
    found = await requests.principal(request)
    return None if found is None or found.key else found


def _not_for_agents(request: Request) -> Response:
    return requests.render(request, "staff/not_host.html", status_code=403)


def chosen_office(offices: list[Office], slug: str | None, now: datetime) -> Office:
    """The office that was asked for; else the first that is open, where somebody who comes now works."""
    by_slug = {one.slug: one for one in offices}
    if slug in by_slug:
        return by_slug[slug]
    return next((one for one in offices if hours.is_open(one.hours, now)), offices[0])


async def _page(
    request: Request, session: AsyncSession, who: Principal, office: Office, offices: list[Office]
) -> Response:
    now = requests.runtime(request).now()
    board = await accounts.board(session, office, requests.language(request), now)
    console = host_view(board, now, reader_of(request, office))
    t = requests.gettext_of(request)
    return requests.render(
        request,
        "staff/host.html",
        person=who.name,
        office=office,
        offices=offices,
        frame={"at": rfc3339(now, office.timezone), "console": console},
        texts={key: t(text) for key, text in SCRIPT_TEXTS.items()},
        pause_messages=[t(text) for text in PAUSE_MESSAGES],
        languages=SPOKEN,
        **console,
    )


async def found(request: Request) -> Response:
    """`POST /staff/host/{office}/found {q}`: who is meant. It only reads; a contact has no place in an address."""
    who, slug = await _host(request), request.path_params["office"]
    require(who, Role.HOST, slug)
    query = await requests.json_body(request, SearchQuery)
    runtime = requests.runtime(request)
    async with runtime.reading() as session:
        office = await office_by_slug(session, slug)
        meant = await accounts.search(session, office, query.q, runtime.now())
        board = await accounts.board(session, office, requests.language(request), runtime.now())
    visits = [accounts.visit(one, office) for one in meant.appointments]
    tickets = with_turns_of(visits, meant.tickets, board["tickets"])
    shown = found_view(tickets, visits, Hall.of(board), runtime.now(), reader_of(request, office))
    return requests.json_response(shown)


def reader_of(request: Request, office: Office) -> Reader:
    """Who reads this page."""
    catalogues: Catalogues = request.state.catalogues
    language = requests.language(request)
    return Reader(language, catalogues.translations(language), office)


async def slip(request: Request) -> Response:
    """`GET /staff/tickets/{id}/slip`: a turn on paper, in the language of whoever holds it. Raises NotFound."""
    who = await _host(request)
    if who is None:
        return requests.see_other("/staff/")
    runtime = requests.runtime(request)
    async with runtime.reading() as session:
        found = await slip_of(session, runtime, request.path_params["id"])
    require(who, Role.HOST, found.office.slug)
    request.state.language = found.language
    return requests.render(
        request,
        "staff/slip.html",
        office=found.office,
        ticket=found.ticket,
        service=", ".join(one.name(found.language) for one in found.office.services_of(found.ticket.services)),
        range=_range(found.seen["eta"], found.office),
        qr=qr_code(found.address, "m"),
    )


def _range(eta: Mapping[str, str] | None, office: Office) -> tuple[str, str] | None:
    """The clock times between which the turn will be called."""
    if eta is None:
        return None
    start, end = (
        format_time(datetime.fromisoformat(eta[name]), office.timezone) for name in ("earliest", "latest")
    )
    return start, end


routes = [
    Route(HOST, host, methods=["GET"]),
    Route("/staff/host/{office}/found", found, methods=["POST"]),
    Route("/staff/tickets/{id}/slip", slip, methods=["GET"]),
]
