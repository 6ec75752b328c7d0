"""JSON API of the connection test, for citizens and staff (docs/api.md)."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ...core.auth import Principal, StaffRole, require_role
from ...core.errors import NotFound
from ...core.ids import new_id
from ...core.runtime import Runtime
from ...core.web import authentication, requests
from ...signaling.ice import TurnServers, ice_servers
from ...signaling.relay import MAX_DESCRIPTION_BYTES
from ..actions import connection_tests
from ..domain.capacity import MAX_MEDIA_DURATION
from ..domain.details_json import build_full_report_json
from ..domain.measurement_times import times_from_ages
from ..domain.offer import BadOffer
from ..domain.report import ConnectionTest, build_report_json
from ..realtime.data_channels import MAX_PROBE_KBPS, PROBE_S
from ..realtime.live_tests import LiveTests, TestRequester
from ..storage.measurement_schemas import ReportMessage, StartTest

SDP_MEDIA_TYPE = "application/sdp"


async def get_regions(request: Request) -> Response:
    """`GET /api/v1/tests/regions`: where test rooms are, for measuring the nearest one."""
    return requests.json_response({"regions": request.state.live_tests.regions})


async def post_test(request: Request) -> Response:
    """`POST /api/v1/tests {appointment?, place?, quick?, regions?}`."""
    message = await requests.read_json_body(request, StartTest)
    live, runtime = _live_tests(request), requests.current_runtime(request)
    live.require_installed()
    appointment_id = await connection_tests.find_appointment_id(runtime, message.appointment)
    requester = await _requester(request, appointment_id)
    live.check_rate_limit(requester)
    test_id = new_id()
    if message.place:
        live.take_place(test_id, requester, waits=not message.quick)  # the call does not wait for a quick test
    try:
        test, token = await connection_tests.create_test(
            runtime, live.room_name, message.appointment, test_id, quick=message.quick
        )
    except BaseException:
        live.release_place(test_id)
        raise
    live.count_started_test(requester)
    return _started_response(request, test, token)


async def post_resume(request: Request) -> Response:
    """`POST /api/v1/tests/{token}/resume`: resume a test, with a place and new credentials."""
    token, live = request.path_params["token"], _live_tests(request)
    live.require_installed()
    test = await connection_tests.find_test_for_offer(requests.current_runtime(request), token)
    requester = await _requester(request, test.appointment_id)
    live.check_rate_limit(requester)  # a place and credentials cost the same as at the beginning
    live.take_place(test.id, requester)
    live.count_started_test(requester)
    return _started_response(request, test, token)


def _started_response(request: Request, test: ConnectionTest, token: str) -> Response:
    body = {
        "token": token,
        "code": test.code,
        "ice_servers": ice_servers(
            _turn_servers(request), requests.current_runtime(request).now(), MAX_MEDIA_DURATION
        ),
        "limits": _limits_json(_live_tests(request)),
    }
    return requests.json_response(body, 201, {"Location": f"/api/v1/tests/{token}"})


def _limits_json(live: LiveTests) -> dict[str, Any]:
    return {
        "seconds": int(MAX_MEDIA_DURATION.total_seconds()),
        "probe_kbps": MAX_PROBE_KBPS,
        "probe_seconds": PROBE_S,
        "sessions": live.current_room.capacity,
    }


async def post_offer(request: Request) -> Response:
    """`POST /api/v1/tests/{token}/offer`: SDP in, SDP out. A later offer replaces the media."""
    token = request.path_params["token"]
    _live_tests(request).require_installed()
    offer = await _read_offer(request)
    test = await connection_tests.find_test_for_offer(requests.current_runtime(request), token)
    requester = await _requester(request, test.appointment_id)
    answer = await _live_tests(request).answer_offer(test.id, requester, offer)
    headers = {"Location": f"/api/v1/tests/{token}", "Cache-Control": "no-store"}
    return Response(answer, 201, headers, SDP_MEDIA_TYPE)


async def _read_offer(request: Request) -> str:
    if request.headers.get("content-type", "").split(";")[0].strip() != SDP_MEDIA_TYPE:
        raise BadOffer("content_type")
    body = await request.body()
    if len(body) > MAX_DESCRIPTION_BYTES:
        raise BadOffer("size")
    try:
        return body.decode("ascii")
    except UnicodeDecodeError:
        raise BadOffer("text") from None


async def delete_test(request: Request) -> Response:
    """`DELETE /api/v1/tests/{token}`: end the media; the report stays."""
    async with requests.current_runtime(request).read_session() as session:
        test = await connection_tests.find_test_by_token(session, request.path_params["token"])
    _live_tests(request).release_place(test.id)
    return Response(status_code=204)


async def post_report(request: Request) -> Response:
    """`POST /api/v1/tests/{token}/report {measurements, finished?, ages_s?}`."""
    message = await requests.read_json_body(request, ReportMessage)
    runtime, token = requests.current_runtime(request), request.path_params["token"]
    async with runtime.read_session() as session:
        test = await connection_tests.find_test_by_token(session, token)
    context = connection_tests.ReportContext(
        message.finished,
        times_from_ages(message.ages_s, runtime.now()),
        _live_tests(request).room_health_during(test.id),
    )
    test = await connection_tests.add_report(runtime, token, message.measurements, context)
    return requests.json_response(_report_json(request, test))


async def get_report(request: Request) -> Response:
    """`GET /api/v1/tests/{token}`: the report with its technical details."""
    async with requests.current_runtime(request).read_session() as session:
        test = await connection_tests.find_test_by_token(session, request.path_params["token"])
    return requests.json_response(_full_report_json(request, test))


async def get_report_for_staff(request: Request) -> Response:
    """`GET /api/v1/staff/tests/{code}`: the citizen's report, by the dictated code."""
    principal = require_role(await authentication.current_principal(request), StaffRole.AGENT)
    test = await load_test_for_staff(requests.current_runtime(request), principal, request.path_params["code"])
    return requests.json_response({**_full_report_json(request, test), "appointment": test.appointment_id})


async def load_test_for_staff(runtime: Runtime, principal: Principal, code: str) -> ConnectionTest:
    """Load a test by its code.

    Raises NotFound, also if the test belongs to another office's appointment.
    """
    async with runtime.read_session() as session:
        test = await connection_tests.find_test_by_code(session, code)
    if test.office_slug is not None and not principal.can_access_office(test.office_slug):
        raise NotFound
    return test


def _report_json(request: Request, test: ConnectionTest) -> dict[str, Any]:
    return build_report_json(test, requests.current_language(request), requests.current_gettext(request))


def _full_report_json(request: Request, test: ConnectionTest) -> dict[str, Any]:
    return build_full_report_json(test, requests.current_language(request), requests.current_gettext(request))


def _live_tests(request: Request) -> LiveTests:
    live: LiveTests = request.state.live_tests
    return live


def _turn_servers(request: Request) -> TurnServers:
    turn: TurnServers = request.state.turn
    return turn


async def _requester(request: Request, appointment_id: str | None) -> TestRequester:
    """Identify the subject of the limits. Only a valid key makes a caller an integration."""
    principal = None
    if "authorization" in request.headers:
        principal = await authentication.current_principal(request)
    is_integration = principal is not None and principal.role is StaffRole.INTEGRATION
    return TestRequester(requests.client_address(request), appointment_id, is_integration)


regions_route = Route("/api/v1/tests/regions", get_regions, methods=["GET"])
routes = [
    regions_route,
    Route("/api/v1/tests", post_test, methods=["POST"]),
    Route("/api/v1/tests/{token}", get_report, methods=["GET"]),
    Route("/api/v1/tests/{token}", delete_test, methods=["DELETE"]),
    Route("/api/v1/tests/{token}/offer", post_offer, methods=["POST"]),
    Route("/api/v1/tests/{token}/resume", post_resume, methods=["POST"]),
    Route("/api/v1/tests/{token}/report", post_report, methods=["POST"]),
]
staff_routes = [Route("/api/v1/staff/tests/{code}", get_report_for_staff, methods=["GET"])]
