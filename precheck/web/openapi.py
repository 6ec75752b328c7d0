"""The calls of the test room, as the API's document says them: one entry for each route of `api.py`."""

from __future__ import annotations

from datetime import datetime

from ...core.web.openapi import Access, Answered, Operation, Operations, Text
from ..domain.fault_location import Fault
from ..domain.verdict import Grade
from ..storage.measurement_schemas import ReportMessage, StartTest


class IceServer(Answered):
    """An `RTCIceServer`, ready for a peer connection."""

    urls: list[str]
    username: str | None = None
    credential: str | None = None


class TestLimits(Answered):
    """How long a test lasts at most, how much its probes send, and how many run at a time."""

    seconds: int
    probe_kbps: int
    probe_seconds: float
    sessions: int


class StartedTest(Answered):
    """A place in the test room; `code` can be dictated, the credentials last three minutes."""

    token: str
    code: str
    ice_servers: list[IceServer]
    limits: TestLimits


class Gate(Answered):
    """One measure and its grade. `title`, `shown`, `grade_text` and `advice_text` are for people."""

    name: str
    value: float | bool | str | None
    unit: str
    grade: Grade
    advice: str | None
    title: str
    shown: str
    grade_text: str
    advice_text: str | None


class TestReport(Answered):
    """What was found, and whose side it is. Texts are in the caller's language."""

    code: str | None
    verdict: Grade
    sign_language: Grade
    gates: list[Gate]
    fault: Fault
    at: datetime
    reported: bool
    finished: bool
    measured_at: dict[str, datetime]
    advice: list[str]
    title: str
    text: str
    advice_texts: list[str]
    grade_text: str
    sign_language_text: str


class TestReportForStaff(TestReport):
    """The same, with the appointment it was made for."""

    appointment: str | None


SDP = Text("application/sdp")
OPERATIONS: Operations = {
    "POST /tests": Operation(
        "Begin a connection test",
        Access.PUBLIC,
        {201: StartedTest},
        takes=StartTest,
        refuses={503: ("test_room_full",)},
    ),
    "POST /tests/{token}/resume": Operation(
        "Go on with a test that was left",
        Access.TOKEN,
        {201: StartedTest},
        refuses={410: ("test_over",), 503: ("test_room_full",)},
    ),
    "POST /tests/{token}/offer": Operation(
        "The browser's offer; media goes to the server and back",
        Access.TOKEN,
        {201: SDP},
        takes=SDP,
        refuses={400: ("bad_offer",), 410: ("test_over",), 503: ("test_room_full",)},
    ),
    "DELETE /tests/{token}": Operation("The media is over; the report stays", Access.TOKEN, {204: None}),
    "POST /tests/{token}/report": Operation(
        "What the browser measured",
        Access.TOKEN,
        {200: TestReport},
        takes=ReportMessage,
        refuses={410: ("test_over",)},
    ),
    "GET /tests/{token}": Operation("One's own test", Access.TOKEN, {200: TestReport}),
    "GET /staff/tests/{code}": Operation("A citizen's test by its code", Access.AGENT, {200: TestReportForStaff}),
}
