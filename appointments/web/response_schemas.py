"""Models that serialise the answers of the API of appointments."""

from __future__ import annotations

from datetime import date
from typing import Literal

from ...core.web.api_route import ApiResponse, Moment
from ...offices.service import ServiceMode
from ..domain.appointment import AppointmentState
from ..domain.offer import DayPart
from ..domain.phone_call import PhoneCallResult


class Slot(ApiResponse):
    """A free time. `left`: how many bookings of it are still possible.

    For hosts of the office that includes internal places and dates that are not released yet.
    """

    starts_at: Moment
    ends_at: Moment
    left: int


class LastTest(ApiResponse):
    """The last connection test of an appointment; `finished` is false if it was left early."""

    verdict: Literal["green", "amber", "red", "unknown"]
    code: str | None
    at: Moment
    finished: bool


class AppointmentLinks(ApiResponse):
    """Addresses of an appointment: `room` if it is by video, `turn` if it is in person.

    Without `test` if it is by telephone.
    """

    page: str
    test: str | None = None
    ics: str
    room: str | None = None
    turn: str | None = None


class EarlierOffer(ApiResponse):
    """An earlier time that is kept for this citizen until `until`."""

    id: str
    starts_at: Moment
    ends_at: Moment
    until: Moment


class Earlier(ApiResponse):
    """Whether the citizen wants an earlier time, the limits of the wish, and the open offer."""

    wanted: bool
    not_before: date | None
    part: DayPart
    offer: EarlierOffer | None


class Challenge(ApiResponse):
    """A challenge in the format of ALTCHA: find the number up to `maxnumber` with this hash.

    `challenge` is the hash. The proof, sent as `altcha`, is the Base64 of the JSON
    `{algorithm, challenge, number, salt, signature}`.
    """

    algorithm: Literal["SHA-256"]
    challenge: str
    maxnumber: int
    salt: str
    signature: str


class Hold(ApiResponse):
    """A slot that is reserved until `expires_at`; send `hold` with `POST /appointments`."""

    hold: str
    expires_at: Moment


class WaitingAsked(ApiResponse):
    """The state after joining; `unverified`: an e-mail asks to confirm.

    It does not tell whether the mailbox was on the waitlist before.
    """

    state: Literal["unverified", "waiting"]


class Cancelled(ApiResponse):
    """How many appointments were cancelled, and their ids."""

    cancelled: int
    appointments: list[str]


class ClosedSpan(ApiResponse):
    """A period closed by a host; for all services or modes where those are null."""

    id: str
    starts_at: Moment
    ends_at: Moment
    service: str | None
    mode: ServiceMode | None


class Rebook(ApiResponse):
    """A replacement for a time that the office cancelled.

    `kept_until`: until when it is kept for this citizen; null if it is not kept.
    """

    starts_at: Moment
    kept_until: Moment | None


class PublishedAppointment(ApiResponse):
    """The fields of an appointment that citizens and staff see.

    `more_services`: additional services of the visit.
    """

    id: str
    locator: str
    state: AppointmentState
    office: str
    service: str
    more_services: list[str]
    mode: ServiceMode
    starts_at: Moment
    ends_at: Moment
    details: dict[str, str]


class Appointment(PublishedAppointment):
    """An appointment as the citizen sees it.

    `kept_until`: while `preconfirmed`, when the slot is freed unless the e-mail is verified.
    `told_at`: the later start that the office announced because of a delay.
    `call_to`: the number that the agent calls, with its middle hidden; null in other modes.
    `replaced_by`: the token of the appointment that stands now in its place.
    """

    token: str
    kept_until: Moment | None
    told_at: Moment | None
    test: LastTest | None
    call_to: str | None
    earlier: Earlier
    cancel_reason: str | None
    replaced_by: str | None
    rebook: list[Rebook]
    links: AppointmentLinks


class PlacedCall(ApiResponse):
    """A call of an agent. `result` and `ended_at` are null while it lasts."""

    id: str
    agent: str
    called_at: Moment
    ended_at: Moment | None
    result: PhoneCallResult | None


class PhoneCalls(ApiResponse):
    """The calls of an appointment by telephone, oldest first.

    `attempts`: calls without an answer; those in quick succession count once. `may_give_up`: whether a no-show may
    be noted.
    """

    appointment: str
    state: AppointmentState
    attempts: int
    may_give_up: bool
    calls: list[PlacedCall]
