"""OpenAPI description of the staff API: one entry for each route of api.py."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import Field

from ...appointments.service import AppointmentState
from ...core.contact.push_schemas import EndpointMessage, SubscriptionMessage
from ...core.web.openapi import ApiAccess, ApiOperation, ApiOperations, ApiResponse, JsonArray
from ...offices.service import ServiceMode
from ...queue.service import response_schemas
from .api import AppointmentDayQuery, PersonSearchQuery
from .emergency_api import EndEmergencyMessage
from .room_transfer_api import AnswerTransferMessage, FinishTransferMessage, OfferTransferMessage

VerdictName = Literal["green", "amber", "red", "unknown"]


class LobbyEntry(ApiResponse):
    """A citizen or guest who waits for a video call."""

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
    role: Literal["citizen", "interpreter", "relative", "colleague"]


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
    cause: str
    advice: list[str]
    at: datetime
    finished: bool


class CallBackOfCitizen(ApiResponse):
    """When and by which channels an absent citizen was notified last."""

    at: datetime
    channels: list[Literal["push", "sms", "email"]]


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
    called_back: CallBackOfCitizen | None
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


class ComingColleague(ApiResponse):
    """A person of the staff who comes."""

    name: str
    at: datetime


class EmergencyAtDesk(ApiResponse):
    """An emergency button that was pressed.

    `desk_name` is empty without a desk; `appointment` is that of a call by video or telephone.
    """

    id: str
    desk: str | None
    desk_name: str
    place: Literal["desk", "call", "entrance"]
    appointment: str | None
    by: str
    by_id: str
    since: datetime
    answers: list[ComingColleague]


class TransferOfRoom(ApiResponse):
    """A video call that an agent hands over.

    `inside`: whether the receiver is in the call; `attended`: whether any agent is.
    """

    id: str
    appointment: str
    starts_at: datetime
    name: str
    service: str
    kind: Literal["warm", "cold"]
    from_: str = Field(alias="from")
    from_id: str
    to: str
    to_id: str
    state: Literal["offered", "accepted", "declined", "withdrawn", "done"]
    since: datetime
    inside: bool
    attended: bool


class PossibleReceiver(ApiResponse):
    """A person of the office who is here now, and their desk."""

    agent: str
    name: str
    desk: str | None
    desk_name: str | None


class TransferChoices(ApiResponse):
    """The newest transfer of a room, and who could take it over."""

    transfer: TransferOfRoom | None
    people: list[PossibleReceiver]


class PushState(ApiResponse):
    """Whether the browser gets pushes."""

    subscribed: bool


class Evacuated(ApiResponse):
    """The evacuation of an office: who pressed, and how many phones its end is told to."""

    by: str | None
    at: datetime
    phones: int


class Board(ApiResponse):
    """The state of an office. Names, emergencies and transfers are given to staff only."""

    office: str
    v: int
    paused: bool
    evacuation: bool
    evacuated: Evacuated | None
    pause_message: str | None
    lines: list[response_schemas.BoardLine]
    desks: list[response_schemas.Desk]
    tickets: list[response_schemas.BoardTicket]
    agenda: list[Visit]
    lobby: list[LobbyEntry]
    video: list[VideoAppointment]
    telephone: list[PhoneAppointment]
    emergencies: list[EmergencyAtDesk]
    transfers: list[TransferOfRoom]


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
    "POST /staff/desks/{desk}/emergency": ApiOperation(
        "Press the silent emergency button of the caller's desk; a host, of any desk of the office",
        ApiAccess.AGENT,
        {200: EmergencyAtDesk},
        error_codes={403: ("not_your_desk",)},
    ),
    "POST /staff/rooms/{appointment}/emergency": ApiOperation(
        "Press the silent emergency button in a video call", ApiAccess.AGENT, {200: EmergencyAtDesk}
    ),
    "POST /staff/calls/{appointment}/emergency": ApiOperation(
        "Press the silent emergency button in a call by telephone", ApiAccess.AGENT, {200: EmergencyAtDesk}
    ),
    "POST /staff/offices/{office}/emergency": ApiOperation(
        "Press the silent emergency button at the caller's open desk, else at the entrance of the office",
        ApiAccess.AGENT,
        {200: EmergencyAtDesk},
    ),
    "POST /staff/emergencies/{id}/answer": ApiOperation(
        "Tell the desk that the caller comes", ApiAccess.AGENT, {200: EmergencyAtDesk}
    ),
    "POST /staff/emergencies/{id}/end": ApiOperation(
        "End an emergency: hosts, and the person who pressed",
        ApiAccess.AGENT,
        {200: EmergencyAtDesk},
        request_body=EndEmergencyMessage,
        error_codes={403: ("not_your_emergency",)},
    ),
    "GET /rooms/{appointment}/transfer": ApiOperation(
        "The newest transfer of a video call, and who could take it over", ApiAccess.AGENT, {200: TransferChoices}
    ),
    "POST /rooms/{appointment}/transfer": ApiOperation(
        "Offer a video call to another agent or desk of the office",
        ApiAccess.AGENT,
        {201: TransferOfRoom},
        request_body=OfferTransferMessage,
        error_codes={
            403: ("staff_only",),
            409: ("transfer_to_self", "transfer_unknown", "room_full", "room_over"),
        },
    ),
    "POST /rooms/{appointment}/transfer/answer": ApiOperation(
        "Accept or decline a video call, as the person who was asked",
        ApiAccess.AGENT,
        {200: TransferOfRoom},
        request_body=AnswerTransferMessage,
        error_codes={403: ("not_your_transfer",), 409: ("transfer_over",)},
    ),
    "POST /rooms/{appointment}/transfer/withdraw": ApiOperation(
        "Take an offered video call back",
        ApiAccess.AGENT,
        {200: TransferOfRoom},
        error_codes={403: ("not_your_transfer",), 409: ("transfer_over",)},
    ),
    "POST /rooms/{appointment}/transfer/finish": ApiOperation(
        "Leave the call to the other agent, who is inside",
        ApiAccess.AGENT,
        {200: TransferOfRoom},
        request_body=FinishTransferMessage,
        error_codes={403: ("not_your_transfer",), 409: ("transfer_over", "successor_missing")},
    ),
    "POST /staff/alerts/push": ApiOperation(
        "Send the caller's alerts to this browser",
        ApiAccess.AGENT,
        {200: PushState},
        request_body=SubscriptionMessage,
        error_codes={403: ("people_only",)},
    ),
    "POST /staff/alerts/push/end": ApiOperation(
        "End the alerts to this browser", ApiAccess.AGENT, {200: PushState}, request_body=EndpointMessage
    ),
}
