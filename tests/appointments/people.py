"""The cast of these tests, and how they ask for an appointment."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from office360.appointments.service import BookingRequest

AMINA = {"name": "Amina Haddad", "email": "amina@example.org"}
DIEGO = {"name": "Diego Sanz", "email": "diego@example.org"}

FRIDAY_AT_9 = datetime(2026, 11, 27, 8, 0, tzinfo=UTC)  # 9:00 in Madrid, two days after the tests' morning


def asking(person: dict[str, str] = AMINA, **changes: Any) -> BookingRequest:
    """What a person asks for: a digital certificate by video on Friday at nine, unless changed."""
    asked: dict[str, Any] = {
        "service": "certificate",
        "mode": "video",
        "starts_at": FRIDAY_AT_9,
        **person,
        **changes,
    }
    return BookingRequest(**asked)
