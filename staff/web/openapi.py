"""OpenAPI description of the staff API: one entry for each route of api.py."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from ...appointments.service import AppointmentState
from ...core.web.openapi import ApiAccess, ApiOperation, ApiOperations, ApiResponse, JsonArray
from ...offices.service import ServiceMode
from ...queue.service import response_schemas
from .api import AppointmentDayQuery, PersonSearchQuery

VerdictName = Literal["green", "amber", "red", "unknown"]


class LobbyEntry(ApiResponse):
    """A citizen who waits for a video call."""

    appointment: str
    participant: str
    starts_at: datetime
    name: str | None
    state: Literal["lobby", "admitted", "left"]
    since: datetime
    connected: bool
    verdict: VerdictName | None
    agent: str | None
    service: str


class Visit(ApiResponse):
    """An appointment of today.

    `told_at`: the later time announced because of a delay.
    """

    appointment: str
    starts_at: datetime
    told_at: datetime | None
    name: str | None
    service: str
    more_services: list[str]
    mode: ServiceMode
    needs: list[str]
    state: AppointmentState
    notes: list[response_schemas.ColleagueNote]


class TestOfAppointment(ApiResponse):
    """The last connection test of an appointment. `finished` false: left before its last step."""

    code: str | None
    sign_language: VerdictName
    fault: str
    advice: list[str]
    at: datetime
    finished: bool


class VideoAppointment(ApiResponse):
    """A video appointment of today."""

    appointment: str
    participant: str | None
    starts_at: datetime
    ends_at: datetime
    name: str | None
    service: str
    more_services: list[str]
    needs: list[str]
    state: Literal["expected", "lobby", "admitted", "left", "ended"]
    since: datetime | None
    connected: bool
    agent: str | None
    outcome: str | None
    verdict: VerdictName | None
    test: TestOfAppointment | None
    notes: list[response_schemas.ColleagueNote]


class CallUnderWay(ApiResponse):
    """A telephone call that lasts; `agent_id`: the account or key that calls."""

    agent_id: str
    since: datetime


class PhoneAppointment(Visit):
    """An appointment by telephone of today.

    `attempts`: calls without an answer; those in quick succession count once. `may_give_up`: whether a no-show may
    be noted.
    """

    ends_at: datetime
    call_opens_at: datetime
    phone: str | None
    language: str
    attempts: int
    may_give_up: bool
    call: CallUnderWay | None


class Board(ApiResponse):
    """The state of an office. Names are given to staff only."""

    office: str
    v: int
    paused: bool
    pause_message: str | None
    lines: list[response_schemas.BoardLine]
    desks: list[response_schemas.Desk]
    tickets: list[response_schemas.BoardTicket]
    agenda: list[Visit]
    lobby: list[LobbyEntry]
    video: list[VideoAppointment]
    telephone: list[PhoneAppointment]


class AppointmentForStaff(ApiResponse):
    """An appointment as staff see it, without the citizen's token."""

    id: str
    locator: str
    state: AppointmentState
    office: str
    service: str
    more_services: list[str]
    mode: ServiceMode
    starts_at: datetime
    ends_at: datetime
    name: str
    email: str | None
    phone: str | None
    language: str
    needs: list[str]


class FoundTicket(response_schemas.BoardTicket):
    """A ticket of today with the citizen's contacts."""

    email: str | None
    phone: str | None


class Found(ApiResponse):
    """Search results, at most 200 of each."""

    tickets: list[FoundTicket]
    appointments: list[AppointmentForStaff]


OPERATIONS: ApiOperations = {
    "GET /staff/offices/{office}/search": ApiOperation(
        "Find somebody of today by name, code, e-mail, phone, locator or the link of a QR code",
        ApiAccess.HOST,
        {200: Found},
        query_model=PersonSearchQuery,
    ),
    "GET /staff/offices/{office}/board": ApiOperation(
        "The office's board", ApiAccess.AGENT, {200: Board}, allows_api_key=True
    ),
    "GET /staff/offices/{office}/appointments": ApiOperation(
        "The appointments of a day",
        ApiAccess.AGENT,
        {200: JsonArray(AppointmentForStaff)},
        query_model=AppointmentDayQuery,
        is_paged=True,
    ),
}
