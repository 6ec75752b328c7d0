"""Validated input: JSON bodies of the API and forms of the pages. No SQL."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    AliasChoices,
    BaseModel,
    BeforeValidator,
    Field,
    StringConstraints,
    TypeAdapter,
    model_validator,
)

from ...appointments.service import MAX_NOTE_CHARACTERS, ChannelNames, OptionalProof
from ...core.contact.channel_offers import ChannelOffer
from ...core.contact.chosen_channels import OLD_CHANNEL, ChosenChannel
from ...core.web.validation import (
    EmptyIsNone,
    LanguageCode,
    OptionalEmail,
    OptionalPhone,
    Phone,
    Slug,
    validation_error,
)
from ..actions.ticket_request import AppointmentByLocator, TicketRequest
from ..domain.desk_activity import MAX_PAUSE
from ..domain.pause_reasons import PauseReason
from ..domain.ticket import TicketPriority

ShortText = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=120)]
MAX_NAME_CHARS = 120
TicketName = Annotated[str, StringConstraints(strip_whitespace=True, max_length=MAX_NAME_CHARS)]
MAX_HOLD_MINUTES = 120  # a person who is away for longer takes another ticket
MAX_REASON_CHARS = 300  # fits on the page of a phone without scrolling
ReasonText = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=MAX_REASON_CHARS)]
ChoiceKey = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=40)]
OptionalReasonText = Annotated[ReasonText | None, EmptyIsNone]


def _keep_object(value: object) -> object:
    return value if isinstance(value, dict) else None


def _drop_object(value: object) -> object:
    return None if isinstance(value, dict) else value


def _require_choice(value: str) -> str:
    if not value:
        raise validation_error("not_a_choice")
    return value


class LocatorMessage(BaseModel, defer_build=True):
    """An appointment by its locator and one contact or document number of its owner."""

    locator: ShortText
    email: ShortText | None = None
    phone: ShortText | None = None
    document: ShortText | None = None

    @model_validator(mode="after")
    def _has_contact(self) -> LocatorMessage:
        if not (self.email or self.phone or self.document):
            raise validation_error("required")
        return self


_APPOINTMENT_ALIAS = AliasChoices("appointment")


def _allow_text_schema(schema: dict[str, Any]) -> None:
    """Publish both shapes of the field in one schema: a token or an object."""
    schema["anyOf"].insert(0, TypeAdapter(str).json_schema())


class StandbyMessage(BaseModel, defer_build=True):
    """`POST /offices/{office}/standby`: the request of a person without an appointment."""

    service: Annotated[Slug | None, EmptyIsNone] = None
    language: LanguageCode | None = None
    phone: OptionalPhone = None
    email: OptionalEmail = None
    name: Annotated[TicketName | None, EmptyIsNone] = None
    preferential_requested: bool = False
    sms: bool = False  # of older versions: `sms` in `channels`
    channels: ChannelNames = []  # send the notifications of the ticket there, to `phone`
    altcha: OptionalProof = None  # needed beyond a few open turns of an address


class TicketMessage(StandbyMessage):
    # Two fields read the two shapes of `appointment`, so that an error names the field as the caller wrote it.
    token: Annotated[ShortText | None, BeforeValidator(_drop_object)] = Field(
        None, validation_alias=_APPOINTMENT_ALIAS
    )
    named: Annotated[LocatorMessage | None, BeforeValidator(_keep_object)] = Field(
        None, validation_alias=_APPOINTMENT_ALIAS, json_schema_extra=_allow_text_schema
    )


class RecoverForm(BaseModel, defer_build=True):
    """The form for a lost link: the code of a ticket, and its contact."""

    code: Annotated[ShortText, StringConstraints(max_length=12)]
    contact: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=254)]


class RecoverMessage(RecoverForm):
    office: Slug


class PhoneMessage(BaseModel, defer_build=True):
    """`POST /tickets/{token}/channels/{channel}`, and the form of the ticket page."""

    phone: Phone


# A note of staff about a visit, which only colleagues read.
OptionalNote = Annotated[
    Annotated[str, StringConstraints(strip_whitespace=True, max_length=MAX_NOTE_CHARACTERS)] | None, EmptyIsNone
]


class FinishMessage(BaseModel, defer_build=True):
    outcome: Annotated[Annotated[str, Field(max_length=64)] | None, EmptyIsNone] = None
    note: OptionalNote = None


class HoldTicketMessage(BaseModel, defer_build=True):
    minutes: Annotated[int | None, Field(ge=1, le=MAX_HOLD_MINUTES)] = None
    note: OptionalNote = None


class DeskPauseMessage(BaseModel, defer_build=True):
    """`POST /desks/{desk}/pause`: a key of the office's list `desk_pauses`, and for how long."""

    reason: ChoiceKey
    minutes: Annotated[int, Field(ge=1, le=int(MAX_PAUSE.total_seconds()) // 60)]


class TransferMessage(BaseModel, defer_build=True):
    """`POST /staff/tickets/{id}/transfer`: a service's slug, a desk's id, or both."""

    service: Annotated[Slug | None, EmptyIsNone] = None
    desk: Annotated[ShortText | None, EmptyIsNone] = None
    note: OptionalNote = None


class EmptyMessage(BaseModel, defer_build=True):
    """A call without a body, or with an empty object."""


class ResumeMessage(BaseModel, defer_build=True):
    """`POST /staff/offices/{office}/resume`: a message for the record."""

    message: OptionalReasonText = None


class PauseMessage(ResumeMessage):
    """`POST /staff/offices/{office}/pause`: the message on phones and displays.

    The text of `reason` is shown in the language of each phone; `message` stands after it, as written. `reason` is
    one that every office has, or a key of the office's list.
    """

    reason: Annotated[PauseReason | ChoiceKey | None, EmptyIsNone] = None


class StopMessage(BaseModel, defer_build=True):
    """`POST /staff/lines/{id}/stop` and `…/open`.

    `choice` is a key of the office's list, whose text is shown in each language; `reason` stands after it, as
    written.
    """

    choice: Annotated[ChoiceKey | None, EmptyIsNone] = None
    reason: OptionalReasonText = None


class PriorityMessage(BaseModel, defer_build=True):
    priority: TicketPriority = Field(alias="class")


class OrderMessage(BaseModel, defer_build=True):
    """`POST /staff/tickets/{id}/order`: the reason to call this person first."""

    reason: ReasonText


class GiveMessage(TicketMessage):
    """`POST /staff/offices/{office}/tickets`: a ticket request with the decisions of a host."""

    override: OptionalReasonText = None
    preferential: bool = False


class WalkInForm(BaseModel, defer_build=True):
    """The form for people without an appointment."""

    service: Annotated[str, AfterValidator(_require_choice)]
    email: OptionalEmail = None
    preferential_requested: Annotated[bool, BeforeValidator(bool)] = (
        False  # a browser sends a ticked box with any value
    )


class AppointmentForm(BaseModel, defer_build=True):
    """The form for people with an appointment: its locator, and an e-mail address or phone."""

    locator: ShortText
    contact: ShortText


def wanted_channels(message: StandbyMessage) -> tuple[ChosenChannel, ...]:
    """Return the channels of a request; none without a telephone number."""
    names = dict.fromkeys([*([OLD_CHANNEL] if message.sms else []), *message.channels])
    return tuple(ChosenChannel(name, message.phone) for name in names) if message.phone else ()


def to_ticket_request(
    message: StandbyMessage,
    *,
    language: str,
    device: str | None,
    address: str,
    request_key: str | None,
    exempt: bool,
    offers: tuple[ChannelOffer, ...],
) -> TicketRequest:
    """Convert a validated message to the request of the use case."""
    return TicketRequest(
        service=message.service,
        appointment=_appointment_reference(message, address) if isinstance(message, TicketMessage) else None,
        language=message.language or language,
        phone=message.phone,
        email=message.email,
        name=message.name,
        preferential_requested=message.preferential_requested,
        device=device,
        request_key=request_key,
        exempt=exempt,
        channels=wanted_channels(message),
        offers=offers,
    )


def _appointment_reference(message: TicketMessage, address: str) -> str | AppointmentByLocator | None:
    if message.named is None:
        return message.token
    contact = message.named.email or message.named.phone or message.named.document or ""
    return AppointmentByLocator(message.named.locator, contact, address)
