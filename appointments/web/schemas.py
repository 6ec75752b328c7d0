"""What comes from outside, typed: the booking form and the JSON of the API. Converted by named functions."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime, time
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, Field, StringConstraints, WithJsonSchema
from starlette.datastructures import FormData

from ...core.contact.phone_numbers import check_number
from ...core.web.validation import (
    AwareTime,
    Day,
    Email,
    EmptyIsNone,
    OptionalDay,
    OptionalPhone,
    PersonName,
    Slug,
    problem,
)
from ..actions.office_cancellation import Span
from ..actions.proof_of_work import LENGTH as PROOF_LENGTH
from ..actions.waitlist import WaitingRequest
from ..domain.agenda_settings import BOUNDS, HORIZON_DAYS
from ..domain.appointment import BookingRequest, Mode
from ..domain.contact_identifiers import document_of
from ..domain.offer import Part

SLOT_DAYS = 14  # contract.md: what `days` is when it is not said
NEEDS_AT_MOST = 6
NOTE_LENGTH = 200
BY_COMMAS = {"type": "string", "description": "slugs, parted by commas"}  # as an address carries them
MORE_AT_MOST = BOUNDS["most_services"][1] - 1
DOCUMENT_LENGTH = 40
# What a form has one of; `needs` is a list, and a box that is not ticked is not sent.
FORM_FIELDS = ("office", "service", "mode", "starts_at", "name", "email", "phone", "needs_note", "altcha")


def _accepted(value: bool) -> bool:
    if not value:
        raise problem("must_accept")
    return value


def _document(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    return (document_of(value) or value.strip()) if value.strip() else None


def _as_list(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


def _by_commas(value: Any) -> Any:
    return [one.strip() for one in value.split(",") if one.strip()] if isinstance(value, str) else value


def _space_is_plus(value: Any) -> Any:
    """In an address that somebody wrote by hand, the plus of an offset arrives as a space."""
    return value.strip().replace(" ", "+") if isinstance(value, str) and "T" in value else value


MoreSlugs = Annotated[list[Slug], BeforeValidator(_by_commas), Field(max_length=MORE_AT_MOST)]
Time = Annotated[AwareTime, BeforeValidator(_space_is_plus)]
Accepted = Annotated[bool, AfterValidator(_accepted)]
Document = Annotated[str, StringConstraints(max_length=DOCUMENT_LENGTH)]
Reason = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=300)]
OptionalNote = Annotated[
    Annotated[str, StringConstraints(strip_whitespace=True, max_length=NOTE_LENGTH)] | None, EmptyIsNone
]
OptionalSecret = Annotated[Annotated[str, StringConstraints(max_length=64)] | None, EmptyIsNone]
OptionalProof = Annotated[Annotated[str, StringConstraints(max_length=PROOF_LENGTH)] | None, EmptyIsNone]
Need = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=80)]


class SlotsQuery(BaseModel):
    """`GET /offices/{office}/slots`. `more`: what else is to be done in the same visit, parted by commas."""

    service: Slug
    more: Annotated[MoreSlugs, WithJsonSchema(BY_COMMAS)] = Field(default_factory=list)
    mode: Mode
    from_: date | None = Field(None, alias="from")
    days: int = Field(SLOT_DAYS, ge=1, le=HORIZON_DAYS)


class BookingMessage(BaseModel):
    """`POST /appointments`, and the form of the same fields."""

    office: Slug
    service: Slug
    more_services: MoreSlugs = []
    mode: Mode
    starts_at: Time
    name: PersonName
    email: Email
    phone: OptionalPhone = None
    document: Annotated[Document | None, BeforeValidator(_document)] = None
    language: Literal["es", "en"] | None = None
    needs: Annotated[list[Need], BeforeValidator(_as_list)] = Field([], max_length=NEEDS_AT_MOST)
    needs_note: OptionalNote = None
    remind_by_sms: bool = False  # at `phone`; without one there is nobody to remind
    privacy_accepted: Accepted
    hold: OptionalSecret = None
    altcha: OptionalProof = None


class HoldMessage(BaseModel):
    """`POST /holds`."""

    office: Slug
    service: Slug
    more_services: MoreSlugs = []
    mode: Mode
    starts_at: Time
    altcha: OptionalProof = None


class VerifyMessage(BaseModel):
    """`POST /appointments/{token}/verify`: the secret of the e-mail's link, which only its mailbox has."""

    secret: Annotated[str, StringConstraints(min_length=1, max_length=64)]


class EmailMessage(BaseModel):
    """The form that corrects an address."""

    email: Email


class InsideMessage(BaseModel):
    """`POST /staff/offices/{office}/appointments`: whoever sits before the host has been told of their data."""

    service: Slug
    more_services: MoreSlugs = []
    mode: Mode
    starts_at: Time
    name: PersonName
    email: Email
    phone: OptionalPhone = None
    document: Annotated[Document | None, BeforeValidator(_document)] = None
    language: Literal["es", "en"] | None = None
    needs: Annotated[list[Need], BeforeValidator(_as_list)] = Field([], max_length=NEEDS_AT_MOST)
    needs_note: OptionalNote = None
    remind_by_sms: bool = False
    override: Annotated[Reason | None, EmptyIsNone] = None


class RescheduleMessage(BaseModel):
    """`POST /appointments/{token}/reschedule`, and the form."""

    starts_at: Time


class WaitingMessage(BaseModel):
    """`POST /waiting-list`, and the form. Without `office` any will do, without `mode` either.

    `more_services`: what else is to be done in the same visit.
    """

    service: Slug
    more_services: MoreSlugs = []
    office: Annotated[Slug | None, EmptyIsNone] = None
    mode: Annotated[Mode | None, EmptyIsNone] = None
    email: Email
    language: Literal["es", "en"] | None = None
    privacy_accepted: Accepted
    altcha: OptionalProof = None


class ReasonMessage(BaseModel):
    """`POST /staff/appointments/{id}/cancel`: what the person is told."""

    reason: Reason


class SpanMessage(BaseModel):
    """`POST /staff/offices/{office}/appointments/cancel`: a local date of the office, and clock times of it."""

    date: Day
    from_: Annotated[time | None, EmptyIsNone] = Field(None, alias="from")
    until: Annotated[time | None, EmptyIsNone] = None
    service: Annotated[Slug | None, EmptyIsNone] = None
    mode: Annotated[Mode | None, EmptyIsNone] = None
    reason: Reason


def span_of(message: SpanMessage) -> Span:
    """The message in the words of withdrawing.py."""
    return Span(message.date, message.from_, message.until, message.service, message.mode)


class EarlierMessage(BaseModel):
    """`POST /appointments/{token}/earlier`, and the form. `not_before`: a date of the office."""

    wanted: bool
    not_before: OptionalDay = None
    part: Part = "any"


class AnswerMessage(BaseModel):
    """To an offer, by its `id`."""

    offer: Annotated[str, StringConstraints(min_length=1, max_length=26)]


class TimeText(BaseModel):
    """One time in an address."""

    starts_at: Time


def form_values(form: FormData) -> dict[str, Any]:
    """A sent form as BookingMessage reads it; also what is shown again when something is missing."""
    values: dict[str, Any] = {name: str(form.get(name) or "") for name in FORM_FIELDS}
    values["more_services"] = [str(slug) for slug in form.getlist("more")]
    values["needs"] = [str(need) for need in form.getlist("needs")]
    values["remind_by_sms"] = form.get("remind_by_sms") is not None
    values["privacy_accepted"] = form.get("privacy_accepted") is not None
    return values


def check_reminders(message: BookingMessage | InsideMessage, countries: Collection[str]) -> None:
    """Whoever wants reminders by SMS has a number that gets them. Raises Unavailable, Invalid."""
    if message.remind_by_sms:
        check_number(message.phone, countries)


def booking_request(message: BookingMessage | InsideMessage, language: str) -> BookingRequest:
    """The request in the words of the rules; `language` is the reader's, unless the message says another."""
    return BookingRequest(
        service=message.service,
        more_services=tuple(message.more_services),
        mode=message.mode,
        starts_at=message.starts_at,
        name=message.name,
        email=message.email,
        phone=message.phone,
        document=message.document,
        language=message.language or language,
        needs=tuple(message.needs),
        needs_note=message.needs_note,
        remind_by_sms=message.remind_by_sms and message.phone is not None,
        override=message.override if isinstance(message, InsideMessage) else None,
    )


def moment(text: str) -> datetime | None:
    """A time from an address, or None when it is none."""
    try:
        return TimeText.model_validate({"starts_at": text}).starts_at
    except ValueError:
        return None


def waiting_request(message: WaitingMessage, language: str) -> WaitingRequest:
    """The same for the waiting list."""
    return WaitingRequest(
        message.service,
        message.office,
        message.mode,
        message.email,
        message.language or language,
        tuple(message.more_services),
    )
