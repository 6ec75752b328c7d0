"""What somebody asks for who takes a ticket, and what they get."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from typing import Any

from ...offices.service import Office
from ..domain.actors import CITIZEN_ACTOR
from ..domain.ticket import Ticket


@dataclass(frozen=True, slots=True)
class AppointmentByLocator:
    """An appointment as a person names it. `address` is whose wrong guesses are counted."""

    locator: str
    contact: str
    address: str


@dataclass(frozen=True, slots=True)
class AppointmentById:
    """An appointment as staff name it."""

    id: str


@dataclass(frozen=True, slots=True)
class TicketRequest:
    """What somebody asks for, already validated. `appointment` is its token, or how a person names it.

    `standby`: where there is no room, wait for some.
    `actor`: who gives the ticket, for the audit. `override`: why a host gives it though the rules say no.

    `exempt`: a program of the office, which may take many tickets with one device or contact. `sms`: the
    person wants to be told of the turn at `phone`.
    """

    service: str | None = None
    appointment: str | AppointmentByLocator | AppointmentById | None = None
    language: str = "es"
    phone: str | None = None
    email: str | None = None
    name: str | None = None
    preferential_requested: bool = False
    device: str | None = None
    request_key: str | None = None
    exempt: bool = False
    sms: bool = False
    standby: bool = False
    actor: str = CITIZEN_ACTOR
    override: str | None = None


def compute_request_digest(office: Office, request: TicketRequest) -> str:
    """By which the same request is known again."""
    asked: dict[str, Any] = asdict(request) | {"office": office.slug, "request_key": None, "device": None}
    if isinstance(request.appointment, AppointmentByLocator):
        asked["appointment"] = {"locator": request.appointment.locator, "contact": request.appointment.contact}
    return hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class IssuedTicket:
    """A ticket and its secret. `again`: this request had been answered before."""

    ticket: Ticket
    token: str
    is_repeat: bool = False
