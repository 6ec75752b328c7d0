"""Rows, timers, events and free slots, as the tests of appointments check them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from office360.appointments.service import (
    TIMERS,
    Appointment,
    AppointmentState,
    SlotSearch,
    appointment_by_id,
    appointment_token,
    available_slots,
)
from office360.core.db.outbox import OutboxRow
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


async def load_outbox(runtime: Runtime) -> list[OutboxRow]:
    """Load all messages, the oldest first."""
    async with runtime.read_session() as session:
        return list((await session.execute(select(OutboxRow).order_by(OutboxRow.id))).scalars())


async def load_state(runtime: Runtime, appointment_id: str) -> AppointmentState:
    """Load the state of an appointment."""
    async with runtime.read_session() as session:
        return (await appointment_by_id(session, appointment_id)).state


def record_events(runtime: Runtime, kind: type[Any]) -> list[Any]:
    """Record the events of one kind, as a handler of another feature receives them."""
    events: list[Any] = []

    async def record(_tx: Any, event: Any) -> None:
        events.append(event)

    runtime.events.register_handler(kind, record)
    return events
