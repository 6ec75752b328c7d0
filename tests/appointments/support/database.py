"""Rows, timers and free slots, as the tests of appointments check them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from office360.appointments.service import (
    TIMERS,
    Appointment,
    SlotSearch,
    appointment_token,
    available_slots,
)
from office360.core.db.timers import fire_due_timers
from office360.core.runtime import Runtime
from office360.offices.service import Office
from sqlalchemy import select

from .requesters import FRIDAY_AT_9


async def load_rows(runtime: Runtime, table: Any, **equal: Any) -> list[Any]:
    """Load the rows of a table in which these columns have these values, by id."""
    async with runtime.read_session() as session:
        return list((await session.execute(select(table).filter_by(**equal).order_by(table.id))).scalars())


async def run_due_timers(runtime: Runtime) -> None:
    """Run the due timers of appointments, as a worker does."""
    await fire_due_timers(runtime, TIMERS)


async def is_free(runtime: Runtime, office: Office, starts_at: datetime = FRIDAY_AT_9) -> bool:
    """Return whether the public can book a certificate by video at this time."""
    search = SlotSearch(office, [office.service("certificate")], "video")
    async with runtime.read_session() as session:
        found = await available_slots(session, search, runtime.now(), starts_at.date(), 1)
    return starts_at in {slot.starts_at for slot in found}


def appointment_link_token(runtime: Runtime, appointment: Appointment) -> str:
    """Derive the token of the appointment's link."""
    return appointment_token(runtime, appointment)
