"""Models that serialise the answers of the connection test's API."""

from __future__ import annotations

from ...core.web.api_route import ApiResponse, Moment, Number
from ..domain.fault_location import Fault, Limit, Link
from ..domain.technical_details import CandidateType
from ..domain.verdict import Grade, SpeedLimit


class IceServer(ApiResponse):
    """An `RTCIceServer`, ready for a peer connection."""

    urls: list[str]
    username: str | None = None
    credential: str | None = None


class TestLimits(ApiResponse):
    """How long a test lasts at most, how much its probes send, and how many run at a time."""

    seconds: int
    probe_kbps: int
    probe_seconds: Number
    sessions: int


class TestRegion(ApiResponse):
    """A region with test rooms; the round trip to `stun` tells how near it is."""

    name: str
    stun: str


class TestRegions(ApiResponse):
    """The regions that a browser can measure; empty with a single region."""

    regions: list[TestRegion]


class StartedTest(ApiResponse):
    """A place in the test room; `code` can be dictated, the credentials last three minutes."""

    token: str
    code: str
    ice_servers: list[IceServer]
    limits: TestLimits


class Gate(ApiResponse):
    """A measure and its grade.

    `low` and `high` are the bounds of the true value where the measured value is not exact.
    `title`, `shown`, `grade_text` and `advice_text` are for people.
    """

    name: str
    value: Number | bool | str | None
    low: Number | None
    high: Number | None
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
    at: Moment
    reported: bool
    finished: bool
    quick: bool
    start_kbps: int | None
    measured_at: dict[str, Moment]
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
    """A way through the relay, tried alone."""

    ok: bool
    rtt_ms: Number | None
    jitter_ms: Number | None
    loss_pct: Number | None
    packets: int | None


class RoomState(ApiResponse):
    """The test room's view of itself during the test."""

    loop_lag_ms: Number
    healthy: bool


class TestDetails(ApiResponse):
    """Technical details, named as in the reported measurements. They decide no grade."""

    codec: str | None
    candidates: CandidateTypes | None
    phases_ms: dict[str, Number]
    series: dict[str, list[tuple[Number, Number]]]
    synthetic_picture: bool
    link: Link | None
    limited_by: Limit | None
    rtt_min_ms: Number | None
    rtt_loaded_up_ms: Number | None
    rtt_loaded_down_ms: Number | None
    page_lag_ms: Number | None
    dropped_frames_pct: Number | None
    loss_up_packets: int | None
    loss_down_packets: int | None
    up_limited_by: SpeedLimit | None
    down_limited_by: SpeedLimit | None
    ways: dict[str, RelayResult]
    room: RoomState | None


class DetailedTestReport(TestReport):
    """The result with the technical details; null if the test recorded none."""

    details: TestDetails | None


class TestReportForStaff(DetailedTestReport):
    """The result with the appointment that the test was made for."""

    appointment: str | None
