"""The page on which staff see a test as the citizen sees it, by the code that the citizen dictates."""

from __future__ import annotations

from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ...appointments.service import appointment_by_id
from ...core.auth import Principal, Role, require
from ...core.errors import NotFound
from ...core.web import requests
from ...offices.service import all_offices, office_by_slug
from ..domain.codes import read_code
from ..domain.report import ConnectionTest, report_object
from .api import read_by_code
from .report_view import verdict_page

TYPED = 12  # characters of what was typed that are shown again


async def search(request: Request) -> Response:
    """`/staff/tests?code=`: the form of the console; goes on to the test."""
    typed = request.query_params.get("code", "")[:TYPED]
    code = read_code(typed)
    who = await _signed_in(request)
    if who is None:
        return requests.see_other(f"/staff/?next=/staff/tests/{code or ''}")
    return requests.see_other(f"/staff/tests/{code}") if code else _nothing(request, who, typed)


async def show(request: Request) -> Response:
    """`/staff/tests/{code}`."""
    who = await _signed_in(request)
    if who is None:
        return requests.see_other(f"/staff/?next={quote(request.url.path)}")
    typed = request.path_params["code"][:TYPED]
    try:
        test = await read_by_code(requests.runtime(request), who, typed)
    except NotFound:
        return _nothing(request, who, typed)
    return await _found(request, who, test)


async def _signed_in(request: Request) -> Principal | None:
    found = await requests.principal(request)
    return None if found is None or found.key else require(found, Role.AGENT)


def _nothing(request: Request, who: Principal, typed: str) -> Response:
    return requests.render(
        request, "precheck/staff_test.html", status_code=404, person=who.name, typed=typed, report=None
    )


async def _found(request: Request, who: Principal, test: ConnectionTest) -> Response:
    t = requests.gettext_of(request)
    async with requests.runtime(request).reading() as session:
        appointment = await appointment_by_id(session, test.appointment_id) if test.appointment_id else None
        offices = await all_offices(session)
        office = await office_by_slug(session, test.office_slug) if test.office_slug else offices[0]
    report = report_object(test, requests.language(request), t)
    return requests.render(
        request,
        "precheck/staff_test.html",
        person=who.name,
        typed=test.code,
        appointment=appointment,
        zone=office.timezone,
        **verdict_page(test, report, t),
    )


routes = [
    Route("/staff/tests", search, methods=["GET"]),
    Route("/staff/tests/", search, methods=["GET"]),
    Route("/staff/tests/{code}", show, methods=["GET"]),
]
