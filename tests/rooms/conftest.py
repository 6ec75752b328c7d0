"""The small cast: amina and elena have video appointments, boris attends, diego works elsewhere."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest
from office360.appointments import service as appointments
from office360.appointments.service import Appointment, BookingRequest
from office360.core.auth import Principal, StaffRole
from office360.core.ids import new_id
from office360.core.runtime import Runtime
from office360.core.tokens import hash_token
from office360.offices.service import Office
from office360.rooms.actions import participants
from office360.rooms.actions.participants import RoomMember

from ..conftest import MORNING

AT = MORNING + timedelta(minutes=90)  # 12:00 in Madrid

BORIS = Principal("boris", "Boris", StaffRole.AGENT, frozenset({"centro"}))
CARMEN = Principal("carmen", "Carmen", StaffRole.MANAGER, None)
DIEGO = Principal("diego", "Diego", StaffRole.AGENT, frozenset({"elsewhere"}))


@dataclass(frozen=True)
class BookedVideoAppointment:
    """An appointment and the token of its link."""

    appointment: Appointment
    token: str


async def book_video_appointment(
    runtime: Runtime, at: datetime, name: str = "Amina", **more: Any
) -> BookedVideoAppointment:
    """A video appointment at this time."""
    asked: dict[str, Any] = {"service": "certificate", "mode": "video", **more}
    asked.setdefault("email", f"{name.lower()}@example.org")
    made = await appointments.book_appointment(runtime, "centro", BookingRequest(name=name, starts_at=at, **asked))
    return BookedVideoAppointment(made, appointments.appointment_token(runtime, made))


@pytest.fixture
async def amina(runtime: Runtime, office: Office) -> BookedVideoAppointment:
    """Amina's video appointment at 12:00; the clock stands an hour and a half before it."""
    return await book_video_appointment(runtime, AT)


@pytest.fixture
async def elena(runtime: Runtime, office: Office) -> BookedVideoAppointment:
    """Another citizen, with another service at the same time."""
    return await book_video_appointment(runtime, AT, "Elena", service="complaints")


def new_session_hash() -> str:
    """The hash of a session nobody knows yet."""
    return hash_token(new_id())


async def enter_as_citizen(runtime: Runtime, booked: BookedVideoAppointment) -> RoomMember:
    """The citizen says hello."""
    return await participants.enter_as_citizen(runtime, booked.token, new_session_hash())


async def enter_as_agent(runtime: Runtime, booked: BookedVideoAppointment, who: Principal = BORIS) -> RoomMember:
    """A member of staff says hello."""
    return await participants.enter_as_staff(runtime, who, booked.appointment.id, new_session_hash())
