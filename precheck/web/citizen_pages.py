"""The citizen's pages of the test room: the test itself, and its result; with an appointment or without."""

from __future__ import annotations

from datetime import UTC, tzinfo
from typing import Any
from urllib.parse import quote

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ...appointments.service import Appointment, appointment_by_token
from ...core.errors import NotFound
from ...core.web import requests
from ...offices.service import all_offices, office_by_id
from ..actions import connection_tests
from ..actions.connection_tests import ConnectionTest
from ..domain import advice_texts
from .page_texts import page_texts
from .report_view import compared, verdict_page

STEPS = ("browser", "permissions", "camera", "microphone", "speaker", "socket", "paths", "media")
SECRET = {"Cache-Control": "private, no-store", "X-Robots-Tag": "noindex"}  # its address is a secret


async def test_page(request: Request) -> Response:
    """`/test`: for everybody, before or without an appointment."""
    async with requests.runtime(request).reading() as session:
        zone = await _zone(session)
        previous = await _previous_by_token(session, request.query_params.get("with"))
    return _start(request, zone, "/test", previous=previous)


async def appointment_test_page(request: Request) -> Response:
    """`/a/{token}/test`: the same, and its result belongs to the appointment."""
    token = request.path_params["token"]
    async with requests.runtime(request).reading() as session:
        appointment = await appointment_by_token(session, token)
        zone = (await office_by_id(session, appointment.office_id)).timezone
        past = await connection_tests.tests_of(session, appointment.id)
        previous = await _previous_by_code(session, appointment, request.query_params.get("with"))
    return _start(request, zone, f"/a/{token}/test", previous=previous, appointment=appointment, past=past)


def _start(
    request: Request,
    zone: tzinfo,
    here: str,
    *,
    previous: ConnectionTest | None,
    appointment: Appointment | None = None,
    past: Any = (),
) -> Response:
    t = requests.gettext_of(request)
    facts = {
        "appointment": request.path_params.get("token"),
        "previous": request.query_params.get("with") if previous else None,
        "results": f"{here}/",
        "zone": str(zone),
    }
    return requests.render(
        request,
        "precheck/test.html",
        headers=SECRET if appointment else None,
        steps=STEPS,
        texts=page_texts(t),
        facts=facts,
        here=here,
        zone=zone,
        appointment=appointment,
        past=past,
        grades={grade: t(word) for grade, word in advice_texts.GRADES.items()},
        on_mobile=previous is not None and "mobile" in request.query_params,
    )


async def result(request: Request) -> Response:
    """`/test/{test}`: the result of a test without appointment, for whoever has its address."""
    token = request.path_params["test"]
    async with requests.runtime(request).reading() as session:
        test = await connection_tests.test_by_token(session, token)
        previous = await _previous_by_token(session, request.query_params.get("with"))
        zone = await _zone(session)
    return _result(request, test, previous, zone, "/test", token)


async def appointment_result(request: Request) -> Response:
    """`/a/{token}/test/{code}`: the result of one of this appointment's tests."""
    token, code = request.path_params["token"], request.path_params["code"]
    async with requests.runtime(request).reading() as session:
        appointment = await appointment_by_token(session, token)
        test = await _previous_by_code(session, appointment, code)
        if test is None:
            raise NotFound
        previous = await _previous_by_code(session, appointment, request.query_params.get("with"))
        zone = (await office_by_id(session, appointment.office_id)).timezone
    return _result(request, test, previous, zone, f"/a/{token}/test", code, appointment)


def _result(
    request: Request,
    test: ConnectionTest,
    previous: ConnectionTest | None,
    zone: tzinfo,
    here: str,
    key: str,
    appointment: Appointment | None = None,
) -> Response:
    language, t = requests.language(request), requests.gettext_of(request)
    report = connection_tests.report_object(test, language, t)
    earlier = (
        connection_tests.report_object(previous, language, t) if previous and previous.id != test.id else None
    )
    past = {"page": f"{here}/{key}", "word": report["grade_text"]}
    past |= {name: report[name] for name in ("code", "verdict", "at", "finished")}
    return requests.render(
        request,
        "precheck/result.html",
        headers=SECRET,
        **verdict_page(test, report, t),
        rows=compared(earlier, report) if earlier else [],
        earlier=earlier,
        earlier_at=previous.at if previous else None,
        zone=zone,
        again=f"{here}?with={quote(key)}",
        appointment=appointment,
        appointment_page=request.path_params.get("token"),
        kept={}
        if appointment or not report["reported"]
        else past | {"word": report["grade_text"], "at": report["at"]},
    )


async def _zone(session: AsyncSession) -> tzinfo:
    """The clock of the region: all its offices share it, and a test without appointment has none of its own."""
    offices = await all_offices(session)
    return offices[0].timezone if offices else UTC


async def _previous_by_token(session: AsyncSession, token: str | None) -> ConnectionTest | None:
    try:
        return await connection_tests.test_by_token(session, token) if token else None
    except NotFound:
        return None  # deleted after its thirty days, or mistyped: then there is nothing to compare


async def _previous_by_code(
    session: AsyncSession, appointment: Appointment, code: str | None
) -> ConnectionTest | None:
    try:
        test = await connection_tests.test_by_code(session, code) if code else None
    except NotFound:
        return None
    return test if test and test.appointment_id == appointment.id else None


routes = [
    Route("/test", test_page),
    Route("/test/{test}", result),
    Route("/a/{token}/test", appointment_test_page),
    Route("/a/{token}/test/{code}", appointment_result),
]
