"""Looks ahead for people away from their page: they are among the next, or their time has moved.

Neither is anybody's act, so no call pays for it: the worker looks, off the loop, at lines in which somebody asked
to be told. What was told is kept beside the ticket, so a worker that dies leaves nothing untold, nothing twice.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from ...core.contact import push_subscriptions
from ...core.runtime import Runtime
from ...offices.service import Office, office_by_id
from ..domain import ticket_notifications
from ..domain.ticket import Ticket, TicketState
from ..domain.ticket_notifications import AnnouncedRange
from ..notify import ticket_messages
from ..notify.ticket_messages import NotificationDraft
from ..queries import office_state
from ..queries.office_state import CallSchedule
from ..storage import contact_rows
from ..storage.contact_rows import NotificationRecipient
from .line_transaction import lock_office_lines

logger = logging.getLogger(__name__)

SCAN_EVERY_S = 2.0  # how late somebody may hear that they are among the next
CLEANUP_EVERY = timedelta(hours=1)
RESCAN_AFTER = timedelta(seconds=15)  # times move with the clock, though nobody is called


@dataclass(frozen=True, slots=True)
class UpcomingNotification:
    """What one person is to be told, if it is still so under the lock."""

    person: NotificationRecipient
    draft: NotificationDraft


class UpcomingCallNotifier:
    """One worker's looks: a line is looked at again when it has changed, or after a while."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._scanned: dict[str, tuple[int, datetime]] = {}
        self._cleaned_up_at: datetime | None = None

    async def delete_expired_subscriptions(self) -> None:
        """Once an hour: forget browsers that are told nothing more."""
        now = self._runtime.now()
        if self._cleaned_up_at is not None and now < self._cleaned_up_at + CLEANUP_EVERY:
            return
        async with self._runtime.transaction() as tx:
            await push_subscriptions.delete_expired_subscriptions(tx.session, now)
        self._cleaned_up_at = now

    async def notify_once(self) -> int:
        """Look once; how many people were told something."""
        found: list[tuple[Office, list[UpcomingNotification]]] = []
        async with self._runtime.read_session() as session:
            people = await contact_rows.notification_recipients_in_states(session, [TicketState.WAITING])
            for office_id in sorted({one.office_id for one in people.values()}):
                mine = {id: one for id, one in people.items() if one.office_id == office_id}
                found.append(await self._scan_office(session, office_id, mine))
        return sum([await self._send_if_current(office, news) for office, news in found if news])

    async def _scan_office(
        self, session: AsyncSession, office_id: str, people: Mapping[str, NotificationRecipient]
    ) -> tuple[Office, list[UpcomingNotification]]:
        office, now = await office_by_id(session, office_id), self._runtime.now()
        stale = [
            one for one in {person.line_id for person in people.values()} if self._is_scan_due(office, one, now)
        ]
        if office.paused or not stale:
            return office, []
        around = await office_state.load_office_state(session, office, now)
        news = []
        for line_id in stale:
            outlook = await asyncio.to_thread(around.call_schedule, line_id)
            news += upcoming_notifications(around.lines[line_id].tickets, people, outlook, now)
            self._scanned[line_id] = (office.line_by_id(line_id).version, now)
        return office, news

    def _is_scan_due(self, office: Office, line_id: str, now: datetime) -> bool:
        version, at = self._scanned.get(line_id, (-1, now))
        return version != office.line_by_id(line_id).version or at + RESCAN_AFTER <= now

    async def _send_if_current(self, office: Office, foreseen: Sequence[UpcomingNotification]) -> int:
        """Tell what is still so: somebody may have been called, and another worker may have looked meanwhile."""
        line_ids = {one.person.line_id for one in foreseen}
        async with self._runtime.transaction() as tx:
            # The database before the lines, as everybody: SQLite's one writer may wait for a line itself.
            present_office = await office_by_id(tx.session, office.id)
            locked = await lock_office_lines(tx, present_office, line_ids)
            waiting = {
                ticket.id
                for line in locked.lines.values()
                for ticket in line.tickets
                if ticket.state is TicketState.WAITING and ticket.notify
            }
            present = await contact_rows.notification_recipients(
                tx.session, [one.person.ticket_id for one in foreseen]
            )
            still = [
                one
                for one in foreseen
                if one.person.ticket_id in waiting and present.get(one.person.ticket_id) == one.person
            ]
            await ticket_messages.enqueue_notifications(tx, locked.office, [one.draft for one in still])
            for one in still:
                await contact_rows.save_announced_values(
                    tx.session, one.person.ticket_id, **_announced_values(one.draft)
                )
        return len(still)


def upcoming_notifications(
    tickets: Sequence[Ticket], people: Mapping[str, NotificationRecipient], schedule: CallSchedule, now: datetime
) -> list[UpcomingNotification]:
    """What is news to these people of one line."""
    places = {ticket_id: place for place, ticket_id in enumerate(schedule.order)}
    found = []
    for ticket in tickets:
        person = people.get(ticket.id)
        if person is not None:
            news = _draft_for_ticket(ticket, person, places.get(ticket.id), schedule, now)
            found += [UpcomingNotification(person, news)] if news else []
    return found


def _draft_for_ticket(
    ticket: Ticket, person: NotificationRecipient, ahead: int | None, schedule: CallSchedule, now: datetime
) -> NotificationDraft | None:
    expected = schedule.ranges.get(ticket.id)
    present = AnnouncedRange(expected.earliest, expected.latest) if expected else None
    facts = {"ahead": ahead, "earliest": expected and expected.earliest, "latest": expected and expected.latest}
    if person.told_next:
        return None
    if (near := ticket_notifications.notification_if_next(ticket, ahead, now)) is not None:
        return NotificationDraft(ticket, near, facts)
    told = (
        AnnouncedRange(person.told_earliest, person.told_latest)
        if person.told_earliest and person.told_latest
        else None
    )
    return (
        NotificationDraft(ticket, ticket_notifications.notification_for_new_range(present), facts)
        if present and ticket_notifications.has_range_moved(told, present)
        else None
    )


def _announced_values(news: NotificationDraft) -> dict[str, object]:
    return {
        "next": news.notification.kind == "turn_next",
        "earliest": news.facts["earliest"],
        "latest": news.facts["latest"],
    }


async def expected_call_times(session: AsyncSession, office: Office, now: datetime) -> Mapping[str, datetime]:
    """When each appointment in person that has not come would be called, for whoever tells them to come later."""
    around = await office_state.load_office_state(session, office, now)
    return await asyncio.to_thread(around.expected_call_times) if any(around.appointments_by_line.values()) else {}


async def run_upcoming_call_notifier(runtime: Runtime, stop: asyncio.Event) -> None:
    """Look until `stop` is set."""
    teller = UpcomingCallNotifier(runtime)
    while not stop.is_set():
        try:
            await teller.notify_once()
            await teller.delete_expired_subscriptions()
        except Exception:  # the database may be away for a moment; the next look tells what this one did not
            logger.exception("look_ahead_failed")
        try:
            await asyncio.wait_for(stop.wait(), SCAN_EVERY_S)
        except TimeoutError:
            continue
