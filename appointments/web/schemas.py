"""Forms and JSON bodies of appointments and their requester, converted for the use cases."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import replace
from datetime import date, datetime, time
from typing import Annotated, Any, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    Field,
    StringConstraints,
    ValidationInfo,
    WithJsonSchema,
)
from starlette.datastructures import FormData
from starlette.requests import HTTPConnection

from ...core.contact.channel_offers import REMIND_FIELD, ChannelOffer, check_channel_number
from ...core.contact.chosen_channels import OLD_CHANNEL, ChosenChannel
from ...core.errors import FieldError, Invalid
from ...core.web import authentication, requests
from ...core.web.validation import (
    AwareTime,
    CalendarDay,
    Email,
    EmptyIsNone,
    LanguageCode,
    OptionalCalendarDay,
    OptionalEmail,
    OptionalPhone,
    PersonName,
    Phone,
    Slug,
    parse_model,
    parse_phone,
    validation_error,
)
from ...offices.service import ServiceMode
from ..actions.office_cancellation import CancellationPeriod
from ..actions.public_limits import MAX_PROOF_CHARS, verify_proof
from ..actions.waitlist import WaitlistRequest
from ..domain.agenda_settings import HORIZON_DAYS, MAX_SERVICES
from ..domain.appointment import Appointment, BookingRequest
from ..domain.booking_details import BOOKING_DETAILS, MAX_DETAIL_CHARACTERS
from ..domain.contact_identifiers import parse_document
from ..domain.offer import DayPart, EarlierSlotRequest
from ..domain.requester import UNLIMITED_REQUESTER, BookingLimits, Requester
from ..domain.visit_note import MAX_NOTE_CHARACTERS

ResultT = TypeVar("ResultT")

DEFAULT_SLOT_DAYS = 14  # the default of `days` (docs/api.md#free-times)
MAX_NEEDS = 6
MAX_NOTE_CHARS = 200
COMMA_LIST_SCHEMA = {"type": "string", "description": "slugs, parted by commas"}  # as an address carries them
MAX_ADDITIONAL_SERVICES = MAX_SERVICES - 1
MAX_DOCUMENT_CHARS = 40
# Fields with one value; `needs` is a list, and a browser does not send a box that is not ticked.
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
    return [slug.strip() for slug in value.split(",") if slug.strip()] if isinstance(value, str) else value


def _restore_plus(value: Any) -> Any:
    """Restore the plus of an offset, which arrives as a space if an address was not encoded."""
    return value.strip().replace(" ", "+") if isinstance(value, str) and "T" in value else value


AdditionalSlugs = Annotated[list[Slug], BeforeValidator(_split_commas), Field(max_length=MAX_ADDITIONAL_SERVICES)]
ChannelNames = Annotated[list[Annotated[str, StringConstraints(max_length=16)]], Field(max_length=8)]
SlotTime = Annotated[AwareTime, BeforeValidator(_restore_plus)]
AcceptedTrue = Annotated[bool, AfterValidator(_require_accepted)]
DocumentNumber = Annotated[str, StringConstraints(max_length=MAX_DOCUMENT_CHARS)]
StaffReason = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=300)]
OptionalNote = Annotated[
    Annotated[str, StringConstraints(strip_whitespace=True, max_length=MAX_NOTE_CHARS)] | None, EmptyIsNone
]
OptionalSecret = Annotated[Annotated[str, StringConstraints(max_length=64)] | None, EmptyIsNone]
OptionalProof = Annotated[Annotated[str, StringConstraints(max_length=MAX_PROOF_CHARS)] | None, EmptyIsNone]
DetailText = Annotated[str, StringConstraints(strip_whitespace=True, max_length=MAX_DETAIL_CHARACTERS)]
NeedText = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=80)]


def _require_phone_to_call(phone: str | None, fields: ValidationInfo) -> str | None:
    """Require the number that an agent calls; `mode` stands before it in the model."""
    if phone is None and fields.data.get("mode") == "phone":
        raise validation_error("required")
    return phone


def _require_known_details(details: dict[str, str]) -> dict[str, str]:
    if details.keys() - {detail.key for detail in BOOKING_DETAILS}:
        raise validation_error("unknown_field")
    return details


Details = Annotated[
    dict[str, DetailText],
    AfterValidator(_require_known_details),
    WithJsonSchema(
        {
            "type": "object",
            "properties": {
                detail.key: {"type": "string", "maxLength": MAX_DETAIL_CHARACTERS} for detail in BOOKING_DETAILS
            },
            "additionalProperties": False,
        }
    ),
]
PhoneOfMode = Annotated[OptionalPhone, AfterValidator(_require_phone_to_call), Field(validate_default=True)]


class SlotsQuery(BaseModel, defer_build=True):
    """`GET /offices/{office}/slots`. `more`: additional services of the visit, with commas."""

    service: Slug
    more: Annotated[AdditionalSlugs, WithJsonSchema(COMMA_LIST_SCHEMA)] = Field(default_factory=list)
    mode: ServiceMode
    from_: date | None = Field(None, alias="from")
    days: int = Field(DEFAULT_SLOT_DAYS, ge=1, le=HORIZON_DAYS)


class OfficeMessage(BaseModel, defer_build=True):
    """A body that names the office."""

    office: Slug


class SlotMessage(BaseModel, defer_build=True):
    """A body that names a visit and its start."""

    service: Slug
    more_services: AdditionalSlugs = []
    mode: ServiceMode
    starts_at: SlotTime


# Fields have the order of the bases from right to left, so that errors stand in the order of the form.
class HoldMessage(SlotMessage, OfficeMessage, defer_build=True):
    """`POST /holds`."""

    altcha: OptionalProof = None


class VisitMessage(SlotMessage, defer_build=True):
    """A body that books a visit for a citizen."""

    name: PersonName
    email: OptionalEmail = None  # without it the citizen gets an SMS, or a paper slip
    phone: PhoneOfMode = None
    document: Annotated[DocumentNumber | None, BeforeValidator(_normalize_document)] = None
    language: LanguageCode | None = None
    needs: Annotated[list[NeedText], BeforeValidator(_as_list)] = Field([], max_length=MAX_NEEDS)
    needs_note: OptionalNote = None
    details: Details = {}
    # clients of older versions send this in place of `sms` in `channels`; ignored without `phone`
    remind_by_sms: bool = False
    # reminders go there too, to `phone`; without an e-mail all messages do
    channels: ChannelNames = []


class BookingMessage(VisitMessage, OfficeMessage, defer_build=True):
    """`POST /appointments`, and the booking form."""

    email: Email
    privacy_accepted: AcceptedTrue
    hold: OptionalSecret = None
    altcha: OptionalProof = None


class InsideMessage(VisitMessage, defer_build=True):
    """`POST /staff/offices/{office}/appointments`: the host explains the use of data."""

    override: Annotated[StaffReason | None, EmptyIsNone] = None


class VerifyMessage(BaseModel, defer_build=True):
    """`POST /appointments/{token}/verify`: the secret of the link in the e-mail."""

    secret: Annotated[str, StringConstraints(min_length=1, max_length=64)]


class EmailMessage(BaseModel, defer_build=True):
    """The form that corrects the e-mail address."""

    email: Email


class NumberToCallMessage(BaseModel, defer_build=True):
    """`POST /appointments/{token}/phone`, and its form: the number that the agent calls."""

    phone: Phone


class FinishCallMessage(BaseModel, defer_build=True):
    """`POST /staff/appointments/{id}/call/finish`, and its form; the note is for colleagues."""

    outcome: Annotated[Annotated[str, StringConstraints(max_length=64)] | None, EmptyIsNone] = None
    note: Annotated[
        Annotated[str, StringConstraints(strip_whitespace=True, max_length=MAX_NOTE_CHARACTERS)] | None,
        EmptyIsNone,
    ] = None


class RescheduleMessage(BaseModel, defer_build=True):
    """`POST /appointments/{token}/reschedule`, and its form."""

    starts_at: SlotTime


class WaitingMessage(BaseModel, defer_build=True):
    """`POST /waiting-list`, and its form.

    Without `office` or `mode` any office or mode counts.
    `more_services`: additional services of the same visit.
    """

    service: Slug
    more_services: AdditionalSlugs = []
    office: Annotated[Slug | None, EmptyIsNone] = None
    mode: Annotated[ServiceMode | None, EmptyIsNone] = None
    email: Email
    language: LanguageCode | None = None
    privacy_accepted: AcceptedTrue
    altcha: OptionalProof = None


class ReasonMessage(BaseModel, defer_build=True):
    """`POST /staff/appointments/{id}/cancel`: the reason that the citizen reads."""

    reason: StaffReason


class SpanMessage(BaseModel, defer_build=True):
    """`POST /staff/offices/{office}/appointments/cancel`: local date and times of the office."""

    date: CalendarDay
    from_: Annotated[time | None, EmptyIsNone] = Field(None, alias="from")
    until: Annotated[time | None, EmptyIsNone] = None
    service: Annotated[Slug | None, EmptyIsNone] = None
    mode: Annotated[ServiceMode | None, EmptyIsNone] = None
    reason: StaffReason


def period_from_message(message: SpanMessage) -> CancellationPeriod:
    """Convert the message into the period of the use case."""
    return CancellationPeriod(message.date, message.from_, message.until, message.service, message.mode)


class EarlierMessage(BaseModel, defer_build=True):
    """`POST /appointments/{token}/earlier`, and its form. `not_before`: a local date."""

    wanted: bool
    not_before: OptionalCalendarDay = None
    part: DayPart = "any"


def earlier_slot_request(message: EarlierMessage) -> EarlierSlotRequest:
    """Convert the message into the request of the use case."""
    return EarlierSlotRequest(message.not_before, message.part)


class AnswerMessage(BaseModel, defer_build=True):
    """An answer to the offer with this `id`."""

    offer: Annotated[str, StringConstraints(min_length=1, max_length=26)]


class SlotTimeQuery(BaseModel, defer_build=True):
    """A time of an address."""

    starts_at: SlotTime


def booking_form_values(form: FormData) -> dict[str, Any]:
    """Convert a sent form into values of BookingMessage, also to show the form again."""
    values: dict[str, Any] = {name: str(form.get(name) or "") for name in FORM_FIELDS}
    values["more_services"] = [str(slug) for slug in form.getlist("more")]
    values["needs"] = list(dict.fromkeys(str(need) for need in form.getlist("needs")))
    values["details"] = detail_values(form)
    values["channels"] = [name.removeprefix(REMIND_FIELD) for name in form if name.startswith(REMIND_FIELD)]
    values["privacy_accepted"] = form.get("privacy_accepted") is not None
    return values


def detail_values(form: FormData) -> dict[str, str]:
    """Read the details of a booking form by key."""
    return {detail.key: str(form.get(f"details.{detail.key}") or "").strip() for detail in BOOKING_DETAILS}


def phone_field(typed: str) -> dict[str, str]:
    """Build the values of a form with a number; an empty field counts as missing."""
    return {"phone": typed} if typed.strip() else {}


def check_channels(message: VisitMessage, offers: Collection[ChannelOffer]) -> None:
    """Check that the wanted channels reach the phone number. Raises Unavailable, Invalid."""
    for channel in _wanted_channels(message):
        check_channel_number(offers, channel, message.phone)


def check_number_of_channels(appointment: Appointment, phone: str, offers: Collection[ChannelOffer]) -> None:
    """Check that the channels that an appointment has by its number reach the new number.

    Raises Unavailable, Invalid.
    """
    for chosen in appointment.channels:
        if chosen.is_number:
            check_channel_number(offers, chosen.channel, phone)


def _wanted_channels(message: VisitMessage) -> list[str]:
    return list(dict.fromkeys([*([OLD_CHANNEL] if message.remind_by_sms else []), *message.channels]))


def parse_booking_form(typed: Mapping[str, Any], offers: Collection[ChannelOffer]) -> BookingMessage:
    """Parse the booking form.

    Raises Invalid with all errors, those of the wanted channels included.
    """
    try:
        message = parse_model(BookingMessage, typed)
    except Invalid as invalid:
        raise Invalid(*invalid.fields, *_channel_errors(typed, invalid, offers)) from None
    check_channels(message, offers)
    return message


def _channel_errors(
    typed: Mapping[str, Any], invalid: Invalid, offers: Collection[ChannelOffer]
) -> list[FieldError]:
    """Return why a wanted channel does not reach the number, unless the number is wrong."""
    if not offers or any(error.field == "phone" for error in invalid.fields):
        return []
    try:
        for channel in typed["channels"]:
            check_channel_number(offers, channel, parse_phone(typed["phone"]))
    except Invalid as refused:
        return list(refused.fields)
    return []


def booking_request(message: VisitMessage, language: str) -> BookingRequest:
    """Convert the message into a booking request.

    `language` applies unless the message names a language.
    """
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
        details={key: text for key, text in message.details.items() if text},
        channels=tuple(ChosenChannel(channel, message.phone) for channel in _wanted_channels(message))
        if message.phone is not None
        else (),
        override=message.override if isinstance(message, InsideMessage) else None,
    )


def parse_slot_time(text: str) -> datetime | None:
    """Parse a time of an address; None if it is invalid."""
    try:
        return SlotTimeQuery.model_validate({"starts_at": text}).starts_at
    except ValueError:
        return None


def waitlist_request(message: WaitingMessage, language: str) -> WaitlistRequest:
    """Convert the message into a waitlist request; `language` as for a booking."""
    return WaitlistRequest(
        message.service,
        message.office,
        message.mode,
        message.email,
        message.language or language,
        tuple(message.more_services),
    )


# The requester


async def build_requester(
    request: HTTPConnection, altcha: str | None = None, *, office: str | None = None, program: bool = False
) -> Requester:
    """Build the requester; staff and integrations have no limits in their offices.

    `altcha`: the proof of work as it was sent. `office`: the slug of the requested office; None for any office,
    where only a caller for all offices is exempt. `program`: the request came over the API.
    Raises Invalid("altcha": proof_invalid | proof_expired).
    """
    runtime, device = requests.current_runtime(request), requests.current_device(request)
    known = Requester(
        device=runtime.tokens.sign("device", device) if device else None,
        address=runtime.tokens.sign("address", requests.client_address(request)),
    )
    caller = await authentication.current_principal(request)
    if caller is not None and (caller.offices is None or office in caller.offices):
        # staff keep their device: it names the holder of a slot that they choose on the public pages
        return replace(UNLIMITED_REQUESTER, device=known.device)
    proof = verify_proof(runtime.tokens, altcha, runtime.now()) if altcha else None
    return replace(known, limits=booking_limits(request), proof=proof, program=program)


async def run_with_optional_proof(
    request: HTTPConnection,
    altcha: str | None,
    office: str | None,
    use_case: Callable[[Requester], Awaitable[ResultT]],
) -> ResultT:
    """Run a use case with the proof of a form, and without it if the proof is not accepted.

    Without a proof the citizen verifies the e-mail instead, so that a form never fails because of its proof.
    """
    try:
        return await use_case(await build_requester(request, altcha, office=office))
    except Invalid as invalid:
        if not any(error.field == "altcha" for error in invalid.fields):
            raise
    return await use_case(await build_requester(request, office=office))


def booking_limits(request: HTTPConnection) -> BookingLimits:
    """Return the installation's limits for the public, as they are at the caller's address."""
    limits: BookingLimits = request.state.booking_limits
    return limits.at(requests.client_ip(request))
