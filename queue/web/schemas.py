"""What comes from outside, typed: the JSON of the API and the forms of the pages. Converted by named functions."""

from __future__ import annotations

from typing import Annotated, Any, Literal

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

from ...core.web.validation import EmptyIsNone, OptionalEmail, OptionalPhone, Phone, Slug, validation_error
from ..actions.ticket_request import AppointmentByLocator, TicketRequest

LanguageCode = Literal["es", "en"]
ShortText = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=120)]
MAX_NAME_CHARS = 120
TicketName = Annotated[str, StringConstraints(strip_whitespace=True, max_length=MAX_NAME_CHARS)]
MAX_HOLD_MINUTES = 120  # longer than that is another visit


def _keep_object(value: object) -> object:
    return value if isinstance(value, dict) else None


def _drop_object(value: object) -> object:
    return None if isinstance(value, dict) else value


def _require_choice(value: str) -> str:
    if not value:
        raise validation_error("not_a_choice")
    return value


class LocatorMessage(BaseModel):
    """An appointment by its locator and one thing that only its owner knows."""

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
    """The published schema knows a field once: a token or an object."""
    schema["anyOf"].insert(0, TypeAdapter(str).json_schema())


class StandbyMessage(BaseModel):
    """`POST /offices/{office}/standby`: what anybody says who comes without an appointment."""

    service: Annotated[Slug | None, EmptyIsNone] = None
    language: LanguageCode | None = None
    phone: OptionalPhone = None
    email: OptionalEmail = None
    name: Annotated[TicketName | None, EmptyIsNone] = None
    preferential_requested: bool = False
    sms: bool = False  # whoever has the number wants to be told of the turn by SMS


class TicketMessage(StandbyMessage):
    """`POST /offices/{office}/tickets`."""

    # One field of the contract, read in its two shapes: what is wrong is then named as the caller wrote it.
    token: Annotated[ShortText | None, BeforeValidator(_drop_object)] = Field(
        None, validation_alias=_APPOINTMENT_ALIAS
    )
    named: Annotated[LocatorMessage | None, BeforeValidator(_keep_object)] = Field(
        None, validation_alias=_APPOINTMENT_ALIAS, json_schema_extra=_allow_text_schema
    )


class RecoverForm(BaseModel):
    """The form of whoever lost the link: a turn's code, and the contact that it was taken with."""

    code: Annotated[ShortText, StringConstraints(max_length=12)]
    contact: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=254)]


class RecoverMessage(RecoverForm):
    """`POST /tickets/recover`."""

    office: Slug


class PhoneMessage(BaseModel):
    """`POST /tickets/{token}/sms`, and the form of the ticket's page."""

    phone: Phone


class FinishMessage(BaseModel):
    """`POST /staff/tickets/{id}/finish`."""

    outcome: Annotated[Annotated[str, Field(max_length=64)] | None, EmptyIsNone] = None
    note: Annotated[Annotated[str, Field(max_length=2000)] | None, EmptyIsNone] = None


class HoldTicketMessage(BaseModel):
    """`POST /staff/tickets/{id}/hold`."""

    minutes: Annotated[int | None, Field(ge=1, le=MAX_HOLD_MINUTES)] = None


class TransferMessage(BaseModel):
    """`POST /staff/tickets/{id}/transfer`: a service's slug, a desk's id, or both."""

    service: Annotated[Slug | None, EmptyIsNone] = None
    desk: Annotated[ShortText | None, EmptyIsNone] = None


class EmptyMessage(BaseModel):
    """A call without a body; whatever is sent is not looked at."""


class WalkInForm(BaseModel):
    """The form of those without an appointment."""

    service: Annotated[str, AfterValidator(_require_choice)]
    email: OptionalEmail = None
    preferential_requested: Annotated[bool, BeforeValidator(bool)] = False  # a box that is ticked is not empty


class AppointmentForm(BaseModel):
    """The form of those with one: what the e-mail says, and the contact it was sent to."""

    locator: ShortText
    contact: ShortText


def to_ticket_request(
    message: StandbyMessage,
    *,
    language: str,
    device: str | None,
    address: str,
    request_key: str | None,
    exempt: bool,
) -> TicketRequest:
    """The message in the words of the use case."""
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
        sms=message.sms,
    )


def _appointment_reference(message: TicketMessage, address: str) -> str | AppointmentByLocator | None:
    if message.named is None:
        return message.token
    contact = message.named.email or message.named.phone or message.named.document or ""
    return AppointmentByLocator(message.named.locator, contact, address)
