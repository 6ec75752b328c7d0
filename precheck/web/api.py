"""JSON API of the connection test, for citizens and staff (docs/api.md)."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from ...core.auth import Principal, StaffRole
from ...core.errors import NotFound
from ...core.ids import new_id
from ...core.json_types import JsonObject
from ...core.runtime import Runtime
from ...core.web import authentication, requests
from ...core.web.api_route import ApiAccess, ApiAnswer, ApiRequest, ApiRoute, NonJsonBody
from ...core.web.limited_route import WriteLimit
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
from . import response_schemas

SDP_MEDIA_TYPE = "application/sdp"


async def get_regions(request: ApiRequest[None]) -> JsonObject:
    """List where test rooms are, so that a page measures the nearest."""
    return {"regions": request.state.live_tests.regions}


async def post_test(request: ApiRequest[StartTest]) -> ApiAnswer:
    message = request.message
    live, runtime = _live_tests(request), request.runtime
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


async def post_resume(request: ApiRequest[None]) -> ApiAnswer:
    """Resume a test, with a place and new credentials."""
    token, live = request.path_params["token"], _live_tests(request)
    live.require_installed()
    test = await connection_tests.find_test_for_offer(request.runtime, token)
    requester = await _requester(request, test.appointment_id)
    # a place and credentials cost the same as at the beginning
    live.check_rate_limit(requester)
    live.take_place(test.id, requester)
    live.count_started_test(requester)
    return _started_response(request, test, token)


def _started_response(request: Request, test: ConnectionTest, token: str) -> ApiAnswer:
    body = {
        "token": token,
        "code": test.code,
        "ice_servers": ice_servers(
            _turn_servers(request), requests.current_runtime(request).now(), MAX_MEDIA_DURATION
        ),
        "limits": _limits_json(_live_tests(request)),
    }
    return ApiAnswer(body, headers={"Location": f"/api/v1/tests/{token}"})


def _limits_json(live: LiveTests) -> JsonObject:
    return {
        "seconds": int(MAX_MEDIA_DURATION.total_seconds()),
        "probe_kbps": MAX_PROBE_KBPS,
        "probe_seconds": PROBE_S,
        "sessions": live.current_room.capacity,
    }


async def post_offer(request: ApiRequest[None]) -> Response:
    """Answer an SDP offer; a later offer replaces the media."""
    token = request.path_params["token"]
    _live_tests(request).require_installed()
    offer = await _read_offer(request)
    test = await connection_tests.find_test_for_offer(request.runtime, token)
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


async def delete_test(request: ApiRequest[None]) -> None:
    """End the media; the report stays."""
    async with request.runtime.read_session() as session:
        test = await connection_tests.find_test_by_token(session, request.path_params["token"])
    _live_tests(request).release_place(test.id)


async def post_report(request: ApiRequest[ReportMessage]) -> JsonObject:
    message = request.message
    runtime, token = request.runtime, request.path_params["token"]
    async with runtime.read_session() as session:
        test = await connection_tests.find_test_by_token(session, token)
    context = connection_tests.ReportContext(
        message.finished,
        times_from_ages(message.ages_s, runtime.now()),
        _live_tests(request).room_health_during(test.id),
    )
    test = await connection_tests.add_report(runtime, token, message.measurements, context)
    return _report_json(request, test)


async def get_report(request: ApiRequest[None]) -> JsonObject:
    async with request.runtime.read_session() as session:
        test = await connection_tests.find_test_by_token(session, request.path_params["token"])
    return _full_report_json(request, test)


async def get_report_for_staff(request: ApiRequest[None]) -> JsonObject:
    test = await load_test_for_staff(request.runtime, request.staff, request.path_params["code"])
    return {**_full_report_json(request, test), "appointment": test.appointment_id}


async def load_test_for_staff(runtime: Runtime, principal: Principal, code: str) -> ConnectionTest:
    """Load a test by its code.

    Raises NotFound, also if the test belongs to another office's appointment.
    """
    async with runtime.read_session() as session:
        test = await connection_tests.find_test_by_code(session, code)
    if test.office_slug is not None and not principal.can_access_office(test.office_slug):
        raise NotFound
    return test


def _report_json(request: Request, test: ConnectionTest) -> JsonObject:
    return build_report_json(test, requests.current_language(request), requests.current_gettext(request))


def _full_report_json(request: Request, test: ConnectionTest) -> JsonObject:
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


_SDP = NonJsonBody(SDP_MEDIA_TYPE)
_NO_ROOM = ("test_room_full", "test_room_missing")
regions_route = ApiRoute(
    "GET /tests/regions",
    get_regions,
    "Where test rooms are",
    ApiAccess.PUBLIC,
    response_schemas.TestRegions,
)
routes = [
    regions_route,
    ApiRoute(
        "POST /tests",
        post_test,
        "Begin a connection test",
        ApiAccess.PUBLIC,
        {201: response_schemas.StartedTest},
        body=StartTest,
        errors={404: ("not_found",), 503: _NO_ROOM},
        example={"quick": False},
        limit=WriteLimit.TESTS,
    ),
    ApiRoute(
        "GET /tests/{token}",
        get_report,
        "Read the test of this token",
        ApiAccess.TOKEN,
        response_schemas.DetailedTestReport,
    ),
    ApiRoute(
        "DELETE /tests/{token}",
        delete_test,
        "The media is over; the report stays",
        ApiAccess.TOKEN,
        {204: None},
        limit=WriteLimit.TESTS,
    ),
    ApiRoute(
        "POST /tests/{token}/offer",
        post_offer,
        "The browser's offer; media goes to the server and back",
        ApiAccess.TOKEN,
        {201: _SDP},
        body=_SDP,
        errors={410: ("test_over",), 422: ("bad_offer",), 503: _NO_ROOM},
        limit=WriteLimit.TESTS,
    ),
    ApiRoute(
        "POST /tests/{token}/resume",
        post_resume,
        "Go on with a test that was left",
        ApiAccess.TOKEN,
        {201: response_schemas.StartedTest},
        errors={410: ("test_over",), 503: _NO_ROOM},
        limit=WriteLimit.TESTS,
    ),
    ApiRoute(
        "POST /tests/{token}/report",
        post_report,
        "What the browser measured",
        ApiAccess.TOKEN,
        response_schemas.TestReport,
        body=ReportMessage,
        errors={410: ("test_over",)},
        example={"measurements": {"rtt_ms": 20, "loss_up_pct": 0, "path": "udp"}},
        limit=WriteLimit.TESTS,
    ),
]
staff_routes = [
    ApiRoute(
        "GET /staff/tests/{code}",
        get_report_for_staff,
        "A citizen's test by its code",
        ApiAccess.AGENT,
        response_schemas.TestReportForStaff,
    ),
]
