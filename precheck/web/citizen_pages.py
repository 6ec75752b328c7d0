"""Pages of the connection test for citizens, with or without appointment."""

from __future__ import annotations

from datetime import UTC, tzinfo
from typing import Any
from urllib.parse import quote

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ...appointments.service import Appointment, appointment_at_address, can_change_mode
from ...core.contact.phone_numbers import tel_url
from ...core.errors import NotFound
from ...core.web import requests
from ...offices.service import Office, ServiceMode, all_offices, current_site, office_by_id
from ..actions import connection_tests
from ..domain import advice_texts
from ..domain.measurement_times import Part
from ..domain.report import ConnectionTest, build_report_json
from .missing_test import render_missing_test
from .next_steps import ResultPlace, enter_steps, help_steps, main_step, other_steps
from .page_texts import TEST_TEXTS, translate_script_texts
from .report_page import compare_details, technical_page_context
from .report_view import compare_gates, verdict_page_context

OTHER_MODES: tuple[ServiceMode, ...] = ("phone", "in_person")  # to which a video appointment can change
TEST_STEPS = ("browser", "permissions", "camera", "microphone", "speaker", "socket", "paths", "media")


async def show_test(request: Request) -> Response:
    """`/test`: the test without an appointment."""
    async with requests.current_runtime(request).read_session() as session:
        zone = await _region_timezone(session)
        previous = await _previous_by_token(session, request.query_params.get("with"))
    return _render_test_page(request, zone, "/test", previous=previous)


async def show_appointment_test(request: Request) -> Response:
    """`/a/{token}/test`: the test of an appointment, which keeps the result."""
    token = request.path_params["token"]
    async with requests.current_runtime(request).read_session() as session:
        appointment = await appointment_at_address(request, session, token)
        office = await office_by_id(session, appointment.office_id)
        past = await connection_tests.test_summaries_of_appointment(session, appointment.id)
        previous = await _previous_by_code(session, appointment, request.query_params.get("with"))
    return _render_test_page(
        request,
        office.timezone,
        f"/a/{token}/test",
        previous=previous,
        appointment=appointment,
        office=office,
        past=past,
    )


def _render_test_page(
    request: Request,
    zone: tzinfo,
    here: str,
    *,
    previous: ConnectionTest | None,
    appointment: Appointment | None = None,
    office: Office | None = None,
    past: Any = (),
) -> Response:
    if not request.state.live_tests.is_installed:
        return render_missing_test(request, request.path_params.get("token"))
    t = requests.current_gettext(request)
    repeat = _part_to_repeat(request)
    facts = {
        "appointment": request.path_params.get("token"),
        "previous": request.query_params.get("with") if previous else None,
        "repeat": repeat,
        "results": f"{here}/",
        "zone": str(zone),
    }
    return requests.render_page(
        request,
        "precheck/test.html",
        headers=requests.PRIVATE_PAGE_HEADERS if appointment else None,
        steps=TEST_STEPS,
        texts=translate_script_texts(TEST_TEXTS, t),
        facts=facts,
        here=here,
        zone=zone,
        appointment=appointment,
        office=office,
        past=past,
        grades={grade: t(word) for grade, word in advice_texts.GRADE_TEXTS.items()},
        on_mobile=previous is not None and "mobile" in request.query_params,
        repeat=repeat,
    )


def _part_to_repeat(request: Request) -> Part | None:
    """Return the part of an earlier test that the address asks to repeat."""
    try:
        return Part(request.query_params.get("repeat", ""))
    except ValueError:
        return None


async def show_result(request: Request) -> Response:
    """`/test/{test}`: the result of a test without appointment; its address is secret."""
    token = request.path_params["test"]
    async with requests.current_runtime(request).read_session() as session:
        test = await connection_tests.find_test_by_token(session, token)
        previous = await _previous_by_token(session, request.query_params.get("with"))
        zone = await _region_timezone(session)
    place = ResultPlace("/test", token, phone=current_site(requests.current_runtime(request)).help_phone)
    return _render_result(request, test, previous, zone, place)


async def show_appointment_result(request: Request) -> Response:
    """`/a/{token}/test/{code}`: the result of a test of this appointment."""
    token, code = request.path_params["token"], request.path_params["code"]
    async with requests.current_runtime(request).read_session() as session:
        appointment = await appointment_at_address(request, session, token)
        test = await _previous_by_code(session, appointment, code)
        if test is None:
            raise NotFound
        previous = await _previous_by_code(session, appointment, request.query_params.get("with"))
        office = await office_by_id(session, appointment.office_id)
    place = _place_of_appointment(request, office, appointment, code)
    return _render_result(request, test, previous, office.timezone, place)


def _place_of_appointment(request: Request, office: Office, appointment: Appointment, code: str) -> ResultPlace:
    runtime, page = requests.current_runtime(request), f"/a/{request.path_params['token']}"
    phone = current_site(runtime).help_phone or office.phone
    modes = [mode for mode in OTHER_MODES if can_change_mode(office, appointment, mode, runtime.now())]
    return ResultPlace(f"{page}/test", code, page, phone, tuple(modes))


def _render_result(
    request: Request,
    test: ConnectionTest,
    previous: ConnectionTest | None,
    zone: tzinfo,
    place: ResultPlace,
) -> Response:
    language, t = requests.current_language(request), requests.current_gettext(request)
    report = build_report_json(test, language, t)
    earlier = build_report_json(previous, language, t) if previous and previous.id != test.id else None
    summary = {"page": f"{place.here}/{place.key}", "word": report["grade_text"]}
    summary |= {name: report[name] for name in ("code", "verdict", "at", "finished")}
    return requests.render_page(
        request,
        "precheck/result.html",
        headers=requests.PRIVATE_PAGE_HEADERS,
        **verdict_page_context(test, report, t),
        **technical_page_context(test, report, zone, language, t),
        report_page=f"{place.here}/{quote(place.key)}",
        repeat_page=place.here,
        rows=[*compare_gates(earlier, report), *compare_details(previous, test, language, t)] if earlier else [],
        earlier=earlier,
        earlier_at=previous.measured_at if previous else None,
        zone=zone,
        main_step=main_step(test, place, t),
        other_steps=other_steps(test, place, t),
        enter_steps=enter_steps(test, place, t),
        help_steps=help_steps(test, place, t),
        phone=place.phone.replace(" ", "\N{NO-BREAK SPACE}"),
        phone_link=tel_url(place.phone),
        appointment_page=place.appointment,
        kept=summary if report["reported"] and not place.appointment else {},
    )


async def _region_timezone(session: AsyncSession) -> tzinfo:
    """Return the time zone of the region, which a test without appointment uses."""
    offices = await all_offices(session)
    return offices[0].timezone if offices else UTC


async def _previous_by_token(session: AsyncSession, token: str | None) -> ConnectionTest | None:
    try:
        return await connection_tests.find_test_by_token(session, token) if token else None
    except NotFound:
        # deleted after thirty days, or mistyped: the page shows no comparison
        return None


async def _previous_by_code(
    session: AsyncSession, appointment: Appointment, code: str | None
) -> ConnectionTest | None:
    try:
        return await connection_tests.find_test_of_appointment(session, appointment.id, code) if code else None
    except NotFound:
        return None


routes = [
    Route("/test", show_test),
    Route("/test/{test}", show_result),
    Route("/a/{token}/test", show_appointment_test),
    Route("/a/{token}/test/{code}", show_appointment_result),
]
