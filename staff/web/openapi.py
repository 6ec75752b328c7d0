"""The calls about an office as a whole, as the API's document says them: one entry for each route of `api.py`."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from ...appointments.service import AppointmentState
from ...core.web.openapi import ApiAccess, ApiOperation, ApiOperations, ApiResponse, JsonArray
from ...queue.service import response_schemas
from .api import AppointmentDayQuery, PersonSearchQuery

VerdictName = Literal["green", "amber", "red", "unknown"]


class LobbyEntry(ApiResponse):
    """Somebody who waits for a video call."""

    appointment: str
    participant: str
    starts_at: datetime
    name: str | None
    state: Literal["lobby", "admitted", "left"]
    since: datetime
    connected: bool
    verdict: VerdictName | None
    agent: str | None


class Visit(ApiResponse):
    """One of today's appointments in person. `told_at`: when to come, as they were told because we run late."""

    appointment: str
    starts_at: datetime
    told_at: datetime | None
    name: str | None
    service: str
    more_services: list[str]
    mode: Literal["in_person", "video"]
    needs: list[str]
    state: AppointmentState


class TestOfAppointment(ApiResponse):
    """The last connection test made for an appointment; not `finished`: left before its last step."""

    code: str | None
    sign_language: VerdictName
    fault: str
    advice: list[str]
    at: datetime
    finished: bool


class VideoAppointment(ApiResponse):
    """One of today's video appointments."""

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


class Board(ApiResponse):
    """An office as a whole, at one moment; names are given to staff only."""

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


class AppointmentForStaff(ApiResponse):
    """What staff need to know of an appointment; its token belongs to the citizen alone."""

    id: str
    locator: str
    state: AppointmentState
    office: str
    service: str
    more_services: list[str]
    mode: Literal["in_person", "video"]
    starts_at: datetime
    ends_at: datetime
    name: str
    email: str
    phone: str | None
    language: str
    needs: list[str]


class FoundTicket(response_schemas.BoardTicket):
    """A ticket of today, with the contacts of its person."""

    email: str | None
    phone: str | None


class Found(ApiResponse):
    """Who may be meant; 200 of each at most."""

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
