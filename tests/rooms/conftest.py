"""Fixtures of the video room tests: appointments of Amina and Elena at 12:00."""

from __future__ import annotations

from datetime import timedelta

import pytest
from office360.core.runtime import Runtime
from office360.offices.service import Office

from ..conftest import FakeClock
from .support.video_appointments import AT, BookedVideoAppointment, book_video_appointment


@pytest.fixture
async def amina(runtime: Runtime, office: Office) -> BookedVideoAppointment:
    """Amina's appointment. The clock is an hour and a half before it."""
    return await book_video_appointment(runtime, AT)


@pytest.fixture
async def elena(runtime: Runtime, office: Office) -> BookedVideoAppointment:
    """Elena's appointment for another service at the same time."""
    return await book_video_appointment(runtime, AT, "Elena", service="complaints")


@pytest.fixture
def booked(clock: FakeClock, amina: BookedVideoAppointment) -> BookedVideoAppointment:
    """Amina's appointment, with the clock five minutes before it, when the room is open."""
    clock.set(AT - timedelta(minutes=5))
    return amina
