"""JSON over HTTP: a test from its start to its report (contract.md), and the report as staff read it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ...core.auth import Principal, Role, require
from ...core.errors import Malformed, NotFound
from ...core.ids import new_id
from ...core.runtime import Runtime
from ...core.web import requests
from ...core.web.request_identity import caller_of
from ...signaling.ice import TurnServers, ice_servers
from ..actions import connection_tests
from ..domain.capacity import LONGEST
from ..domain.measurement_times import moments_of
from ..domain.report import ConnectionTest, report_object
from ..realtime.data_channels import PROBE_KBPS, PROBE_S
from ..realtime.live_tests import LiveTests
from ..storage.measurement_schemas import ReportMessage, StartTest

CREDENTIALS = timedelta(minutes=3)  # contract.md; a test takes under one
OFFER_BYTES = 32 * 1024  # as the rooms' descriptions; a browser's offer has about 6 KB
SDP = "application/sdp"


async def start(request: Request) -> Response:
    """`POST /api/v1/tests {appointment?, place?}`."""
    message = await requests.json_body(request, StartTest)
    live, runtime, program = _live(request), requests.runtime(request), await _is_program(request)
    address, appointment = requests.address_of(request), message.appointment
    if not program:
        live.check_allowance(address, appointment)
    test_id = new_id()
    if message.place:
        live.take_place(test_id, _key(request))
    try:
        test, token = await connection_tests.start_test(runtime, live.room, appointment, test_id)
    except BaseException:
        live.give_back(test_id)
        raise
    if not program:
        live.count_start(address, appointment)
    return _begun(request, test, token)


async def resume(request: Request) -> Response:
    """`POST /api/v1/tests/{token}/resume`: a test that was left goes on, with a place and new credentials."""
    token = request.path_params["token"]
    test = await connection_tests.test_for_offer(requests.runtime(request), token)
    _live(request).take_place(test.id, _key(request))
    return _begun(request, test, token)


def _begun(request: Request, test: ConnectionTest, token: str) -> Response:
    body = {
        "token": token,
        "code": test.code,
        "ice_servers": ice_servers(_turn(request), requests.runtime(request).now(), CREDENTIALS),
        "limits": _limits(_live(request)),
    }
    return requests.json_response(body, 201, {"Location": f"/api/v1/tests/{token}"})


def _limits(live: LiveTests) -> dict[str, Any]:
    return {
        "seconds": int(LONGEST.total_seconds()),
        "probe_kbps": PROBE_KBPS,
        "probe_seconds": PROBE_S,
        "sessions": live.hall.capacity,
    }


async def offer(request: Request) -> Response:
    """`POST /api/v1/tests/{token}/offer`: SDP in, SDP out. Another one of the same test replaces the first."""
    token = request.path_params["token"]
    if request.headers.get("content-type", "").split(";")[0].strip() != SDP:
        raise Malformed("bad_offer")
    body = await request.body()
    if not body or len(body) > OFFER_BYTES:
        raise Malformed("bad_offer")
    try:
        text = body.decode()
    except UnicodeDecodeError:
        raise Malformed("bad_offer") from None
    test = await connection_tests.test_for_offer(requests.runtime(request), token)
    answer = await _live(request).answer(test.id, _key(request), text)
    headers = {"Location": f"/api/v1/tests/{token}", "Cache-Control": "no-store"}
    return Response(answer, 201, headers, SDP)


async def end(request: Request) -> Response:
    """`DELETE /api/v1/tests/{token}`: the media is over; the report stays."""
    async with requests.runtime(request).reading() as session:
        test = await connection_tests.test_by_token(session, request.path_params["token"])
    _live(request).give_back(test.id)
    return Response(status_code=204)


async def report(request: Request) -> Response:
    """`POST /api/v1/tests/{token}/report {measurements, finished?, ages_s?}`."""
    message = await requests.json_body(request, ReportMessage)
    runtime, token = requests.runtime(request), request.path_params["token"]
    async with runtime.reading() as session:
        test = await connection_tests.test_by_token(session, token)
    how = connection_tests.Circumstances(
        message.finished, moments_of(message.ages_s, runtime.now()), _live(request).our_side_of(test.id)
    )
    test = await connection_tests.add_report(runtime, token, message.measurements, how)
    return requests.json_response(_report(request, test))


async def show(request: Request) -> Response:
    """`GET /api/v1/tests/{token}`."""
    async with requests.runtime(request).reading() as session:
        test = await connection_tests.test_by_token(session, request.path_params["token"])
    return requests.json_response(_report(request, test))


async def show_to_staff(request: Request) -> Response:
    """`GET /api/v1/staff/tests/{code}`: what the citizen sees, by the code they dictate."""
    principal = require(await requests.principal(request), Role.AGENT)
    test = await read_by_code(requests.runtime(request), principal, request.path_params["code"])
    return requests.json_response({**_report(request, test), "appointment": test.appointment_id})


async def read_by_code(runtime: Runtime, principal: Principal, code: str) -> ConnectionTest:
    """The test of a code; one of another office's appointment is not found. Raises NotFound."""
    async with runtime.reading() as session:
        test = await connection_tests.test_by_code(session, code)
    if test.office_slug is not None and not principal.works_in(test.office_slug):
        raise NotFound
    return test


def _report(request: Request, test: ConnectionTest) -> dict[str, Any]:
    return report_object(test, requests.language(request), requests.gettext_of(request))


def _live(request: Request) -> LiveTests:
    found: LiveTests = request.state.live_tests
    return found


def _turn(request: Request) -> TurnServers:
    found: TurnServers = request.state.turn
    return found


def _key(request: Request) -> str | None:
    """By whom a place in line is kept. A program asks for many people, so it keeps none by its key."""
    return None if "authorization" in request.headers else caller_of(request)


async def _is_program(request: Request) -> bool:
    """Whether an integration's key asks: it is exempt from limits by address (contract.md)."""
    if "authorization" not in request.headers:
        return False
    found = await requests.principal(request)
    return found is not None and found.role is Role.INTEGRATION


routes = [
    Route("/api/v1/tests", start, methods=["POST"]),
    Route("/api/v1/tests/{token}", show, methods=["GET"]),
    Route("/api/v1/tests/{token}", end, methods=["DELETE"]),
    Route("/api/v1/tests/{token}/offer", offer, methods=["POST"]),
    Route("/api/v1/tests/{token}/resume", resume, methods=["POST"]),
    Route("/api/v1/tests/{token}/report", report, methods=["POST"]),
]
staff_routes = [Route("/api/v1/staff/tests/{code}", show_to_staff, methods=["GET"])]
