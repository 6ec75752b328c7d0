"""Tasks for the demo's host: requests for help and for priority, and a late arrival.

Each is made only if there is none, by the features' use cases, with a clock set to its time.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from datetime import timedelta

from ...appointments.domain.agenda_settings import DEFAULT_LEAD
from ...appointments.service import (
    Appointment,
    AppointmentState,
    SlotSearch,
    appointment_token,
    appointments_of_day,
    available_slots,
    create_appointment,
)
from ...core.auth import Principal
from ...core.errors import Refused
from ...core.runtime import Runtime
from ...offices.service import Office, hours
from ...queue import service as queue
from ...queue.service import TicketPriority, TicketRequest, TicketState
from ...queue.storage import ticket_rows
from ...queue.storage.ticket_rows import TicketRecord
from .appointments import BOOKED_BEFORE, build_booking_request, delete_appointment_messages, runtime_at

# too late to keep the place in the line, but not given up yet
LATE_ARRIVAL_AGES = (timedelta(minutes=55), timedelta(minutes=35))
# later, the host decides (docs/queue_settings.md#who-is-next)
PLACE_LOST_AFTER = timedelta(minutes=30)
JUST_NOW = timedelta(minutes=3)


async def ensure_host_tasks(runtime: Runtime, office: Office, host: Principal, people: Iterator[str]) -> None:
    """Create a ticket for each missing task."""
    waiting = await _waiting_records(runtime, office)
    if waiting and not any(record.ticket.help for record in waiting):
        token = runtime.tokens.derive("ticket", waiting[-1].ticket.id, waiting[-1].token_hash)
        await queue.ask_for_help(runtime_at(runtime, runtime.now() - JUST_NOW), token)
    asks = [record.ticket for record in waiting if record.preferential_requested]
    if all(ticket.priority is TicketPriority.PREFERENTIAL for ticket in asks):
        await _request_priority(runtime, office, next(people))
    if not any(_is_late_arrival(record) for record in waiting):
        await _create_late_arrival(runtime, office, host, people)


async def _waiting_records(runtime: Runtime, office: Office) -> list[TicketRecord]:
    async with runtime.read_session() as session:
        records = await ticket_rows.active_ticket_records(session, office.id)
    return [record for record in records if record.ticket.state is TicketState.WAITING]


async def _request_priority(runtime: Runtime, office: Office, name: str) -> None:
    services = [service for service in office.services if service.walk_in and "in_person" in service.modes]
    for service in services[:1]:
        request = TicketRequest(service=service.slug, name=name, preferential_requested=True, exempt=True)
        with contextlib.suppress(Refused):
            await queue.take_ticket(runtime, office.slug, request)


def _is_late_arrival(record: TicketRecord) -> bool:
    due = record.ticket.appointment_at
    return due is not None and record.ticket.arrived_at >= due + PLACE_LOST_AFTER


async def _create_late_arrival(runtime: Runtime, office: Office, host: Principal, people: Iterator[str]) -> None:
    """Create two late citizens: the first is at the entrance now, the second still expected."""
    late = await _ensure_late_appointments(runtime, office, people)
    if len(late) > 1:
        # without an e-mail address: a message about the ticket would hide a visitor's own
        token, actor = appointment_token(runtime, late[0]), f"staff:{host.id}"
        request = TicketRequest(appointment=token, override="at the entrance", actor=actor, exempt=True)
        await queue.take_ticket(runtime_at(runtime, runtime.now() - JUST_NOW), office.slug, request)


async def _ensure_late_appointments(runtime: Runtime, office: Office, people: Iterator[str]) -> list[Appointment]:
    """Return appointments that are late now; book up to two if there are free slots."""
    now = runtime.now()
    first, last = now - LATE_ARRIVAL_AGES[0], now - LATE_ARRIVAL_AGES[1]
    async with runtime_at(runtime, now - BOOKED_BEFORE).transaction() as tx:
        booked = await appointments_of_day(tx.session, office.id, first, last, "in_person")
        late = [appointment for appointment in booked if appointment.state is AppointmentState.CONFIRMED]
        day = hours.to_local_day(office.hours, first)
        for service in office.services_for("in_person"):
            for slot in await available_slots(
                tx.session, SlotSearch(office, [service], "in_person"), first - DEFAULT_LEAD, day, 2
            ):
                if len(late) < 2 and first <= slot.starts_at < last:
                    late.append(
                        await create_appointment(
                            tx, office, build_booking_request(service, "in_person", slot, next(people))
                        )
                    )
                    # the outbox would give it up as too late and report it
                    await delete_appointment_messages(tx, late[-1:])
    return late
