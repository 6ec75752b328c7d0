"""The demo's waiting rooms: desks with somebody at them, people who have waited for some minutes.

Fills up to a level and no further. Everything is done by the queue's own use cases, each at its moment.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import cycle

from ...appointments.service import entry_opens_at, token_of
from ...core.auth import Principal, Role
from ...core.errors import Refused
from ...core.runtime import Runtime
from ...offices.service import Desk, Office, Service, hours
from ...queue import service as queue
from ...queue.service import State, TicketRequest
from ...queue.storage import store as queue_store
from ...queue.storage.store import Record
from .appointments import DEMO, at, awaited, names
from .host_tasks import fill_entrance

COLLEAGUES = ("Boris", "Marta", "Iker", "Olga", "Pablo", "Sonia", "Tomás", "Vera")
EARLIER = timedelta(minutes=36)  # how long ago the first of those in the room came
LAST_ENTRY = timedelta(minutes=45)
STALE = timedelta(hours=3)  # nobody waits that long: whoever is left over from an earlier start goes home
HOUSEKEEPER = Principal("demo", "Demo", Role.HOST, None)


@dataclass(frozen=True, slots=True)
class Floor:
    """Who is in the office now. `agents`: the demo's own, by desk."""

    agents: dict[str, Principal]
    open_desks: int
    busy_desks: frozenset[str]
    waiting: int
    appointments: int
    left_over: tuple[Record, ...]

    def idle(self) -> list[tuple[str, Principal]]:
        """The demo's agents with nobody at their desk."""
        return [(desk, agent) for desk, agent in self.agents.items() if desk not in self.busy_desks]


@dataclass(frozen=True, slots=True)
class Past:
    """The time since the first of those in the room came, to do things in."""

    runtime: Runtime
    since: datetime

    def at(self, part: float) -> Runtime:
        """The installation when this part (0 … 1) of the time had passed."""
        now = self.runtime.now()
        return at(self.runtime, self.since + part * (now - self.since))


async def fill_room(runtime: Runtime, office: Office, *, desks: int, waiting: int) -> None:
    """Open desks with somebody at them, and people waiting; nobody where the office is closed."""
    opened_at = _opened_at(office, runtime.now())
    await _send_home(runtime, (await _floor(runtime, office)).left_over)
    if opened_at is None or office.paused:
        await _stand_up(runtime, (await _floor(runtime, office)).idle())
        return
    past = Past(runtime, max(runtime.now() - EARLIER, opened_at))
    people = names(f"{office.slug} {runtime.now():%F}")
    await _sit_down(past, office, desks - (await _floor(runtime, office)).open_desks)
    if not _lets_people_in(office, runtime.now()):
        return
    await _serve(past, office, (await _floor(runtime, office)).idle(), people)
    floor = await _floor(runtime, office)
    await _wait(past, office, waiting - floor.waiting, people)
    if not floor.appointments:
        await _come_for_an_appointment(runtime, office)
    await fill_entrance(runtime, office, HOUSEKEEPER, people)


def _opened_at(office: Office, now: datetime) -> datetime | None:
    """When today's doors opened; None when they are closed."""
    openings = hours.opening_on(office.hours, hours.local_day(office.hours, now))
    return next((start for start, end in openings if start <= now < end), None)


def _lets_people_in(office: Office, now: datetime) -> bool:
    """Shortly before closing nobody new comes: they would not be served, or keep others from it."""
    closing = hours.closing(office.hours, now)
    return closing is not None and closing - now > LAST_ENTRY


async def _floor(runtime: Runtime, office: Office) -> Floor:
    async with runtime.reading() as session:
        sessions = await queue_store.sessions(session, office.id)
        records = await queue_store.active_records(session, office.id)
    mine = [one for one in sessions.values() if one.agent_id.startswith(HOUSEKEEPER.id)]
    return Floor(
        agents={one.desk_id: _colleague(office, one.agent_id, one.agent_name) for one in mine},
        open_desks=len(sessions),
        busy_desks=frozenset(one.ticket.desk_id for one in records if one.ticket.desk_id),
        waiting=sum(1 for one in records if one.ticket.state is State.WAITING),
        appointments=sum(1 for one in records if one.ticket.appointment_id),
        left_over=tuple(one for one in records if _is_left_over(one, office, runtime.now())),
    )


def _is_left_over(record: Record, office: Office, now: datetime) -> bool:
    if not (record.name or "").endswith(DEMO):
        return False
    if not hours.is_open(office.hours, now):
        return True
    return record.day < hours.local_day(office.hours, now) or record.ticket.issued_at < now - STALE


async def _send_home(runtime: Runtime, records: Sequence[Record]) -> None:
    for record in records:
        ticket = record.ticket
        if ticket.state is State.SERVING:
            await queue.finish(runtime, HOUSEKEEPER, ticket.id)
        elif ticket.state is State.CALLED:
            await queue.no_show(runtime, HOUSEKEEPER, ticket.id)
        else:
            await queue.leave(runtime, runtime.tokens.derive("ticket", ticket.id, record.token_hash))


def _colleague(office: Office, agent_id: str, name: str) -> Principal:
    return Principal(agent_id, name, Role.AGENT, frozenset({office.slug}))


async def _sit_down(past: Past, office: Office, missing: int) -> None:
    """The last desks first: whoever tries the product out finds the first ones free."""
    async with past.runtime.reading() as session:
        taken = await queue_store.sessions(session, office.id)
    free = [desk for desk in reversed(office.desks) if desk.id not in taken]
    for desk in free[: max(0, missing)]:
        name = COLLEAGUES[int(desk.name) % len(COLLEAGUES)] + DEMO
        agent = _colleague(office, f"{HOUSEKEEPER.id}:{office.slug}:{desk.name}", name)
        await queue.open_desk(past.at(0), agent, desk.id)


async def _stand_up(runtime: Runtime, idle: Sequence[tuple[str, Principal]]) -> None:
    for desk_id, agent in idle:
        await queue.close_desk(runtime, agent, desk_id)


async def _serve(past: Past, office: Office, idle: Sequence[tuple[str, Principal]], people: Iterator[str]) -> None:
    """Somebody at each of these desks, called a while ago."""
    for place, (desk_id, _) in enumerate(idle):
        service = _first_service(office, office.desk(desk_id))
        await _take(past.at(0.05 + 0.02 * place), office, service, next(people))
    for place, (desk_id, agent) in enumerate(idle):
        called = await queue.call_next(past.at(0.35 + 0.04 * place), agent, desk_id)
        if called is not None:
            await queue.start(past.at(0.37 + 0.04 * place), agent, called.id)


async def _wait(past: Past, office: Office, missing: int, people: Iterator[str]) -> None:
    services = cycle(_walk_in_services(office))
    for place in range(missing):
        await _take(past.at(0.6 + 0.35 * place / missing), office, next(services), next(people))


async def _take(runtime: Runtime, office: Office, service: Service, name: str) -> None:
    """A ticket, unless the office gives no more of them, such as shortly before it closes."""
    request = TicketRequest(service=service.slug, name=name, exempt=True)
    with contextlib.suppress(Refused):
        await queue.take_ticket(runtime, office.slug, request)


async def _come_for_an_appointment(runtime: Runtime, office: Office) -> None:
    """One person with an appointment is here; at least another one is still to take a turn."""
    now = runtime.now()
    async with runtime.reading() as session:
        near = [one for one in await awaited(session, office, "in_person", now) if entry_opens_at(one) <= now]
    if len(near) > 1:
        request = TicketRequest(appointment=token_of(runtime, near[0]), exempt=True)
        await queue.take_ticket(runtime, office.slug, request)


def _walk_in_services(office: Office) -> list[Service]:
    return [one for one in office.services if one.walk_in and "in_person" in one.modes]


def _first_service(office: Office, desk: Desk) -> Service:
    """The one for which this desk is meant most."""
    services = _walk_in_services(office)
    return min(services, key=lambda one: desk.line_ids.index(one.line_id))
