"""The calls about appointments, as the API's document says them: one entry for each route of `api.py`."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal

from ...core.contact.push_schemas import EndpointMessage, SubscriptionMessage
from ...core.web.openapi import ApiAccess, ApiOperation, ApiOperations, ApiResponse, JsonArray
from ...offices.service import ServiceMode
from ..domain.appointment import AppointmentState
from ..domain.offer import DayPart
from .schemas import (
    AnswerMessage,
    BookingMessage,
    EarlierMessage,
    HoldMessage,
    InsideMessage,
    ReasonMessage,
    RescheduleMessage,
    SlotsQuery,
    SpanMessage,
    VerifyMessage,
    WaitingMessage,
)


class Slot(ApiResponse):
    """A free time; `left` is how many the caller can still book: hosts of the office also the internal places, and
    without waiting until dates are released."""

    starts_at: datetime
    ends_at: datetime
    left: int


class LastTest(ApiResponse):
    """The last connection test made for an appointment; not `finished`: left before its last step."""

    verdict: Literal["green", "amber", "red", "unknown"]
    code: str | None
    at: datetime
    finished: bool


class AppointmentLinks(ApiResponse):
    """`room` for a video appointment, `turn` for one in person."""

    page: str
    test: str
    ics: str
    room: str | None = None
    turn: str | None = None


class EarlierOffer(ApiResponse):
    """A time that is kept for nobody else until `until`."""

    id: str
    starts_at: datetime
    ends_at: datetime
    until: datetime


class Earlier(ApiResponse):
    """Whether an earlier time is wanted, within which limits, and what is offered at this moment."""

    wanted: bool
    not_before: date | None
    part: DayPart
    offer: EarlierOffer | None


class Challenge(ApiResponse):
    """A proof of work in the format of ALTCHA: the number up to `maxnumber` whose hash is `challenge`.

    `altcha` is then the Base64 of the JSON `{algorithm, challenge, number, salt, signature}`.
    """

    algorithm: Literal["SHA-256"]
    challenge: str
    maxnumber: int
    salt: str
    signature: str


class Hold(ApiResponse):
    """A place that is kept until then; `hold` goes into `POST /appointments`."""

    hold: str
    expires_at: datetime


class WaitingAsked(ApiResponse):
    """The same whether or not the mailbox waits already: that is its own to know. `unverified`: a letter asks."""

    state: Literal["unverified", "waiting"]


class Cancelled(ApiResponse):
    """How many people were told, and their appointments' ids."""

    cancelled: int
    appointments: list[str]


class ClosedSpan(ApiResponse):
    """What a host has closed; without `service` for all of them, without `mode` for both."""

    id: str
    starts_at: datetime
    ends_at: datetime
    service: str | None
    mode: Literal["in_person", "video"] | None


class Rebook(ApiResponse):
    """A time in place of the one that the office cancelled; `kept_until` when it is kept for this person."""

    starts_at: datetime
    kept_until: datetime | None


class Appointment(ApiResponse):
    """An appointment as its owner has it. `more_services`: what else is done in the visit, after `service`.
    `kept_until`: while `preconfirmed`, when the place is freed unless the e-mail is verified.
    `told_at`: when to come instead, as they were told because we run late."""

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
    earlier: Earlier
    cancel_reason: str | None
    rebook: list[Rebook]
    links: AppointmentLinks


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
        "Keep a place for ten minutes. A device, a proof of work, or else an address keeps one at a time",
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
        "Book for somebody; with `override` also at a time that the public cannot have",
        ApiAccess.HOST,
        {201: Appointment},
        request_body=InsideMessage,
        error_codes={
            409: ("slot_taken", "duplicate_appointment", "interpreter_too_soon"),
            503: ("agenda_unavailable",),
        },
    ),
    "POST /waiting-list": ApiOperation(
        "Be told by e-mail when there is a time for a service; without a proof of work a letter asks the mailbox "
        "first",
        ApiAccess.PUBLIC,
        {202: WaitingAsked},
        request_body=WaitingMessage,
        error_codes={409: ("confirm_first",), 429: ("rate_limited",)},
    ),
    "GET /appointments/{token}": ApiOperation("One's own appointment", ApiAccess.TOKEN, {200: Appointment}),
    "POST /appointments/{token}/verify": ApiOperation(
        "Confirm it with the secret of the e-mail's link; a second time changes nothing",
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
        "Be told, or no longer be told, when an earlier time gets free",
        ApiAccess.TOKEN,
        {200: Appointment},
        request_body=EarlierMessage,
        error_codes={409: ("illegal_transition", "too_late", "bound_to_the_time")},
    ),
    "POST /appointments/{token}/earlier/accept": ApiOperation(
        "Move to the time that is offered: a new appointment with its own token",
        ApiAccess.TOKEN,
        {200: Appointment},
        request_body=AnswerMessage,
        error_codes={409: ("offer_over", "slot_taken", "illegal_transition", "too_late")},
    ),
    "POST /appointments/{token}/earlier/refuse": ApiOperation(
        "Not this one; the wish stands", ApiAccess.TOKEN, {200: Appointment}, request_body=AnswerMessage
    ),
    "POST /appointments/{token}/rebook": ApiOperation(
        "Book again after the office cancelled, with the same details",
        ApiAccess.TOKEN,
        {200: Appointment},
        request_body=RescheduleMessage,
        error_codes={409: ("slot_taken", "illegal_transition", "duplicate_appointment")},
    ),
    "POST /staff/appointments/{id}/cancel": ApiOperation(
        "Cancel for the office; the person is told why and has a place kept for a day",
        ApiAccess.HOST,
        {200: Appointment},
        request_body=ReasonMessage,
        error_codes={409: ("illegal_transition", "too_late")},
    ),
    "POST /staff/offices/{office}/appointments/cancel": ApiOperation(
        "Cancel all that are to come of a day, or of part of it, and close it to new ones",
        ApiAccess.HOST,
        {200: Cancelled},
        request_body=SpanMessage,
    ),
    "GET /staff/offices/{office}/appointments/closed": ApiOperation(
        "What was closed so and is not over, by time", ApiAccess.HOST, {200: JsonArray(ClosedSpan)}, is_paged=True
    ),
    "POST /staff/offices/{office}/appointments/closed/{id}/open": ApiOperation(
        "Give these times again; whoever was cancelled stays so", ApiAccess.HOST, {204: None}
    ),
    "POST /appointments/{token}/push": ApiOperation(
        "Be told of changes by this browser, and of the turn that is taken with it",
        ApiAccess.TOKEN,
        {200: Appointment},
        request_body=SubscriptionMessage,
        error_codes={409: ("appointment_over",), 503: ("unavailable",)},
    ),
    "POST /appointments/{token}/push/end": ApiOperation(
        "Be told no more by this browser", ApiAccess.TOKEN, {200: Appointment}, request_body=EndpointMessage
    ),
}
