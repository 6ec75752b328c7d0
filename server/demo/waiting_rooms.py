"""Waiting rooms of the demo: people at desks, and people who have waited for some minutes.

They are filled up to a level by the queue's use cases, each with a clock set to its time.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import cycle

from ...appointments.service import appointment_token, entry_opens_at
from ...core.auth import Principal, StaffRole
from ...core.errors import Refused
from ...core.runtime import Runtime
from ...offices.service import Office, OfficeDesk, OfficeService, hours
from ...queue import service as queue
from ...queue.service import TicketRequest, TicketState
from ...queue.storage import desk_rows, ticket_rows
from ...queue.storage.ticket_rows import TicketRecord
from .appointments import DEMO_NAME_SUFFIX, citizen_names, expected_appointments, runtime_at
from .host_tasks import ensure_host_tasks

AGENT_NAMES = ("Boris", "Marta", "Iker", "Olga", "Pablo", "Sonia", "Tomás", "Vera")
FIRST_ARRIVAL_AGE = timedelta(minutes=36)  # since the arrival of the first person in the room
LAST_ENTRY_BEFORE_CLOSING = timedelta(minutes=45)
LEFT_OVER_AFTER = timedelta(hours=3)  # older tickets are left over from an earlier start
DEMO_PRINCIPAL = Principal("demo", "Demo", StaffRole.HOST, None)


@dataclass(frozen=True, slots=True)
class DemoOffice:
    """The current state of an office. `agents`: the demo's agents, by desk."""

    agents: dict[str, Principal]
    open_desks: int
    busy_desks: frozenset[str]
    waiting: int
    appointments: int
    left_over: tuple[TicketRecord, ...]

    def idle_agents(self) -> list[tuple[str, Principal]]:
        """Return desks and agents of the demo that serve no ticket."""
        return [(desk, agent) for desk, agent in self.agents.items() if desk not in self.busy_desks]


@dataclass(frozen=True, slots=True)
class DemoTimeline:
    """The time since the first arrival, in which use cases are placed."""

    runtime: Runtime
    since: datetime

    def runtime_at_fraction(self, fraction: float) -> Runtime:
        """Return the runtime with its clock at a fraction (0 … 1) of the time."""
        now = self.runtime.now()
        return runtime_at(self.runtime, self.since + fraction * (now - self.since))


async def fill_waiting_room(runtime: Runtime, office: Office, *, desks: int, waiting: int) -> None:
    """Open desks, serve people and add waiting people; empty the office when it is closed."""
    opened_at = _current_opening_start(office, runtime.now())
    await _end_left_over_tickets(runtime, (await _load_demo_office(runtime, office)).left_over)
    if opened_at is None or office.paused:
        await _close_desks(runtime, (await _load_demo_office(runtime, office)).idle_agents())
        return
    past = DemoTimeline(runtime, max(runtime.now() - FIRST_ARRIVAL_AGE, opened_at))
    people = citizen_names(f"{office.slug} {runtime.now():%F}")
    # the office is loaded again before each step, because the step before has changed who waits where
    await _open_desks(past, office, desks - (await _load_demo_office(runtime, office)).open_desks)
    if not _is_admitting_people(office, runtime.now()):
        return
    await _serve_people(past, office, (await _load_demo_office(runtime, office)).idle_agents(), people)
    current = await _load_demo_office(runtime, office)
    await _add_waiting_people(past, office, waiting - current.waiting, people)
    if not current.appointments:
        await _check_in_appointment(runtime, office)
    await ensure_host_tasks(runtime, office, DEMO_PRINCIPAL, people)


def _current_opening_start(office: Office, now: datetime) -> datetime | None:
    """Return when the office opened; None if it is closed."""
    openings = hours.opening_intervals(office.hours, hours.to_local_day(office.hours, now))
    return next((start for start, end in openings if start <= now < end), None)


def _is_admitting_people(office: Office, now: datetime) -> bool:
    """Tell whether new people can still be served before closing."""
    closing = hours.closing_time(office.hours, now)
    return closing is not None and closing - now > LAST_ENTRY_BEFORE_CLOSING


async def _load_demo_office(runtime: Runtime, office: Office) -> DemoOffice:
    async with runtime.read_session() as session:
        sessions = await desk_rows.open_desk_sessions(session, [office.id])
        records = await ticket_rows.active_ticket_records(session, office.id)
    demo_sessions = [desk for desk in sessions.values() if desk.agent_id.startswith(DEMO_PRINCIPAL.id)]
    return DemoOffice(
        agents={desk.desk_id: _demo_agent(office, desk.agent_id, desk.agent_name) for desk in demo_sessions},
        open_desks=len(sessions),
        busy_desks=frozenset(record.ticket.desk_id for record in records if record.ticket.desk_id),
        waiting=sum(1 for record in records if record.ticket.state is TicketState.WAITING),
        appointments=sum(1 for record in records if record.ticket.appointment_id),
        left_over=tuple(record for record in records if _is_left_over(record, office, runtime.now())),
    )


def _is_left_over(record: TicketRecord, office: Office, now: datetime) -> bool:
    if not (record.name or "").endswith(DEMO_NAME_SUFFIX):
        return False
    if not hours.is_open(office.hours, now):
        return True
    return record.day < hours.to_local_day(office.hours, now) or record.ticket.issued_at < now - LEFT_OVER_AFTER


async def _end_left_over_tickets(runtime: Runtime, records: Sequence[TicketRecord]) -> None:
    for record in records:
        ticket = record.ticket
        if ticket.state is TicketState.SERVING:
            await queue.finish_service(runtime, DEMO_PRINCIPAL, ticket.id)
        else:
            await queue.leave_line(runtime, runtime.tokens.derive("ticket", ticket.id, record.token_hash))


def demo_agent(office: Office, desk: OfficeDesk) -> Principal:
    """Return the demo's agent of a desk."""
    number = 1 + office.desks.index(desk)
    name = AGENT_NAMES[number % len(AGENT_NAMES)] + DEMO_NAME_SUFFIX
    return _demo_agent(office, f"{DEMO_PRINCIPAL.id}:{office.slug}:{desk.name}", name)


def _demo_agent(office: Office, agent_id: str, name: str) -> Principal:
    return Principal(agent_id, name, StaffRole.AGENT, frozenset({office.slug}))


async def _open_desks(timeline: DemoTimeline, office: Office, missing: int) -> None:
    """Open desks from the last, so that a visitor finds the first desks free."""
    async with timeline.runtime.read_session() as session:
        taken = await desk_rows.open_desk_sessions(session, [office.id])
    free = [desk for desk in reversed(office.desks) if desk.id not in taken]
    for desk in free[: max(0, missing)]:
        await queue.open_desk(timeline.runtime_at_fraction(0), demo_agent(office, desk), desk.id)


async def _close_desks(runtime: Runtime, idle: Sequence[tuple[str, Principal]]) -> None:
    for desk_id, agent in idle:
        await queue.close_desk(runtime, agent, desk_id)


async def _serve_people(
    timeline: DemoTimeline, office: Office, idle: Sequence[tuple[str, Principal]], people: Iterator[str]
) -> None:
    """Serve a person at each of these desks, called some minutes ago."""
    for place, (desk_id, _) in enumerate(idle):
        for service in _preferred_services(office, office.desk(desk_id))[:1]:
            await _take_ticket(timeline.runtime_at_fraction(0.05 + 0.02 * place), office, service, next(people))
    for place, (desk_id, agent) in enumerate(idle):
        called = await queue.call_next(timeline.runtime_at_fraction(0.35 + 0.04 * place), agent, desk_id)
        if called is not None:
            await queue.start_service(timeline.runtime_at_fraction(0.37 + 0.04 * place), agent, called.id)


async def _add_waiting_people(timeline: DemoTimeline, office: Office, missing: int, people: Iterator[str]) -> None:
    offered = _walk_in_services(office)
    services = cycle(offered)
    for place in range(missing if offered else 0):
        await _take_ticket(
            timeline.runtime_at_fraction(0.6 + 0.35 * place / missing), office, next(services), next(people)
        )


async def _take_ticket(runtime: Runtime, office: Office, service: OfficeService, name: str) -> None:
    """Take a ticket; ignore a refusal, such as shortly before closing."""
    request = TicketRequest(service=service.slug, name=name, exempt=True)
    with contextlib.suppress(Refused):
        await queue.take_ticket(runtime, office.slug, request)


async def _check_in_appointment(runtime: Runtime, office: Office) -> None:
    """Check in an appointment if two are expected, so that the other is left for a visitor."""
    now = runtime.now()
    async with runtime.read_session() as session:
        near = [
            appointment
            for appointment in await expected_appointments(session, office, "in_person", now)
            if entry_opens_at(appointment) <= now
        ]
    if len(near) > 1:
        request = TicketRequest(appointment=appointment_token(runtime, near[0]), exempt=True)
        await queue.take_ticket(runtime, office.slug, request)


def _walk_in_services(office: Office) -> list[OfficeService]:
    return [service for service in office.services if service.walk_in and "in_person" in service.modes]


def _preferred_services(office: Office, desk: OfficeDesk) -> list[OfficeService]:
    """Return the services of the desk's lines, the preferred line first."""
    services = [service for service in _walk_in_services(office) if service.line_id in desk.line_ids]
    return sorted(services, key=lambda service: desk.line_ids.index(service.line_id))
