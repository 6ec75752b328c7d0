"""Page on which staff see a citizen's test by its dictated code."""

from __future__ import annotations

from datetime import UTC, tzinfo
from urllib.parse import quote

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ...appointments.service import appointment_by_id
from ...core.auth import Principal, StaffRole, require_role
from ...core.errors import NotFound
from ...core.web import authentication, requests
from ...offices.service import Office, all_offices, office_by_slug
from ..domain.codes import parse_code
from ..domain.report import ConnectionTest, build_report_json
from .api import load_test_for_staff
from .report_page import technical_page_context
from .report_view import verdict_page_context

MAX_TYPED_CHARACTERS = 12  # of the typed text, shown again after an error


async def find_test(request: Request) -> Response:
    """`/staff/tests?code=`: the form of the console; redirects to the test."""
    typed = request.query_params.get("code", "")[:MAX_TYPED_CHARACTERS]
    code = parse_code(typed)
    principal = await current_staff_user(request)
    if principal is None:
        return requests.see_other(f"/staff/?next=/staff/tests/{code or ''}")
    if code is None:
        return await _render_not_found(request, principal, typed)
    return requests.see_other(f"/staff/tests/{code}")


async def show_test_to_staff(request: Request) -> Response:
    """`/staff/tests/{code}`: the test."""
    principal = await current_staff_user(request)
    if principal is None:
        return requests.see_other(f"/staff/?next={quote(request.url.path)}")
    typed = request.path_params["code"][:MAX_TYPED_CHARACTERS]
    try:
        test = await load_test_for_staff(requests.current_runtime(request), principal, typed)
    except NotFound:
        return await _render_not_found(request, principal, typed)
    return await _render_test(request, principal, test)


async def current_staff_user(request: Request) -> Principal | None:
    principal = await authentication.current_principal(request)
    return None if principal is None or principal.is_api_key else require_role(principal, StaffRole.AGENT)


async def _render_not_found(request: Request, principal: Principal, typed: str) -> Response:
    async with requests.current_runtime(request).read_session() as session:
        office = await _find_office(session, principal, None)
    return requests.render_page(
        request,
        "precheck/staff_test.html",
        status_code=404,
        person=principal.name,
        typed=typed,
        report=None,
        office=office,
    )


async def _render_test(request: Request, principal: Principal, test: ConnectionTest) -> Response:
    t = requests.current_gettext(request)
    async with requests.current_runtime(request).read_session() as session:
        appointment = await appointment_by_id(session, test.appointment_id) if test.appointment_id else None
        zone = await timezone_for_test(session, test)
        office = await _find_office(session, principal, test.office_slug)
    language = requests.current_language(request)
    report = build_report_json(test, language, t)
    return requests.render_page(
        request,
        "precheck/staff_test.html",
        person=principal.name,
        typed=test.code,
        appointment=appointment,
        office=office,
        zone=zone,
        **verdict_page_context(test, report, t),
        **technical_page_context(test, report, zone, language, t),
        report_page=f"/staff/tests/{test.code}",
        repeat_page=None,
    )


async def _find_office(session: AsyncSession, principal: Principal, slug: str | None) -> Office | None:
    """Return the office whose staff an emergency on this page reaches.

    The office of the test, else the person's only office; None if there are several.
    """
    own = [office for office in await all_offices(session) if principal.can_access_office(office.slug)]
    named = [office for office in own if office.slug == slug] or own
    return named[0] if len(named) == 1 else None


async def timezone_for_test(session: AsyncSession, test: ConnectionTest) -> tzinfo:
    """Return the time zone of the test's office, else of the first; UTC without offices."""
    if test.office_slug:
        return (await office_by_slug(session, test.office_slug)).timezone
    offices = await all_offices(session)
    return offices[0].timezone if offices else UTC


routes = [
    Route("/staff/tests", find_test, methods=["GET"]),
    Route("/staff/tests/", find_test, methods=["GET"]),
    Route("/staff/tests/{code}", show_test_to_staff, methods=["GET"]),
]
