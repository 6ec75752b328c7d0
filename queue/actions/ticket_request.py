"""The request for a ticket and its result. No SQL, no rules."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, replace
from typing import Any

from ...appointments.service import UNLIMITED_REQUESTER, Requester
from ...core.contact.channel_offers import ChannelOffer
from ...core.contact.chosen_channels import ChosenChannel, channels_for_digest
from ...core.db.audit_entries import AuditActor
from ...core.i18n.languages import LANGUAGES
from ...offices.service import Office
from ..domain.actors import CITIZEN_ACTOR
from ..domain.ticket import Ticket


@dataclass(frozen=True, slots=True)
class AppointmentByLocator:
    """An appointment as a citizen names it. Wrong guesses are counted per network address."""

    locator: str
    contact: str
    address: str


@dataclass(frozen=True, slots=True)
class AppointmentById:
    """An appointment that a member of staff selected."""

    id: str


@dataclass(frozen=True, slots=True)
class TicketRequest:
    """A validated request for a ticket.

    `appointment`: its token, or another way to name it.
    `standby`: wait for room if the line has none.
    `actor`: who issues the ticket, for the audit. `staff`: the host who issues it.
    `override`: the reason of a host who issues it against the rules.
    `exempt`: the caller is a program of the office, which may take many tickets with one device or contact.
    `requester`: who takes a ticket without appointment, for the limit of an address.
    `channels`: those that get the notifications of the ticket.
    `offers`: the channels of the installation; a booked phone gets the notifications by those that may use it.
    """

    service: str | None = None
    appointment: str | AppointmentByLocator | AppointmentById | None = None
    language: str = LANGUAGES[0]
    phone: str | None = None
    email: str | None = None
    name: str | None = None
    preferential_requested: bool = False
    device: str | None = None
    request_key: str | None = None
    exempt: bool = False
    requester: Requester = UNLIMITED_REQUESTER
    channels: tuple[ChosenChannel, ...] = ()
    standby: bool = False
    actor: str = CITIZEN_ACTOR
    staff: AuditActor | None = None
    override: str | None = None
    offers: tuple[ChannelOffer, ...] = ()


def compute_request_digest(office: Office, request: TicketRequest) -> str:
    """Hash what identifies a repeated request; not its key, its device or its requester."""
    shown = replace(request, offers=(), channels=())
    asked: dict[str, Any] = asdict(shown) | {"office": office.slug, "request_key": None, "device": None}
    for field in ("requester", "offers", "channels", "staff"):
        del asked[field]
    asked |= channels_for_digest(request.channels, "sms")
    if isinstance(request.appointment, AppointmentByLocator):
        asked["appointment"] = {"locator": request.appointment.locator, "contact": request.appointment.contact}
    return hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class IssuedTicket:
    """An issued ticket with its token. `is_repeat`: an earlier request has issued it."""

    ticket: Ticket
    token: str
    is_repeat: bool = False
