"""The calls about appointments, as the API's document says them: one entry for each route of `api.py`."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal

from ...core.contact.push_schemas import EndpointMessage, SubscriptionMessage
from ...core.web.openapi import Access, Answered, Many, Operation, Operations
from ..domain.appointment import AppointmentState, Mode
from ..domain.offer import Part
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


class Slot(Answered):
    """A free time; `left` is how many the caller can still book: hosts of the office also the internal places, and
    without waiting until dates are released."""

    starts_at: datetime
    ends_at: datetime
    left: int


class LastTest(Answered):
    """The last connection test made for an appointment; not `finished`: left before its last step."""

    verdict: Literal["green", "amber", "red", "unknown"]
    code: str | None
    at: datetime
    finished: bool


class AppointmentLinks(Answered):
    """`room` for a video appointment, `turn` for one in person."""

    page: str
    test: str
    ics: str
    room: str | None = None
    turn: str | None = None


class EarlierOffer(Answered):
    """A time that is kept for nobody else until `until`."""

    id: str
    starts_at: datetime
    ends_at: datetime
    until: datetime


class Earlier(Answered):
    """Whether an earlier time is wanted, within which limits, and what is offered at this moment."""

    wanted: bool
    not_before: date | None
    part: Part
    offer: EarlierOffer | None


class Challenge(Answered):
    """A proof of work in the format of ALTCHA: the number up to `maxnumber` whose hash is `challenge`.

    `altcha` is then the Base64 of the JSON `{algorithm, challenge, number, salt, signature}`.
    """

    algorithm: Literal["SHA-256"]
    challenge: str
    maxnumber: int
    salt: str
    signature: str


class Hold(Answered):
    """A place that is kept until then; `hold` goes into `POST /appointments`."""

    hold: str
    expires_at: datetime


class WaitingAsked(Answered):
    """The same whether or not the mailbox waits already: that is its own to know. `unverified`: a letter asks."""

    state: Literal["unverified", "waiting"]


class Cancelled(Answered):
    """How many people were told, and their appointments' ids."""

    cancelled: int
    appointments: list[str]


class ClosedSpan(Answered):
    """What a host has closed; without `service` for all of them, without `mode` for both."""

    id: str
    starts_at: datetime
    ends_at: datetime
    service: str | None
    mode: Literal["in_person", "video"] | None


class Rebook(Answered):
    """A time in place of the one that the office cancelled; `kept_until` when it is kept for this person."""

    starts_at: datetime
    kept_until: datetime | None


class Appointment(Answered):
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
    mode: Mode
    starts_at: datetime
    ends_at: datetime
    kept_until: datetime | None
    told_at: datetime | None
    test: LastTest | None
    earlier: Earlier
    cancel_reason: str | None
    rebook: list[Rebook]
    links: AppointmentLinks


OPERATIONS: Operations = {
    "GET /offices/{office}/slots": Operation(
        "Free times of a service; with `more`, of one visit for several",
        Access.PUBLIC,
        {200: Many(Slot)},
        query=SlotsQuery,
        listed=True,
        refuses={503: ("agenda_unavailable",)},
    ),
    "GET /altcha": Operation("A challenge for a proof of work", Access.PUBLIC, {200: Challenge}),
    "POST /holds": Operation(
        "Keep a place for ten minutes. A device, a proof of work, or else an address keeps one at a time",
        Access.PUBLIC,
        {201: Hold},
        takes=HoldMessage,
        refuses={409: ("slot_taken",), 429: ("too_many_holds",)},
    ),
    "POST /appointments": Operation(
        "Book an appointment. Without a proof of work it is `preconfirmed` until the e-mail is verified",
        Access.PUBLIC,
        {201: Appointment},
        takes=BookingMessage,
        refuses={
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
    "POST /staff/offices/{office}/appointments": Operation(
        "Book for somebody; with `override` also at a time that the public cannot have",
        Access.HOST,
        {201: Appointment},
        takes=InsideMessage,
        refuses={
            409: ("slot_taken", "duplicate_appointment", "interpreter_too_soon"),
            503: ("agenda_unavailable",),
        },
    ),
    "POST /waiting-list": Operation(
        "Be told by e-mail when there is a time for a service; without a proof of work a letter asks the mailbox "
        "first",
        Access.PUBLIC,
        {202: WaitingAsked},
        takes=WaitingMessage,
        refuses={409: ("confirm_first",), 429: ("rate_limited",)},
    ),
    "GET /appointments/{token}": Operation("One's own appointment", Access.TOKEN, {200: Appointment}),
    "POST /appointments/{token}/verify": Operation(
        "Confirm it with the secret of the e-mail's link; a second time changes nothing",
        Access.TOKEN,
        {200: Appointment},
        takes=VerifyMessage,
    ),
    "POST /appointments/{token}/cancel": Operation(
        "Cancel it",
        Access.TOKEN,
        {200: Appointment},
        refuses={409: ("illegal_transition", "too_late", "change_closed")},
    ),
    "POST /appointments/{token}/reschedule": Operation(
        "Move it to another time: a new appointment with its own token",
        Access.TOKEN,
        {200: Appointment},
        takes=RescheduleMessage,
        refuses={409: ("slot_taken", "illegal_transition", "too_late", "change_closed", "too_many_moves")},
    ),
    "POST /appointments/{token}/earlier": Operation(
        "Be told, or no longer be told, when an earlier time gets free",
        Access.TOKEN,
        {200: Appointment},
        takes=EarlierMessage,
        refuses={409: ("illegal_transition", "too_late", "bound_to_the_time")},
    ),
    "POST /appointments/{token}/earlier/accept": Operation(
        "Move to the time that is offered: a new appointment with its own token",
        Access.TOKEN,
        {200: Appointment},
        takes=AnswerMessage,
        refuses={409: ("offer_over", "slot_taken", "illegal_transition", "too_late")},
    ),
    "POST /appointments/{token}/earlier/refuse": Operation(
        "Not this one; the wish stands", Access.TOKEN, {200: Appointment}, takes=AnswerMessage
    ),
    "POST /appointments/{token}/rebook": Operation(
        "Book again after the office cancelled, with the same details",
        Access.TOKEN,
        {200: Appointment},
        takes=RescheduleMessage,
        refuses={409: ("slot_taken", "illegal_transition", "duplicate_appointment")},
    ),
    "POST /staff/appointments/{id}/cancel": Operation(
        "Cancel for the office; the person is told why and has a place kept for a day",
        Access.HOST,
        {200: Appointment},
        takes=ReasonMessage,
        refuses={409: ("illegal_transition", "too_late")},
    ),
    "POST /staff/offices/{office}/appointments/cancel": Operation(
        "Cancel all that are to come of a day, or of part of it, and close it to new ones",
        Access.HOST,
        {200: Cancelled},
        takes=SpanMessage,
    ),
    "GET /staff/offices/{office}/appointments/closed": Operation(
        "What was closed so and is not over, by time", Access.HOST, {200: Many(ClosedSpan)}, listed=True
    ),
    "POST /staff/offices/{office}/appointments/closed/{id}/open": Operation(
        "Give these times again; whoever was cancelled stays so", Access.HOST, {204: None}
    ),
    "POST /appointments/{token}/push": Operation(
        "Be told of changes by this browser, and of the turn that is taken with it",
        Access.TOKEN,
        {200: Appointment},
        takes=SubscriptionMessage,
        refuses={409: ("appointment_over",), 503: ("unavailable",)},
    ),
    "POST /appointments/{token}/push/end": Operation(
        "Be told no more by this browser", Access.TOKEN, {200: Appointment}, takes=EndpointMessage
    ),
}
