"""Reminding people of their appointments.

One timer an appointment: each reminder is written when it is due, with what is true then, and sets the timer of
the next (docs/decisions/0022). A worker that dies leaves the timer; one that comes back too late finds that it
says nothing any more.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from ...core.db.timer_rows import timer_due_times
from ...core.db.timers import TimerHandler
from ...core.runtime import Runtime, Transaction
from ...offices.service import Office, all_offices, office_by_id
from ..domain import reminder_schedule
from ..domain.appointment import Appointment, AppointmentState
from ..events import LastTestLoader
from ..storage import appointment_rows, reminder_rows
from . import appointment_messages
from .appointment_messages import REMINDER_TIMER

logger = logging.getLogger(__name__)

CHECK_INTERVAL_S = 3600  # how soon another rule of an office is kept for those who have booked already
CHECK_AHEAD = timedelta(days=reminder_schedule.REMINDER_BOUNDS["days"][1] + 1)
PAGE_SIZE = 500  # appointments a transaction: it holds SQLite's one writer


def reminder_timers(load_last_test: LastTestLoader) -> Mapping[str, TimerHandler]:
    """The handlers of this file. `ask_last_test`: how the connection did, which appointments do not know."""

    async def remind(tx: Transaction, subject: str) -> None:
        await _send_due_reminder(tx, appointment_messages.appointment_id_from_subject(subject), load_last_test)

    return {REMINDER_TIMER: remind}


async def _send_due_reminder(tx: Transaction, appointment_id: str, load_last_test: LastTestLoader) -> None:
    """Write the reminder that is due, if somebody still waits for this visit, and set the timer of the next."""
    appointment = await appointment_rows.lock_appointment(tx.session, appointment_id)
    if appointment is None or appointment.state is not AppointmentState.CONFIRMED:
        return
    office = await office_by_id(tx.session, appointment.office_id)
    planned = appointment_messages.planned_reminders(office, appointment)
    due = reminder_schedule.due_reminder(planned, tx.now)
    if due is not None and appointment.told_starts_at is None:  # whoever was told that we run late knows more
        last_test = await load_last_test(tx.session, appointment.id) if appointment.mode == "video" else None
        await appointment_messages.send_reminder(tx, office, appointment, due, last_test)
        logger.info("appointment_reminded", extra={"appointment": appointment.id, "reminder": str(due.reminder)})
    await appointment_messages.schedule_next_reminder(tx, office, appointment)


# Those who have no timer, or another than they should


async def repair_reminder_timers(runtime: Runtime) -> int:
    """Set the timers that are missing or wrong, as for whoever booked before there were reminders, or when an
    office sends them at other times; how many. One that is due is left alone: it is about to do its work."""
    changed, now = 0, runtime.now()
    since, after = now, ""
    while True:
        async with runtime.read_session() as session:
            found = await reminder_rows.page_of_appointments_to_remind(
                session, since, after, now + CHECK_AHEAD, PAGE_SIZE
            )
            wrong = await _find_wrong_timers(session, found, now)
        if wrong:
            async with runtime.transaction() as tx:
                await tx.schedule_timers((REMINDER_TIMER, one, at) for one, at in wrong.items())
        changed += len(wrong)
        if len(found) < PAGE_SIZE:
            return changed
        since, after = found[-1].starts_at, found[-1].id


async def _find_wrong_timers(
    session: AsyncSession, found: Sequence[Appointment], now: datetime
) -> dict[str, datetime]:
    """When to remind of those whose timer says otherwise."""
    offices = {one.id: one for one in await all_offices(session)}
    known = await timer_due_times(
        session, REMINDER_TIMER, [appointment_messages.outbox_subject(one) for one in found]
    )
    wrong = {}
    for one in found:
        at = _correct_due_time(
            offices[one.office_id], one, now, known.get(appointment_messages.outbox_subject(one))
        )
        if at is not None:
            wrong[appointment_messages.outbox_subject(one)] = at
    return wrong


def _correct_due_time(
    office: Office, appointment: Appointment, now: datetime, known: datetime | None
) -> datetime | None:
    """The moment to which a timer is to be set; None where it is right."""
    planned = appointment_messages.planned_reminders(office, appointment)
    if known is None:
        due = reminder_schedule.due_reminder(planned, now)
        return due.at if due is not None else reminder_schedule.next_reminder_at(planned, now)
    following = reminder_schedule.next_reminder_at(planned, now)
    return following if known > now and following not in (None, known) else None


async def run_reminder_repair(runtime: Runtime, stop: asyncio.Event) -> None:
    """Look after the timers at the start and then every hour, until `stop` is set."""
    while not stop.is_set():
        try:
            await repair_reminder_timers(runtime)
        except Exception:  # the database may be away for a moment; the next look finds what this one did not
            logger.exception("reminders_failed")
        try:
            await asyncio.wait_for(stop.wait(), CHECK_INTERVAL_S)
        except TimeoutError:
            continue
