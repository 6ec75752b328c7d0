"""Facts of the database at the end of a soak, for the checks of the ledger."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from ...appointments.storage.tables import AppointmentRow
from ...core.db.idempotency_keys import IdempotentRequestRow
from ...core.db.leases import LeaseRow
from ...core.db.outbox import OutboxRow
from ...core.db.process_heartbeats import database_time, is_process_alive
from ...core.db.timer_rows import TimerRow
from ...notifications.storage.tables import SentMessageRow
from ...offices.storage.tables import OfficeRow
from ...queue.storage.tables import SegmentRow, TicketEventRow, TicketRow
from ...rooms.storage.tables import ParticipantRow, PresenceRow, RoomRow
from . import ledger as books
from .city import CAPACITY, PROBED_OFFICE
from .ledger import DeskPeriod, Ledger, PhoneState, StoredAppointment, StoredEvent, StoredMessage, StoredTicket
from .people_client import PeopleClient
from .phones import Phone, to_phone_state
from .soaked_product import SoakedProduct

BALANCE_TIMEOUT_S = 100.0  # longer than any lease: what a dead process had claimed is done by then
LATE_S = 5.0  # after its due time, for a message or a timer on a busy machine
STALE_PRESENCE_S = 150.0  # a participant has left 120 s after the last sign of life, by a timer
POLL_INTERVAL_S = 1.0
AT_DESK = ("called", "serving")
INSIDE = ("lobby", "admitted")
Findings = dict[str, list[str]]


class Audit:
    """Reads the database and the gateways, and balances the books of a run."""

    def __init__(self, product: SoakedProduct, ledger: Ledger, desks: int) -> None:
        self._product = product
        self._ledger = ledger
        self._desks = desks
        self.compared: dict[str, int] = {}

    async def settle(self, phones: list[Phone], client: PeopleClient) -> tuple[Findings, float]:
        """Balance the books until they balance, or for a time. Returns mistakes and seconds."""
        loop = asyncio.get_running_loop()
        began_s = loop.time()
        while True:
            findings = await self.balance()
            findings["phones"] = await self.compare_phones(phones, client)
            if not any(findings.values()) or loop.time() - began_s > BALANCE_TIMEOUT_S:
                return findings, loop.time() - began_s
            await asyncio.sleep(POLL_INTERVAL_S)

    async def balance(self) -> Findings:
        """Compare everything but phones."""
        async with self._product.runtime.read_session() as session:
            now = (await session.execute(select(database_time()))).scalar_one()
            loaders: dict[str, Callable[[AsyncSession, datetime], Awaitable[list[str]]]] = {
                "tickets": self._tickets,
                "appointments": self._appointments,
                "messages": self._messages,
                "timers": self._timers,
                "leases": self._leases,
                "rooms": self._rooms,
            }
            return {name: await load(session, now) for name, load in loaders.items()}

    async def compare_phones(self, phones: list[Phone], client: PeopleClient) -> list[str]:
        """Compare the last frame of each phone with its row, and its position with the API."""
        async with self._product.runtime.read_session() as session:
            columns = (TicketRow.id, TicketRow.state, TicketRow.desk_id, TicketRow.recalls)
            rows = {row[0]: row for row in await session.execute(select(*columns))}
        stored: dict[str, PhoneState] = {}
        for phone in phones:
            _, state, desk, recalls = rows[phone.ticket]
            stored[phone.ticket] = PhoneState(state, desk if state in AT_DESK else None, None, recalls)
            if state == "waiting":
                answer = await client.get(f"/api/v1/tickets/{phone.token}")
                if answer.status == 200:
                    stored[phone.ticket] = to_phone_state(answer.body)
        self.compared["phones"] = len(phones)
        return books.check_phones({phone.ticket: phone.shown() for phone in phones}, stored)

    async def _tickets(self, session: AsyncSession, now: datetime) -> list[str]:
        emails = {
            row.id: row.email for row in await session.execute(select(AppointmentRow.id, AppointmentRow.email))
        }
        rows = (await session.execute(select(TicketRow))).scalars().all()
        tickets = [
            StoredTicket(
                row.id,
                emails[row.appointment_id] if row.appointment_id else str(row.email),
                row.state,
                row.issued_line_id,
                str(row.day),
                row.number,
            )
            for row in rows
        ]
        events = [
            StoredEvent(
                row.ticket_id, row.action, row.before, row.after, row.actor.startswith(("staff", "citizen"))
            )
            for row in (await session.execute(select(TicketEventRow))).scalars()
        ]
        periods = [
            DeskPeriod(row.ticket_id, row.desk_id, row.started_at, row.ended_at)
            for row in (await session.execute(select(SegmentRow).where(SegmentRow.state.in_(AT_DESK)))).scalars()
            if row.desk_id is not None
        ]
        periods += [
            DeskPeriod(row.id, row.desk_id, row.since, None)
            for row in rows
            if row.state in AT_DESK and row.desk_id
        ]
        self.compared |= {"tickets": len(tickets), "events of tickets": len(events)}
        return [
            *books.check_writes(self._ledger.tickets, [(ticket.email, ticket.id) for ticket in tickets]),
            *books.check_actions(self._ledger, events),
            *books.check_transitions(tickets, events),
            *books.check_desks(periods),
            *books.check_numbers(tickets),
        ]

    async def _appointments(self, session: AsyncSession, now: datetime) -> list[str]:
        rows = (await session.execute(select(AppointmentRow))).scalars().all()
        moved = {row.rescheduled_to for row in rows}
        appointments = [
            StoredAppointment(
                row.id,
                f"{row.email} moved" if row.id in moved else row.email,
                row.state,
                row.office_slug,
                row.service_slug,
                row.mode,
                row.starts_at,
                row.ends_at,
            )
            for row in rows
        ]
        slugs = (await session.execute(select(OfficeRow.slug).where(OfficeRow.slug != PROBED_OFFICE))).scalars()
        capacity = {
            (slug, service, mode): count
            for slug in slugs
            for service, by_mode in CAPACITY.items()
            for mode, count in by_mode.items()
        }
        self.compared["appointments"] = len(appointments)
        return [
            *books.check_writes(
                self._ledger.appointments, [(appointment.email, appointment.id) for appointment in appointments]
            ),
            *books.check_slots(appointments, capacity, self._desks),
            *books.check_appointments(self._ledger, appointments),
        ]

    async def _messages(self, session: AsyncSession, now: datetime) -> list[str]:
        receipts: dict[str, str] = {
            row.outbox_id: row.message_id
            for row in await session.execute(select(SentMessageRow.outbox_id, SentMessageRow.message_id))
        }
        messages = [
            StoredMessage(
                row.key,
                row.channel,
                row.state,
                row.not_before,
                row.lease_until,
                frozenset({row.key, receipts.get(row.id, row.key)}),
            )
            for row in (await session.execute(select(OutboxRow))).scalars()
        ]
        sink = self._product.sink
        delivered = {message.identifier for channel in ("email", "sms") for message in sink.received(channel)}
        self.compared["messages"] = len(messages)
        return books.check_messages(messages, delivered, now, LATE_S)

    async def _timers(self, session: AsyncSession, now: datetime) -> list[str]:
        rows = await session.execute(select(TimerRow.kind, TimerRow.due_at))
        timers = [(kind, due_at) for kind, due_at in rows]
        self.compared["timers"] = len(timers)
        return books.check_timers(timers, now, LATE_S)

    async def _leases(self, session: AsyncSession, now: datetime) -> list[str]:
        leases: list[tuple[str, datetime | None, bool]] = [
            (f"lease {row.name}", row.lease_until, True)
            for row in (await session.execute(select(LeaseRow))).scalars()
        ]
        leases += [
            (f"timer {row.kind}", row.lease_until, True)
            for row in (await session.execute(select(TimerRow).where(TimerRow.lease_until.is_not(None)))).scalars()
        ]
        leases += [
            (f"message {row.key}", row.lease_until, True)
            for row in (await session.execute(select(OutboxRow).where(OutboxRow.state == "sending"))).scalars()
        ]
        claims = select(IdempotentRequestRow.owner).where(IdempotentRequestRow.answer.is_(None))
        for owner in (await session.execute(claims)).scalars():
            is_alive = owner is not None and await is_process_alive(session, owner)
            leases.append((f"idempotency key of process {owner}", None, is_alive))
        self.compared["leases"] = len(leases)
        return books.check_leases(leases, now)

    async def _rooms(self, session: AsyncSession, now: datetime) -> list[str]:
        rooms: list[Any] = list((await session.execute(select(RoomRow))).scalars())
        ended = {row.appointment_id for row in rooms if row.ended_at is not None}
        presences = (
            await session.execute(
                select(PresenceRow.seen_at, ParticipantRow.place, ParticipantRow.appointment_id).join(
                    ParticipantRow, ParticipantRow.id == PresenceRow.participant_id
                )
            )
        ).all()
        self.compared["rooms"] = len(rooms)
        return [
            *(
                f"room {ended_room}: its end was acknowledged, but it is open"
                for ended_room in self._ledger.ended_rooms - ended
            ),
            *(
                f"room {row.appointment_id}: a participant without a sign of life is still there"
                for row in presences
                if row.place in INSIDE and (now - row.seen_at).total_seconds() > STALE_PRESENCE_S
            ),
        ]
