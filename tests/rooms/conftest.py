"""The small cast: amina and elena have video appointments, boris attends, diego works elsewhere."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest
from office360.appointments import service as appointments
from office360.appointments.service import Appointment, BookingRequest
from office360.core.auth import Principal, Role
from office360.core.ids import new_id
from office360.core.runtime import Runtime
from office360.core.tokens import hash_token
from office360.offices.service import Office
from office360.rooms.actions import participants
from office360.rooms.actions.participants import Seat

from ..conftest import MORNING

AT = MORNING + timedelta(minutes=90)  # 12:00 in Madrid

BORIS = Principal("boris", "Boris", Role.AGENT, frozenset({"centro"}))
CARMEN = Principal("carmen", "Carmen", Role.MANAGER, None)
DIEGO = Principal("diego", "Diego", Role.AGENT, frozenset({"elsewhere"}))


@dataclass(frozen=True)
class Booked:
    """An appointment and the token of its link."""

    appointment: Appointment
    token: str


async def book(runtime: Runtime, at: datetime, name: str = "Amina", **more: Any) -> Booked:
    """A video appointment at this time."""
    asked: dict[str, Any] = {"service": "certificate", "mode": "video", **more}
    asked.setdefault("email", f"{name.lower()}@example.org")
    made = await appointments.book(runtime, "centro", BookingRequest(name=name, starts_at=at, **asked))
    return Booked(made, appointments.token_of(runtime, made))


@pytest.fixture
async def amina(runtime: Runtime, office: Office) -> Booked:
    """Amina's video appointment at 12:00; the clock stands an hour and a half before it."""
    return await book(runtime, AT)


@pytest.fixture
async def elena(runtime: Runtime, office: Office) -> Booked:
    """Another citizen, with another service at the same time."""
    return await book(runtime, AT, "Elena", service="complaints")


def session_hash() -> str:
    """The hash of a session nobody knows yet."""
    return hash_token(new_id())


async def citizen(runtime: Runtime, booked: Booked) -> Seat:
    """The citizen says hello."""
    return await participants.enter_citizen(runtime, booked.token, session_hash())


async def agent(runtime: Runtime, booked: Booked, who: Principal = BORIS) -> Seat:
    """A member of staff says hello."""
    return await participants.enter_staff(runtime, who, booked.appointment.id, session_hash())
