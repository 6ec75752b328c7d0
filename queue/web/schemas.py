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

from ...core.web.validation import EmptyIsNone, OptionalEmail, OptionalPhone, Phone, Slug, problem
from ..actions.ticket_request import ByLocator, TicketRequest

Language = Literal["es", "en"]
Word = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=120)]
NAME_LENGTH = 120
Name = Annotated[str, StringConstraints(strip_whitespace=True, max_length=NAME_LENGTH)]
HOLD_MINUTES = 120  # longer than that is another visit


def _only_object(value: object) -> object:
    return value if isinstance(value, dict) else None


def _unless_object(value: object) -> object:
    return None if isinstance(value, dict) else value


def _chosen(value: str) -> str:
    if not value:
        raise problem("not_a_choice")
    return value


class LocatorMessage(BaseModel):
    """An appointment by its locator and one thing that only its owner knows."""

    locator: Word
    email: Word | None = None
    phone: Word | None = None
    document: Word | None = None

    @model_validator(mode="after")
    def _has_contact(self) -> LocatorMessage:
        if not (self.email or self.phone or self.document):
            raise problem("required")
        return self


_APPOINTMENT = AliasChoices("appointment")


def _or_text(schema: dict[str, Any]) -> None:
    """The published schema knows a field once: a token or an object."""
    schema["anyOf"].insert(0, TypeAdapter(str).json_schema())


class StandbyMessage(BaseModel):
    """`POST /offices/{office}/standby`: what anybody says who comes without an appointment."""

    service: Annotated[Slug | None, EmptyIsNone] = None
    language: Language | None = None
    phone: OptionalPhone = None
    email: OptionalEmail = None
    name: Annotated[Name | None, EmptyIsNone] = None
    preferential_requested: bool = False
    sms: bool = False  # whoever has the number wants to be told of the turn by SMS


class TicketMessage(StandbyMessage):
    """`POST /offices/{office}/tickets`."""

    # One field of the contract, read in its two shapes: what is wrong is then named as the caller wrote it.
    token: Annotated[Word | None, BeforeValidator(_unless_object)] = Field(None, validation_alias=_APPOINTMENT)
    named: Annotated[LocatorMessage | None, BeforeValidator(_only_object)] = Field(
        None, validation_alias=_APPOINTMENT, json_schema_extra=_or_text
    )


class RecoverForm(BaseModel):
    """The form of whoever lost the link: a turn's code, and the contact that it was taken with."""

    code: Annotated[Word, StringConstraints(max_length=12)]
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


class HoldMessage(BaseModel):
    """`POST /staff/tickets/{id}/hold`."""

    minutes: Annotated[int | None, Field(ge=1, le=HOLD_MINUTES)] = None


class TransferMessage(BaseModel):
    """`POST /staff/tickets/{id}/transfer`: a service's slug, a desk's id, or both."""

    service: Annotated[Slug | None, EmptyIsNone] = None
    desk: Annotated[Word | None, EmptyIsNone] = None


class Nothing(BaseModel):
    """A call without a body; whatever is sent is not looked at."""


class WalkInForm(BaseModel):
    """The form of those without an appointment."""

    service: Annotated[str, AfterValidator(_chosen)]
    email: OptionalEmail = None
    preferential_requested: Annotated[bool, BeforeValidator(bool)] = False  # a box that is ticked is not empty


class AppointmentForm(BaseModel):
    """The form of those with one: what the e-mail says, and the contact it was sent to."""

    locator: Word
    contact: Word


def ticket_request(
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
        appointment=_asked_for(message, address) if isinstance(message, TicketMessage) else None,
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


def _asked_for(message: TicketMessage, address: str) -> str | ByLocator | None:
    if message.named is None:
        return message.token
    contact = message.named.email or message.named.phone or message.named.document or ""
    return ByLocator(message.named.locator, contact, address)
