"""What the demo's entrance has to do: somebody asks for help, somebody for priority, somebody came too late.

Each once, and only while nobody else does; everything by the features' own use cases, each at its moment.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from datetime import timedelta

from ...appointments.domain.agenda_settings import LEAD
from ...appointments.service import Appointment, AppointmentState, appointments_of_day, enter, free_times, token_of
from ...core.auth import Principal
from ...core.errors import Refused
from ...core.runtime import Runtime
from ...offices.service import Office, hours
from ...queue import service as queue
from ...queue.service import Priority, State, TicketRequest
from ...queue.storage import store as queue_store
from ...queue.storage.store import Record
from .appointments import BOOKED_BEFORE, at, booking, forget_letter

LATE = timedelta(minutes=55), timedelta(minutes=35)  # too late for a place of one's own, and early enough to come
TOO_LATE = timedelta(minutes=30)  # design: later than that, the host decides
JUST_NOW = timedelta(minutes=3)


async def fill_entrance(runtime: Runtime, office: Office, host: Principal, people: Iterator[str]) -> None:
    """Somebody for each thing that only a host does."""
    waiting = await _waiting(runtime, office)
    if waiting and not any(one.ticket.help for one in waiting):
        await queue.ask_help(at(runtime, runtime.now() - JUST_NOW), _token(runtime, waiting[-1]))
    if not any(_asks_for_priority(one) for one in waiting):
        await _ask_for_priority(runtime, office, next(people))
    if not any(_came_too_late(one) for one in waiting):
        await _come_too_late(runtime, office, host, people)


async def _waiting(runtime: Runtime, office: Office) -> list[Record]:
    async with runtime.reading() as session:
        records = await queue_store.active_records(session, office.id)
    return [one for one in records if one.ticket.state is State.WAITING]


def _token(runtime: Runtime, record: Record) -> str:
    return runtime.tokens.derive("ticket", record.ticket.id, record.token_hash)


def _asks_for_priority(record: Record) -> bool:
    return record.preferential_requested and record.ticket.priority is not Priority.PREFERENTIAL


async def _ask_for_priority(runtime: Runtime, office: Office, name: str) -> None:
    services = [one for one in office.services if one.walk_in and "in_person" in one.modes]
    request = TicketRequest(service=services[0].slug, name=name, preferential_requested=True, exempt=True)
    with contextlib.suppress(Refused):
        await queue.take_ticket(runtime, office.slug, request)


def _came_too_late(record: Record) -> bool:
    due = record.ticket.appointment_at
    return due is not None and record.ticket.arrived_at >= due + TOO_LATE


async def _come_too_late(runtime: Runtime, office: Office, host: Principal, people: Iterator[str]) -> None:
    """Two people whose time has passed: one stands at the entrance now, one is still awaited."""
    late = await _booked_late(runtime, office, people)
    if len(late) > 1:
        # Without an address: a letter about a turn would hide the one that somebody looks for.
        token, actor = token_of(runtime, late[0]), f"staff:{host.id}"
        request = TicketRequest(appointment=token, override="at the entrance", actor=actor, exempt=True)
        await queue.take_ticket(at(runtime, runtime.now() - JUST_NOW), office.slug, request)


async def _booked_late(runtime: Runtime, office: Office, people: Iterator[str]) -> list[Appointment]:
    """Those of some time ago who are not here, at least two of them where the agenda has room."""
    now = runtime.now()
    first, last = now - LATE[0], now - LATE[1]
    async with at(runtime, now - BOOKED_BEFORE).transaction() as tx:
        there = await appointments_of_day(tx.session, office.id, first, last, "in_person")
        late = [one for one in there if one.state is AppointmentState.CONFIRMED]
        day = hours.local_day(office.hours, first)
        for service in office.services_for("in_person"):
            for slot in await free_times(tx.session, office, service, "in_person", first - LEAD, day, 2):
                if len(late) < 2 and first <= slot.starts_at < last:
                    late.append(await enter(tx, office, booking(service, "in_person", slot, next(people))))
                    await forget_letter(tx, late[-1])  # it would be given up as too late, and loudly
    return late
