"""Search over the appointments of all days and all offices of a member of staff.

The text comes in the body of a POST, so that no address names a citizen.
"""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from ....appointments.service import (
    MIN_SEARCH_CHARACTERS,
    appointment_services,
    search_appointments,
)
from ....core.auth import Principal
from ....core.db.rate_limits import record_guess
from ....core.errors import RateLimited
from ....core.i18n.text_search import fold_text
from ....core.web.form_page import SentForm, handle_form
from ....offices.service import Office
from ...queries.reception_day import CalendarVisit
from ..staff_session import own_offices
from .calendar_frame import render_calendar_page, require_reception

PAGE_ROWS = 20
MAX_PAGES = 10  # a search with more results needs another word
MAX_QUERY_CHARACTERS = 200
# Of a person in 15 minutes: a counter with a queue searches every ten seconds at most.
MAX_SEARCHES = 120


async def show_search(request: Request) -> Response:
    """`GET /staff/calendar/search`: the empty form."""
    principal = await require_reception(request)
    offices = await own_offices(request, principal)
    return _render_search(request, principal, _office(offices, request.query_params.get("office")))


@handle_form
async def submit_search(request: Request, form: SentForm) -> Response:
    """`POST /staff/calendar/search {q, page}`: what was found, upcoming first."""
    principal = await require_reception(request)
    offices = await own_offices(request, principal)
    office = _office(offices, form.text("office"))
    query = form.text("q").strip()[:MAX_QUERY_CHARACTERS]
    if len(fold_text(query)) < MIN_SEARCH_CHARACTERS:
        return _render_search(request, principal, office, query=query, problem="short", status_code=422)
    runtime = form.runtime
    with form.catch(RateLimited) as problem:
        await record_guess(runtime, f"calendar_search:{principal.id}", guesses=MAX_SEARCHES)
    if problem.error is not None:
        return _render_search(request, principal, office, query=query, problem="many", status_code=429)
    page = _parse_page(form.text("page"))
    by_id = {office.id: office for office in offices}
    async with runtime.read_session() as session:
        found = await search_appointments(
            session, runtime.tokens, list(by_id), query, runtime.now(), (page + 1) * PAGE_ROWS + 1
        )
    rows = [
        (
            by_id[appointment.office_id],
            CalendarVisit(
                appointment, appointment_services(by_id[appointment.office_id], appointment), False, None
            ),
        )
        for appointment in found[page * PAGE_ROWS : (page + 1) * PAGE_ROWS]
    ]
    has_more = len(found) > (page + 1) * PAGE_ROWS and page + 1 < MAX_PAGES
    return _render_search(
        request, principal, office, query=query, rows=rows, page=page, has_more=has_more, several=len(offices) > 1
    )


def _parse_page(text: str) -> int:
    return min(int(text), MAX_PAGES - 1) if text.isdecimal() and len(text) < 3 else 0


def _office(offices: list[Office], slug: str | None) -> Office | None:
    """Return the office to which the page leads back."""
    return next((office for office in offices if office.slug == slug), offices[0] if offices else None)


def _render_search(
    request: Request,
    principal: Principal,
    office: Office | None,
    *,
    query: str = "",
    rows: list[tuple[Office, CalendarVisit]] | None = None,
    page: int = 0,
    has_more: bool = False,
    several: bool = False,
    problem: str = "",
    status_code: int = 200,
) -> Response:
    return render_calendar_page(
        request,
        "search",
        principal,
        office,
        status_code=status_code,
        query=query,
        rows=rows,
        page=page,
        has_more=has_more,
        several=several,
        problem=problem,
        page_url="/staff/calendar/search",
    )
