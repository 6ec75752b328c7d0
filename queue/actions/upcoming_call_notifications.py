"""Notifications without an action: a call is near, or its range has moved.

A worker scans the lines that have tickets with notifications, outside of the event loop, so that no call gets
slower. The announced values are saved with the ticket in the transaction of the message: a worker that crashes
neither loses a notification nor sends it twice.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from ...core.contact import push_subscriptions
from ...core.errors import Unavailable
from ...core.periodic import run_every
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

SCAN_EVERY_S = 2.0  # the delay of the notification "you are among the next"
CLEANUP_EVERY = timedelta(hours=1)
RESCAN_AFTER = timedelta(seconds=15)  # call ranges move with the clock, also without a change of the line


@dataclass(frozen=True, slots=True)
class UpcomingNotification:
    """A notification for one ticket, sent only if it still holds under the lock."""

    person: NotificationRecipient
    draft: NotificationDraft


class UpcomingCallNotifier:
    """The scans of a worker. A line is scanned when it has changed, or after RESCAN_AFTER."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._scanned: dict[str, tuple[int, datetime]] = {}
        self._cleaned_up_at: datetime | None = None

    async def delete_expired_subscriptions(self) -> None:
        """Delete expired push subscriptions, once an hour."""
        now = self._runtime.now()
        if self._cleaned_up_at is not None and now < self._cleaned_up_at + CLEANUP_EVERY:
            return
        async with self._runtime.transaction() as tx:
            await push_subscriptions.delete_expired_subscriptions(tx.session, now)
        self._cleaned_up_at = now

    async def notify_once(self) -> int:
        """Scan once. Return the number of notifications sent."""
        if await self._runtime.db.first_value(contact_rows.SELECT_WAITING_RECIPIENT) is None:
            return 0
        found: list[tuple[Office, list[UpcomingNotification]]] = []
        async with self._runtime.read_session() as session:
            people = await contact_rows.notification_recipients_in_states(session, [TicketState.WAITING])
            for office_id in sorted({person.office_id for person in people.values()}):
                in_office = {id: person for id, person in people.items() if person.office_id == office_id}
                with suppress(Unavailable):  # one office that cannot be read does not stop the others
                    found.append(await self._scan_office(session, office_id, in_office))
        sent = 0
        for office, upcoming in found:
            if upcoming:
                sent += await self._send_if_current(office, upcoming)
        return sent

    async def _scan_office(
        self, session: AsyncSession, office_id: str, people: Mapping[str, NotificationRecipient]
    ) -> tuple[Office, list[UpcomingNotification]]:
        office, now = await office_by_id(session, office_id), self._runtime.now()
        line_ids = {person.line_id for person in people.values()}
        due = [line_id for line_id in line_ids if self._is_scan_due(office, line_id, now)]
        if office.paused or not due:
            return office, []
        state = await office_state.load_office_state(session, office, now)
        upcoming = []
        for line_id in due:
            schedule = await asyncio.to_thread(state.call_schedule, line_id)
            upcoming += upcoming_notifications(state.lines[line_id].tickets, people, schedule, now)
            self._scanned[line_id] = (office.line_by_id(line_id).version, now)
        return office, upcoming

    def _is_scan_due(self, office: Office, line_id: str, now: datetime) -> bool:
        version, at = self._scanned.get(line_id, (-1, now))
        return version != office.line_by_id(line_id).version or at + RESCAN_AFTER <= now

    async def _send_if_current(self, office: Office, upcoming: Sequence[UpcomingNotification]) -> int:
        """Send what still holds: a ticket may be called, or another worker may have sent it."""
        line_ids = {notification.person.line_id for notification in upcoming}
        async with self._runtime.transaction() as tx:
            # Read before locking the lines, as every transaction: the only writer of SQLite may wait for a line.
            present_office = await office_by_id(tx.session, office.id)
            locked = await lock_office_lines(tx, present_office, line_ids)
            waiting = {
                ticket.id
                for line in locked.lines.values()
                for ticket in line.tickets
                if ticket.state is TicketState.WAITING and ticket.notify
            }
            present = await contact_rows.notification_recipients(
                tx.session, [notification.person.ticket_id for notification in upcoming]
            )
            current = [
                notification
                for notification in upcoming
                if notification.person.ticket_id in waiting
                and present.get(notification.person.ticket_id) == notification.person
            ]
            drafts = [notification.draft for notification in current]
            await ticket_messages.enqueue_notifications(tx, locked.office, drafts)
            for notification in current:
                values = _announced_values(notification.draft)
                await contact_rows.save_announced_values(tx.session, notification.person.ticket_id, **values)
        return len(current)


def upcoming_notifications(
    tickets: Sequence[Ticket], people: Mapping[str, NotificationRecipient], schedule: CallSchedule, now: datetime
) -> list[UpcomingNotification]:
    """Return the notifications that are due for these people of a line."""
    ahead = schedule.people_ahead().all
    found = []
    for ticket in tickets:
        person = people.get(ticket.id)
        if person is not None:
            draft = _draft_for_ticket(ticket, person, ahead.get(ticket.id), schedule, now)
            if draft is not None:
                found.append(UpcomingNotification(person, draft))
    return found


def _draft_for_ticket(
    ticket: Ticket, person: NotificationRecipient, ahead: int | None, schedule: CallSchedule, now: datetime
) -> NotificationDraft | None:
    if person.told_next:
        return None
    expected = schedule.ranges.get(ticket.id)
    present = AnnouncedRange(expected.earliest, expected.latest) if expected else None
    earliest = expected.earliest if expected else None
    facts = {"ahead": ahead, "earliest": earliest, "latest": expected.latest if expected else None}
    next_notification = ticket_notifications.notification_if_next(ticket, ahead, earliest, now)
    if next_notification is not None:
        return NotificationDraft(ticket, next_notification, facts)
    announced = None
    if person.told_earliest and person.told_latest:
        announced = AnnouncedRange(person.told_earliest, person.told_latest)
    if present is None or not ticket_notifications.has_range_moved(announced, present):
        return None
    return NotificationDraft(ticket, ticket_notifications.notification_for_new_range(present), facts)


def _announced_values(draft: NotificationDraft) -> dict[str, object]:
    return {
        "next": draft.notification.kind == "turn_next",
        "earliest": draft.facts["earliest"],
        "latest": draft.facts["latest"],
    }


async def expected_call_times(session: AsyncSession, office: Office, now: datetime) -> Mapping[str, datetime]:
    """Return by appointment when it would be called, for those in person without a ticket yet."""
    state = await office_state.load_office_state(session, office, now)
    if not any(state.appointments_by_line.values()):
        return {}
    return await asyncio.to_thread(state.expected_call_times)


async def run_upcoming_call_notifier(runtime: Runtime, stop: asyncio.Event) -> None:
    """Scan until `stop` is set."""
    notifier = UpcomingCallNotifier(runtime)

    async def scan() -> None:
        await notifier.notify_once()
        await notifier.delete_expired_subscriptions()

    await run_every(SCAN_EVERY_S, stop, scan, logger=logger, failure_event="look_ahead_failed")
