"""Boards of one office with lines, tickets and desks, as input of console views."""

from __future__ import annotations

import gettext
from datetime import datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from office360.offices.domain.hours import OpeningInterval, OpeningSchedule
from office360.offices.service import Office, OfficeDesk, OfficeLine, OfficeService
from office360.staff.consoles.locale import LocaleContext

MADRID = ZoneInfo("Europe/Madrid")
NOW = datetime(2026, 11, 25, 10, 30, tzinfo=MADRID)


def iso_time(hour: int, minute: int = 0) -> str:
    return datetime(2026, 11, 25, hour, minute, tzinfo=MADRID).isoformat()


OFFICE = Office(
    id="office",
    slug="centro",
    name="Oficina Centro",
    address="Calle del Olivar, 12",
    phone="900 000 360",
    timezone=MADRID,
    access=None,
    paused=False,
    pause_message=None,
    hours=OpeningSchedule(MADRID, {2: (OpeningInterval(time(9), time(19)),)}),
    lines=(
        OfficeLine("a", "registry", False, 1, "A", {"es": "Registro", "en": "Registry"}, None),
        OfficeLine("b", "identity", False, 1, "B", {"es": "Identidad", "en": "Identity"}, None),
    ),
    services=(
        OfficeService(
            "s", "certificate", "b", {"es": "Certificado", "en": "Certificate"}, 15, ("in_person",), True, {}
        ),
    ),
    desks=(OfficeDesk("d7", "7", {}, "left", ("b", "a")),),
)
ENGLISH_LOCALE = LocaleContext("en", gettext.NullTranslations(), OFFICE)


EVACUATED = {"by": "Carmen", "at": iso_time(10, 28), "phones": 2}


def build_ticket(code: str, **values: Any) -> dict[str, Any]:
    return {
        "id": code,
        "code": code,
        "state": "waiting",
        "line": "identity" if code.startswith("B") else "registry",
        "service": "certificate",
        "more_services": [],
        "kind": "walk_in",
        "priority": "normal",
        "preferential_requested": False,
        "appointment": None,
        "placed_at": None,
        "issued_at": iso_time(10, 8),
        "arrived_at": iso_time(10, 8),
        "called_at": None,
        "appointment_at": None,
        "told_at": None,
        "since": iso_time(10, 8),
        "until": None,
        "eta": None,
        "desk": None,
        "agent_id": None,
        "returns_to": None,
        "recalls": 0,
        "can_rejoin": True,
        "language": "es",
        "name": None,
        "help": False,
        "notes": [],
        **values,
    }


def build_appointment(name: str, starts_at: str, **values: Any) -> dict[str, Any]:
    """Build an appointment in person of today."""
    return {
        "appointment": name,
        "starts_at": starts_at,
        "told_at": None,
        "name": name,
        "service": "certificate",
        "more_services": [],
        "mode": "in_person",
        "needs": [],
        "details": {},
        "notes": [],
        "state": "confirmed",
        **values,
    }


def build_line(line_id: str, slug: str, name: str, waiting: int = 0, **values: Any) -> dict[str, Any]:
    return {
        "id": line_id,
        "slug": slug,
        "letter": line_id.upper(),
        "name": name,
        "waiting": waiting,
        "stopped": False,
        "stop_reason": None,
        "eta": None,
        "next_appointment": None,
        "order": [],
        **values,
    }


def build_board(
    *tickets: dict[str, Any], state: str = "free", at_desk: str | None = None, **values: Any
) -> dict[str, Any]:
    """Build the board of desk 7 with agent boris.

    Waiting tickets are called in the given order.
    """
    following = [
        {"id": ticket["id"], "code": ticket["code"], "why": ticket.pop("why", "arrival")}
        for ticket in tickets
        if ticket["state"] in ("waiting", "on_hold")
    ]
    current = {"id": at_desk, "code": at_desk, "state": state} if at_desk else None
    waiting = [ticket["id"] for ticket in tickets if ticket["state"] == "waiting"]
    return {
        "paused": False,
        "evacuation": False,
        "evacuated": None,
        "pause_message": None,
        "lines": [
            build_line("b", "identity", "Identity", len(waiting), order=waiting),
            build_line("a", "registry", "Registry"),
        ],
        "desks": [build_desk("d7", "7", state, current, following)],
        "tickets": list(tickets),
        "agenda": [],
        "video": [],
        "telephone": [],
        "lobby": [],
        "emergencies": [],
        "transfers": [],
        **values,
    }


def build_desk(
    desk_id: str, name: str, state: str, current: dict[str, str] | None, following: Any = (), **values: Any
) -> dict[str, Any]:
    return {
        "id": desk_id,
        "name": name,
        "lines": ["identity", "registry"],
        "state": state,
        "activity": "called" if state == "calling" else state,
        "since": None,
        "until": None,
        "reason": None,
        "agent": "Boris",
        "agent_id": "boris",
        "ticket": current,
        "next": list(following),
        **values,
    }
