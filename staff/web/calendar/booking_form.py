"""The booking form of the reception: the typed values, and their conversion."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from ....appointments.service import (
    BOOKING_DETAILS,
    BookingRequest,
    InsideMessage,
    booking_request,
    check_channels,
)
from ....core.contact.channel_offers import REMIND_FIELD, ChannelOffer, offers_by_number
from ....core.errors import FieldError, Invalid
from ....core.i18n.catalogues import N_
from ....core.i18n.dates import format_rfc3339
from ....core.web.form_page import SentForm
from ....core.web.validation import parse_model
from ....offices.service import Office
from .time_choice import VisitChoice

DETAIL_FIELDS = {detail.key: f"details.{detail.key}" for detail in BOOKING_DETAILS}
TEXT_FIELDS = (
    *("name", "contact", "email", "phone", "document", "language", "needs_note", "key"),
    *DETAIL_FIELDS.values(),
)


def contact_choices(offers: Collection[ChannelOffer]) -> dict[str, str]:
    """Return how the citizen can get the appointment and its changes."""
    by_number = {offer.channel: offer.texts.staff_contact for offer in offers_by_number(offers)}
    return {"email": N_("By e-mail"), **by_number, "slip": N_("On a paper slip")}


@dataclass(frozen=True, slots=True)
class TypedBooking:
    """The typed values of the form."""

    texts: Mapping[str, str]
    needs: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()
    is_sure: bool = False

    @classmethod
    def empty(cls, key: str, language: str) -> TypedBooking:
        return cls(dict.fromkeys(TEXT_FIELDS, "") | {"contact": "email", "key": key, "language": language})

    @classmethod
    def from_form(cls, form: SentForm) -> TypedBooking:
        return cls(
            form.texts(*TEXT_FIELDS, strip=True),
            tuple(form.all_texts("needs")),
            tuple(name.removeprefix(REMIND_FIELD) for name in form if name.startswith(REMIND_FIELD)),
            form.get("sure") is not None,
        )


def parse_booking(
    typed: TypedBooking, choice: VisitChoice, office: Office, language: str, offers: Collection[ChannelOffer]
) -> BookingRequest:
    """Convert the form into a booking. Raises Invalid for all that is wrong."""
    errors = [*choice.time_errors(), *_contact_errors(typed, offers)]
    start = choice.chosen_start(office)
    contact = typed.texts["contact"]
    message: dict[str, Any] = {
        **{name: typed.texts[name] for name in ("name", "phone", "document", "needs_note")},
        "language": typed.texts["language"] or None,
        "email": typed.texts["email"] if contact == "email" else "",
        "service": choice.service.slug,
        "more_services": list(choice.more),
        "mode": choice.mode,
        "starts_at": format_rfc3339(start, office.timezone) if start else "",
        "needs": list(typed.needs),
        "details": {key: typed.texts[field] for key, field in DETAIL_FIELDS.items()},
        "channels": typed.channels if contact == "email" else [contact] if contact != "slip" else [],
        "override": choice.override if choice.is_other_time else "",
    }
    try:
        parsed = parse_model(InsideMessage, message)
        check_channels(parsed, offers)
    except Invalid as invalid:
        known = {error.field for error in errors}
        errors += [error for error in invalid.fields if error.field not in known | {"starts_at"}]
        raise Invalid(*errors) from None
    if errors:
        raise Invalid(*errors)
    return booking_request(parsed, language)


def _contact_errors(typed: TypedBooking, offers: Collection[ChannelOffer]) -> list[FieldError]:
    contact = typed.texts["contact"]
    if contact not in contact_choices(offers):
        return [FieldError("contact", "not_a_choice")]
    needed = {"email": "email", "slip": None}.get(contact, "phone")
    return [FieldError(needed, "required")] if needed and not typed.texts[needed] else []
