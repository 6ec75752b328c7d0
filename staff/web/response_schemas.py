"""Models that serialise the answers of the staff API."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from ...appointments.service import AppointmentState, PublishedAppointment
from ...core.web.api_route import ApiResponse, Moment, listed_words
from ...notifications.service import CHANNEL_TITLES
from ...offices.service import ServiceMode
from ...queue.service import response_schemas as queue_schemas
from ...rooms.service import GuestRole, TransferKind, TransferState
from ..domain.emergency import EmergencyPlace

VerdictName = Literal["green", "amber", "red", "unknown"]


class LobbyEntry(ApiResponse):
    """A citizen or guest who waits for a video call."""

    appointment: str
    participant: str
    starts_at: Moment
    name: str | None
    state: Annotated[str, listed_words(["lobby", "admitted", "left"])]
    since: Moment
    connected: bool
    verdict: VerdictName | None
    agent: str | None
    service: str
    role: Literal["citizen", GuestRole]


class ExpectedVisit(ApiResponse):
    """The fields that appointments of today have in every mode."""

    appointment: str
    starts_at: Moment
    name: str | None
    service: str
    more_services: list[str]
    needs: list[str]
    details: dict[str, str]
    notes: list[queue_schemas.ColleagueNote]


class Visit(ExpectedVisit):
    """An appointment of today.

    `told_at`: the later time announced because of a delay.
    """

    told_at: Moment | None
    mode: ServiceMode
    state: AppointmentState


class TestOfAppointment(ApiResponse):
    """The last connection test of an appointment. `finished` false: left before its last step."""

    code: str | None
    sign_language: VerdictName
    fault: str
    cause: str
    advice: list[str]
    at: Moment
    finished: bool


class CallBackOfCitizen(ApiResponse):
    """When and by which channels an absent citizen was notified last."""

    at: Moment
    channels: list[Annotated[str, listed_words(CHANNEL_TITLES)]]


class VideoAppointment(ExpectedVisit):
    """A video appointment of today."""

    participant: str | None
    ends_at: Moment
    state: Annotated[str, listed_words(["expected", "lobby", "admitted", "left", "ended"])]
    since: Moment | None
    connected: bool
    agent: str | None
    outcome: str | None
    verdict: VerdictName | None
    test: TestOfAppointment | None
    called_back: CallBackOfCitizen | None


class CallUnderWay(ApiResponse):
    """A telephone call that lasts; `agent_id`: the account or key that calls."""

    agent_id: str
    since: Moment


class PhoneAppointment(Visit):
    """An appointment by telephone of today.

    `attempts`: calls without an answer; those in quick succession count once. `may_give_up`: whether a no-show may
    be noted.
    """

    ends_at: Moment
    call_opens_at: Moment
    phone: str | None
    language: str
    attempts: int
    may_give_up: bool
    call: CallUnderWay | None


class ComingColleague(ApiResponse):
    """A person of the staff who comes."""

    name: str
    at: Moment


class EmergencyAtDesk(ApiResponse):
    """An emergency button that was pressed.

    `desk_name` is empty without a desk; `appointment` is that of a call by video or telephone.
    """

    id: str
    desk: str | None
    desk_name: str
    place: Annotated[str, listed_words(EmergencyPlace)]
    appointment: str | None
    by: str
    by_id: str
    since: Moment
    answers: list[ComingColleague]


class TransferOfRoom(ApiResponse):
    """A video call that an agent hands over.

    `inside`: whether the receiver is in the call; `attended`: whether any agent is.
    """

    id: str
    appointment: str
    starts_at: Moment
    name: str
    service: str
    kind: Annotated[str, listed_words(TransferKind)]
    from_: str = Field(alias="from")
    from_id: str
    to: str
    to_id: str
    state: Annotated[str, listed_words(TransferState)]
    since: Moment
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
    at: Moment
    phones: int


class Board(ApiResponse):
    """The state of an office. Names, emergencies and transfers are given to staff only."""

    office: str
    v: int
    paused: bool
    evacuation: bool
    evacuated: Evacuated | None
    pause_message: str | None
    lines: list[queue_schemas.BoardLine]
    desks: list[queue_schemas.Desk]
    tickets: list[queue_schemas.BoardTicket]
    agenda: list[Visit]
    lobby: list[LobbyEntry]
    video: list[VideoAppointment]
    telephone: list[PhoneAppointment]
    emergencies: list[EmergencyAtDesk]
    transfers: list[TransferOfRoom]


class AppointmentForStaff(PublishedAppointment):
    """An appointment as staff see it, without the citizen's token."""

    name: str
    email: str | None
    phone: str | None
    language: str
    needs: list[str]


class FoundTicket(queue_schemas.BoardTicket):
    """A ticket of today with the citizen's contacts."""

    email: str | None
    phone: str | None


class Found(ApiResponse):
    """Search results, at most 200 of each."""

    tickets: list[FoundTicket]
    appointments: list[AppointmentForStaff]
