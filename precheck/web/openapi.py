"""OpenAPI description of the connection test: one entry for each route of api.py."""

from __future__ import annotations

from datetime import datetime

from ...core.web.openapi import ApiAccess, ApiOperation, ApiOperations, ApiResponse, NonJsonBody
from ..domain.fault_location import Fault, Limit, Link
from ..domain.technical_details import CandidateType
from ..domain.verdict import Grade, SpeedLimit
from ..storage.measurement_schemas import ReportMessage, StartTest
from .api import SDP_MEDIA_TYPE


class IceServer(ApiResponse):
    """An `RTCIceServer`, ready for a peer connection."""

    urls: list[str]
    username: str | None = None
    credential: str | None = None


class TestLimits(ApiResponse):
    """How long a test lasts at most, how much its probes send, and how many run at a time."""

    seconds: int
    probe_kbps: int
    probe_seconds: float
    sessions: int


class TestRegion(ApiResponse):
    """A region with test rooms; the round trip to `stun` tells how near it is."""

    name: str
    stun: str


class TestRegions(ApiResponse):
    """The regions that a browser can measure; empty with one region."""

    regions: list[TestRegion]


class StartedTest(ApiResponse):
    """A place in the test room; `code` can be dictated, the credentials last three minutes."""

    token: str
    code: str
    ice_servers: list[IceServer]
    limits: TestLimits


class Gate(ApiResponse):
    """One measure and its grade.

    `low` and `high` are the bounds of the true value where the measured one is not exact.
    `title`, `shown`, `grade_text` and `advice_text` are for people.
    """

    name: str
    value: float | bool | str | None
    low: float | None
    high: float | None
    unit: str
    grade: Grade
    advice: str | None
    title: str
    shown: str
    grade_text: str
    advice_text: str | None


class TestReport(ApiResponse):
    """The result of a test with the location of its fault. Texts are in the caller's language."""

    code: str | None
    verdict: Grade
    sign_language: Grade
    gates: list[Gate]
    fault: Fault
    cause: str
    reason: str
    button: str
    at: datetime
    reported: bool
    finished: bool
    quick: bool
    start_kbps: int | None
    measured_at: dict[str, datetime]
    advice: list[str]
    title: str
    text: str
    advice_texts: list[str]
    grade_text: str
    sign_language_text: str


class CandidateTypes(ApiResponse):
    """Types of the two ICE candidates in use. No addresses."""

    local: CandidateType
    remote: CandidateType


class RelayResult(ApiResponse):
    """One way through the relay, tried alone."""

    ok: bool
    rtt_ms: float | None
    jitter_ms: float | None
    loss_pct: float | None
    packets: int | None


class RoomState(ApiResponse):
    """The test room's view of itself during the test."""

    loop_lag_ms: float
    healthy: bool


class TestDetails(ApiResponse):
    """Technical details, named as in the reported measurements. They decide no grade."""

    codec: str | None
    candidates: CandidateTypes | None
    phases_ms: dict[str, float]
    series: dict[str, list[tuple[float, float]]]
    synthetic_picture: bool
    link: Link | None
    limited_by: Limit | None
    rtt_min_ms: float | None
    rtt_loaded_up_ms: float | None
    rtt_loaded_down_ms: float | None
    page_lag_ms: float | None
    dropped_frames_pct: float | None
    loss_up_packets: int | None
    loss_down_packets: int | None
    up_limited_by: SpeedLimit | None
    down_limited_by: SpeedLimit | None
    ways: dict[str, RelayResult]
    room: RoomState | None


class DetailedTestReport(TestReport):
    """The same, with the technical details; null if the test recorded none."""

    details: TestDetails | None


class TestReportForStaff(DetailedTestReport):
    """The same, with the appointment it was made for."""

    appointment: str | None


SDP_BODY = NonJsonBody(SDP_MEDIA_TYPE)
OPERATIONS: ApiOperations = {
    "GET /tests/regions": ApiOperation("Where test rooms are", ApiAccess.PUBLIC, {200: TestRegions}),
    "POST /tests": ApiOperation(
        "Begin a connection test",
        ApiAccess.PUBLIC,
        {201: StartedTest},
        request_body=StartTest,
        error_codes={404: ("not_found",), 503: ("test_room_full", "test_room_missing")},
    ),
    "POST /tests/{token}/resume": ApiOperation(
        "Go on with a test that was left",
        ApiAccess.TOKEN,
        {201: StartedTest},
        error_codes={410: ("test_over",), 503: ("test_room_full", "test_room_missing")},
    ),
    "POST /tests/{token}/offer": ApiOperation(
        "The browser's offer; media goes to the server and back",
        ApiAccess.TOKEN,
        {201: SDP_BODY},
        request_body=SDP_BODY,
        error_codes={410: ("test_over",), 422: ("bad_offer",), 503: ("test_room_full", "test_room_missing")},
    ),
    "DELETE /tests/{token}": ApiOperation("The media is over; the report stays", ApiAccess.TOKEN, {204: None}),
    "POST /tests/{token}/report": ApiOperation(
        "What the browser measured",
        ApiAccess.TOKEN,
        {200: TestReport},
        request_body=ReportMessage,
        error_codes={410: ("test_over",)},
    ),
    "GET /tests/{token}": ApiOperation("One's own test", ApiAccess.TOKEN, {200: DetailedTestReport}),
    "GET /staff/tests/{code}": ApiOperation(
        "A citizen's test by its code", ApiAccess.AGENT, {200: TestReportForStaff}
    ),
}
