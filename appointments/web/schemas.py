"""What comes from outside, typed: the booking form and the JSON of the API. Converted by named functions."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime, time
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, Field, StringConstraints, WithJsonSchema
from starlette.datastructures import FormData

from ...core.contact.phone_numbers import check_sms_number
from ...core.web.validation import (
    AwareTime,
    CalendarDay,
    Email,
    EmptyIsNone,
    OptionalCalendarDay,
    OptionalPhone,
    PersonName,
    Slug,
    validation_error,
)
from ...offices.service import ServiceMode
from ..actions.office_cancellation import CancellationPeriod
from ..actions.proof_of_work import MAX_PROOF_CHARS as PROOF_LENGTH
from ..actions.waitlist import WaitlistRequest
from ..domain.agenda_settings import HORIZON_DAYS, SETTING_BOUNDS
from ..domain.appointment import BookingRequest
from ..domain.contact_identifiers import parse_document
from ..domain.offer import DayPart

DEFAULT_SLOT_DAYS = 14  # contract.md: what `days` is when it is not said
MAX_NEEDS = 6
MAX_NOTE_CHARS = 200
COMMA_LIST_SCHEMA = {"type": "string", "description": "slugs, parted by commas"}  # as an address carries them
MAX_ADDITIONAL_SERVICES = SETTING_BOUNDS["most_services"][1] - 1
MAX_DOCUMENT_CHARS = 40
# What a form has one of; `needs` is a list, and a box that is not ticked is not sent.
FORM_FIELDS = ("office", "service", "mode", "starts_at", "name", "email", "phone", "needs_note", "altcha")


def _require_accepted(value: bool) -> bool:
    if not value:
        raise validation_error("must_accept")
    return value


def _normalize_document(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    return (parse_document(value) or value.strip()) if value.strip() else None


def _as_list(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


def _split_commas(value: Any) -> Any:
    return [one.strip() for one in value.split(",") if one.strip()] if isinstance(value, str) else value


def _restore_plus(value: Any) -> Any:
    """In an address that somebody wrote by hand, the plus of an offset arrives as a space."""
    return value.strip().replace(" ", "+") if isinstance(value, str) and "T" in value else value


AdditionalSlugs = Annotated[list[Slug], BeforeValidator(_split_commas), Field(max_length=MAX_ADDITIONAL_SERVICES)]
SlotTime = Annotated[AwareTime, BeforeValidator(_restore_plus)]
AcceptedTrue = Annotated[bool, AfterValidator(_require_accepted)]
DocumentNumber = Annotated[str, StringConstraints(max_length=MAX_DOCUMENT_CHARS)]
StaffReason = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=300)]
OptionalNote = Annotated[
    Annotated[str, StringConstraints(strip_whitespace=True, max_length=MAX_NOTE_CHARS)] | None, EmptyIsNone
]
OptionalSecret = Annotated[Annotated[str, StringConstraints(max_length=64)] | None, EmptyIsNone]
OptionalProof = Annotated[Annotated[str, StringConstraints(max_length=PROOF_LENGTH)] | None, EmptyIsNone]
NeedText = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=80)]


class SlotsQuery(BaseModel):
    """`GET /offices/{office}/slots`. `more`: what else is to be done in the same visit, parted by commas."""

    service: Slug
    more: Annotated[AdditionalSlugs, WithJsonSchema(COMMA_LIST_SCHEMA)] = Field(default_factory=list)
    mode: ServiceMode
    from_: date | None = Field(None, alias="from")
    days: int = Field(DEFAULT_SLOT_DAYS, ge=1, le=HORIZON_DAYS)


class BookingMessage(BaseModel):
    """`POST /appointments`, and the form of the same fields."""

    office: Slug
    service: Slug
    more_services: AdditionalSlugs = []
    mode: ServiceMode
    starts_at: SlotTime
    name: PersonName
    email: Email
    phone: OptionalPhone = None
    document: Annotated[DocumentNumber | None, BeforeValidator(_normalize_document)] = None
    language: Literal["es", "en"] | None = None
    needs: Annotated[list[NeedText], BeforeValidator(_as_list)] = Field([], max_length=MAX_NEEDS)
    needs_note: OptionalNote = None
    remind_by_sms: bool = False  # at `phone`; without one there is nobody to remind
    privacy_accepted: AcceptedTrue
    hold: OptionalSecret = None
    altcha: OptionalProof = None


class HoldMessage(BaseModel):
    """`POST /holds`."""

    office: Slug
    service: Slug
    more_services: AdditionalSlugs = []
    mode: ServiceMode
    starts_at: SlotTime
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
    more_services: AdditionalSlugs = []
    mode: ServiceMode
    starts_at: SlotTime
    name: PersonName
    email: Email
    phone: OptionalPhone = None
    document: Annotated[DocumentNumber | None, BeforeValidator(_normalize_document)] = None
    language: Literal["es", "en"] | None = None
    needs: Annotated[list[NeedText], BeforeValidator(_as_list)] = Field([], max_length=MAX_NEEDS)
    needs_note: OptionalNote = None
    remind_by_sms: bool = False
    override: Annotated[StaffReason | None, EmptyIsNone] = None


class RescheduleMessage(BaseModel):
    """`POST /appointments/{token}/reschedule`, and the form."""

    starts_at: SlotTime


class WaitingMessage(BaseModel):
    """`POST /waiting-list`, and the form. Without `office` any will do, without `mode` either.

    `more_services`: what else is to be done in the same visit.
    """

    service: Slug
    more_services: AdditionalSlugs = []
    office: Annotated[Slug | None, EmptyIsNone] = None
    mode: Annotated[ServiceMode | None, EmptyIsNone] = None
    email: Email
    language: Literal["es", "en"] | None = None
    privacy_accepted: AcceptedTrue
    altcha: OptionalProof = None


class ReasonMessage(BaseModel):
    """`POST /staff/appointments/{id}/cancel`: what the person is told."""

    reason: StaffReason


class SpanMessage(BaseModel):
    """`POST /staff/offices/{office}/appointments/cancel`: a local date of the office, and clock times of it."""

    date: CalendarDay
    from_: Annotated[time | None, EmptyIsNone] = Field(None, alias="from")
    until: Annotated[time | None, EmptyIsNone] = None
    service: Annotated[Slug | None, EmptyIsNone] = None
    mode: Annotated[ServiceMode | None, EmptyIsNone] = None
    reason: StaffReason


def period_from_message(message: SpanMessage) -> CancellationPeriod:
    """The message in the words of withdrawing.py."""
    return CancellationPeriod(message.date, message.from_, message.until, message.service, message.mode)


class EarlierMessage(BaseModel):
    """`POST /appointments/{token}/earlier`, and the form. `not_before`: a date of the office."""

    wanted: bool
    not_before: OptionalCalendarDay = None
    part: DayPart = "any"


class AnswerMessage(BaseModel):
    """To an offer, by its `id`."""

    offer: Annotated[str, StringConstraints(min_length=1, max_length=26)]


class SlotTimeQuery(BaseModel):
    """One time in an address."""

    starts_at: SlotTime


def booking_form_values(form: FormData) -> dict[str, Any]:
    """A sent form as BookingMessage reads it; also what is shown again when something is missing."""
    values: dict[str, Any] = {name: str(form.get(name) or "") for name in FORM_FIELDS}
    values["more_services"] = [str(slug) for slug in form.getlist("more")]
    values["needs"] = [str(need) for need in form.getlist("needs")]
    values["remind_by_sms"] = form.get("remind_by_sms") is not None
    values["privacy_accepted"] = form.get("privacy_accepted") is not None
    return values


def check_sms_reminders(message: BookingMessage | InsideMessage, countries: Collection[str]) -> None:
    """Whoever wants reminders by SMS has a number that gets them. Raises Unavailable, Invalid."""
    if message.remind_by_sms:
        check_sms_number(message.phone, countries)


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


def parse_slot_time(text: str) -> datetime | None:
    """A time from an address, or None when it is none."""
    try:
        return SlotTimeQuery.model_validate({"starts_at": text}).starts_at
    except ValueError:
        return None


def waitlist_request(message: WaitingMessage, language: str) -> WaitlistRequest:
    """The same for the waiting list."""
    return WaitlistRequest(
        message.service,
        message.office,
        message.mode,
        message.email,
        message.language or language,
        tuple(message.more_services),
    )
