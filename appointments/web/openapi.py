"""OpenAPI operations of appointments, one for each API route."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal

from ...core.contact.push_schemas import EndpointMessage, SubscriptionMessage
from ...core.web.openapi import ApiAccess, ApiOperation, ApiOperations, ApiResponse, JsonArray
from ...offices.service import ServiceMode
from ..domain.appointment import AppointmentState
from ..domain.offer import DayPart
from ..domain.phone_call import PhoneCallResult
from .schemas import (
    AnswerMessage,
    BookingMessage,
    EarlierMessage,
    FinishCallMessage,
    HoldMessage,
    InsideMessage,
    NumberToCallMessage,
    ReasonMessage,
    RescheduleMessage,
    SlotsQuery,
    SpanMessage,
    VerifyMessage,
    WaitingMessage,
)


class Slot(ApiResponse):
    """A free time. `left`: how many bookings of it are still possible.

    For hosts of the office that includes internal places and dates that are not released yet.
    """

    starts_at: datetime
    ends_at: datetime
    left: int


class LastTest(ApiResponse):
    """The last connection test of an appointment; `finished` is false if it was left early."""

    verdict: Literal["green", "amber", "red", "unknown"]
    code: str | None
    at: datetime
    finished: bool


class AppointmentLinks(ApiResponse):
    """Addresses of an appointment: `room` for one by video, `turn` for one in person.

    Without `test` for one by telephone.
    """

    page: str
    test: str | None = None
    ics: str
    room: str | None = None
    turn: str | None = None


class EarlierOffer(ApiResponse):
    """An earlier time that is kept for this citizen until `until`."""

    id: str
    starts_at: datetime
    ends_at: datetime
    until: datetime


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
    expires_at: datetime


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
    starts_at: datetime
    ends_at: datetime
    service: str | None
    mode: ServiceMode | None


class Rebook(ApiResponse):
    """A replacement for a time that the office cancelled.

    `kept_until`: until when it is kept for this citizen; null if it is not kept.
    """

    starts_at: datetime
    kept_until: datetime | None


class Appointment(ApiResponse):
    """An appointment as the citizen sees it.

    `more_services`: additional services of the visit.
    `kept_until`: while `preconfirmed`, when the slot is freed unless the e-mail is verified.
    `told_at`: the later start that the office announced because of a delay.
    `call_to`: the number that the agent calls, with its middle hidden; null in other modes.
    `replaced_by`: the token of the appointment that stands now instead of this one.
    """

    id: str
    token: str
    locator: str
    state: AppointmentState
    office: str
    service: str
    more_services: list[str]
    mode: ServiceMode
    starts_at: datetime
    ends_at: datetime
    kept_until: datetime | None
    told_at: datetime | None
    test: LastTest | None
    call_to: str | None
    earlier: Earlier
    cancel_reason: str | None
    replaced_by: str | None
    rebook: list[Rebook]
    links: AppointmentLinks


class PlacedCall(ApiResponse):
    """One call of an agent. `result` and `ended_at` are null while it lasts."""

    id: str
    agent: str
    called_at: datetime
    ended_at: datetime | None
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


OPERATIONS: ApiOperations = {
    "GET /offices/{office}/slots": ApiOperation(
        "Free times of a service; with `more`, of one visit for several",
        ApiAccess.PUBLIC,
        {200: JsonArray(Slot)},
        query_model=SlotsQuery,
        is_paged=True,
        error_codes={503: ("agenda_unavailable",)},
    ),
    "GET /altcha": ApiOperation("A challenge for a proof of work", ApiAccess.PUBLIC, {200: Challenge}),
    "POST /holds": ApiOperation(
        "Reserve a slot for ten minutes. A device, a proof of work, or else an address holds one at a time",
        ApiAccess.PUBLIC,
        {201: Hold},
        request_body=HoldMessage,
        error_codes={409: ("slot_taken",), 429: ("too_many_holds",)},
    ),
    "POST /appointments": ApiOperation(
        "Book an appointment. Without a proof of work it is `preconfirmed` until the e-mail is verified",
        ApiAccess.PUBLIC,
        {201: Appointment},
        request_body=BookingMessage,
        error_codes={
            409: (
                "slot_taken",
                "duplicate_appointment",
                "verify_first",
                "too_many_appointments",
                "interpreter_too_soon",
            ),
            503: ("agenda_unavailable",),
        },
    ),
    "POST /staff/offices/{office}/appointments": ApiOperation(
        "Book for a citizen; with `override` also at a time that the public cannot book",
        ApiAccess.HOST,
        {201: Appointment},
        request_body=InsideMessage,
        error_codes={
            409: ("slot_taken", "duplicate_appointment", "interpreter_too_soon"),
            503: ("agenda_unavailable",),
        },
    ),
    "POST /waiting-list": ApiOperation(
        "Get an e-mail when a service has a free time; without a proof of work an e-mail asks to confirm first",
        ApiAccess.PUBLIC,
        {202: WaitingAsked},
        request_body=WaitingMessage,
        error_codes={409: ("confirm_first",), 429: ("rate_limited",)},
    ),
    "GET /appointments/{token}": ApiOperation(
        "The appointment of this token", ApiAccess.TOKEN, {200: Appointment}
    ),
    "POST /appointments/{token}/verify": ApiOperation(
        "Confirm it with the secret of the link in the e-mail; idempotent",
        ApiAccess.TOKEN,
        {200: Appointment},
        request_body=VerifyMessage,
    ),
    "POST /appointments/{token}/cancel": ApiOperation(
        "Cancel it",
        ApiAccess.TOKEN,
        {200: Appointment},
        error_codes={409: ("illegal_transition", "too_late", "change_closed")},
    ),
    "POST /appointments/{token}/reschedule": ApiOperation(
        "Move it to another time: a new appointment with its own token",
        ApiAccess.TOKEN,
        {200: Appointment},
        request_body=RescheduleMessage,
        error_codes={409: ("slot_taken", "illegal_transition", "too_late", "change_closed", "too_many_moves")},
    ),
    "POST /appointments/{token}/earlier": ApiOperation(
        "Ask for an earlier time, or withdraw the wish",
        ApiAccess.TOKEN,
        {200: Appointment},
        request_body=EarlierMessage,
        error_codes={409: ("illegal_transition", "too_late", "bound_to_the_time")},
    ),
    "POST /appointments/{token}/earlier/accept": ApiOperation(
        "Move to the offered time: a new appointment with its own token",
        ApiAccess.TOKEN,
        {200: Appointment},
        request_body=AnswerMessage,
        error_codes={409: ("offer_over", "slot_taken", "illegal_transition", "too_late")},
    ),
    "POST /appointments/{token}/earlier/refuse": ApiOperation(
        "Refuse the offered time; the wish stays", ApiAccess.TOKEN, {200: Appointment}, request_body=AnswerMessage
    ),
    "POST /appointments/{token}/rebook": ApiOperation(
        "Book again after the office cancelled, with the same details",
        ApiAccess.TOKEN,
        {200: Appointment},
        request_body=RescheduleMessage,
        error_codes={409: ("slot_taken", "illegal_transition", "duplicate_appointment")},
    ),
    "POST /staff/appointments/{id}/cancel": ApiOperation(
        "Cancel for the office; the citizen gets the reason, and another time is kept for a day",
        ApiAccess.HOST,
        {200: Appointment},
        request_body=ReasonMessage,
        error_codes={409: ("illegal_transition", "too_late")},
    ),
    "POST /staff/offices/{office}/appointments/cancel": ApiOperation(
        "Cancel the coming appointments of a day, or of a part of it, and close it to new ones",
        ApiAccess.HOST,
        {200: Cancelled},
        request_body=SpanMessage,
    ),
    "POST /staff/appointments/{id}/call": ApiOperation(
        "Begin the call of an appointment by telephone, at most ten minutes before its time",
        ApiAccess.AGENT,
        {200: PhoneCalls},
        error_codes={
            409: ("not_by_phone", "too_early_to_call", "call_under_way", "illegal_transition", "evacuating")
        },
    ),
    "POST /staff/appointments/{id}/call/finish": ApiOperation(
        "End the call: the citizen was attended",
        ApiAccess.AGENT,
        {200: PhoneCalls},
        request_body=FinishCallMessage,
        error_codes={409: ("not_by_phone", "no_call_under_way", "call_of_colleague")},
    ),
    "POST /staff/appointments/{id}/call/no-answer": ApiOperation(
        "End the call without an answer; the citizen is told that the office called",
        ApiAccess.AGENT,
        {200: PhoneCalls},
        error_codes={409: ("not_by_phone", "no_call_under_way", "call_of_colleague")},
    ),
    "POST /staff/appointments/{id}/call/withdraw": ApiOperation(
        "Take back a call that was begun by mistake",
        ApiAccess.AGENT,
        {200: PhoneCalls},
        error_codes={409: ("not_by_phone", "no_call_under_way", "call_of_colleague")},
    ),
    "POST /staff/appointments/{id}/call/no-show": ApiOperation(
        "Note that the citizen was not reached, after two attempts with five minutes between",
        ApiAccess.AGENT,
        {200: PhoneCalls},
        error_codes={409: ("not_by_phone", "call_again_first", "call_under_way", "illegal_transition")},
    ),
    "POST /appointments/{token}/phone": ApiOperation(
        "Change the number of an appointment by telephone, until the call begins",
        ApiAccess.TOKEN,
        {200: Appointment},
        request_body=NumberToCallMessage,
        error_codes={409: ("not_by_phone", "call_has_begun"), 503: ("unavailable",)},
    ),
    "GET /staff/offices/{office}/appointments/closed": ApiOperation(
        "Closed periods that are not over, by time", ApiAccess.HOST, {200: JsonArray(ClosedSpan)}, is_paged=True
    ),
    "POST /staff/offices/{office}/appointments/closed/{id}/open": ApiOperation(
        "Reopen a closed period; its cancelled appointments stay cancelled", ApiAccess.HOST, {204: None}
    ),
    "POST /appointments/{token}/push": ApiOperation(
        "Notify this browser of changes, and of the ticket taken with the appointment",
        ApiAccess.TOKEN,
        {200: Appointment},
        request_body=SubscriptionMessage,
        error_codes={409: ("appointment_over",), 503: ("unavailable",)},
    ),
    "POST /appointments/{token}/push/end": ApiOperation(
        "Stop notifying this browser", ApiAccess.TOKEN, {200: Appointment}, request_body=EndpointMessage
    ),
}
