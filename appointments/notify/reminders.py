"""Reminders of appointments.

Each appointment has a timer: when it is due, the reminder is written with the facts of that moment, and the
timer is set to the next reminder (docs/decisions/0022). A worker that dies leaves the timer; a worker that is
too late sends nothing, because the reminder is no longer useful.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from ...core.db import timer_rows
from ...core.db.timers import TimerHandler
from ...core.periodic import run_every
from ...core.runtime import Runtime, Transaction
from ...offices.service import Office, all_offices, office_by_id
from ..domain import reminder_schedule
from ..domain.appointment import Appointment, AppointmentState
from ..events import LastTestLoader
from ..storage import appointment_rows, reminder_rows
from .appointment_messages import send_reminder
from .reminder_timers import (
    REMINDER_TIMER,
    appointment_id_from_subject,
    outbox_subject,
    planned_reminders,
    schedule_next_reminder,
)

logger = logging.getLogger(__name__)

# Changed settings of an office apply within an hour to citizens who booked before.
CHECK_INTERVAL_S = 3600
CHECK_AHEAD = timedelta(days=reminder_schedule.MAX_REMINDER_DAYS + 1)
PAGE_SIZE = 500  # appointments of a transaction, which holds SQLite's only writer


def reminder_timers(load_last_test: LastTestLoader) -> Mapping[str, TimerHandler]:
    """Build the timer handler. `load_last_test` asks the feature of the connection tests."""

    async def remind(tx: Transaction, subject: str) -> None:
        await _send_due_reminder(tx, appointment_id_from_subject(subject), load_last_test)

    return {REMINDER_TIMER: remind}


async def _send_due_reminder(tx: Transaction, appointment_id: str, load_last_test: LastTestLoader) -> None:
    """Send the reminder that is due to an expected citizen, and set the next timer."""
    appointment = await appointment_rows.lock_appointment(tx.session, appointment_id)
    if appointment is None or appointment.state is not AppointmentState.CONFIRMED:
        return
    office = await office_by_id(tx.session, appointment.office_id)
    due = reminder_schedule.due_reminder(planned_reminders(office, appointment), tx.now)
    # After a delay notice, the reminder would name the wrong time.
    if due is not None and appointment.told_starts_at is None:
        last_test = await load_last_test(tx.session, appointment.id) if appointment.mode == "video" else None
        await send_reminder(tx, office, appointment, due, last_test)
        logger.info("appointment_reminded", extra={"appointment": appointment.id, "reminder": str(due.reminder)})
    await schedule_next_reminder(tx, office, appointment)


async def repair_reminder_timers(runtime: Runtime) -> int:
    """Set the timers that are missing or wrong; return how many.

    A timer is wrong, for example, after an office changed its settings. A timer that is due is left alone,
    because its reminder is about to be sent.
    """
    changed, now = 0, runtime.now()
    since, after = now, ""
    while True:
        async with runtime.read_session() as session:
            page = await reminder_rows.page_of_appointments_to_remind(
                session, since, after, now + CHECK_AHEAD, PAGE_SIZE
            )
            wrong = await _find_wrong_timers(session, page, now)
        # A page without a wrong timer opens no transaction, which would hold SQLite's only writer.
        if wrong:
            async with runtime.transaction() as tx:
                await tx.schedule_timers((REMINDER_TIMER, subject, at) for subject, at in wrong.items())
        changed += len(wrong)
        if len(page) < PAGE_SIZE:
            return changed
        since, after = page[-1].starts_at, page[-1].id


async def _find_wrong_timers(
    session: AsyncSession, appointments: Sequence[Appointment], now: datetime
) -> dict[str, datetime]:
    """Return the correct due time of each timer that is missing or wrong, by its subject."""
    offices = {office.id: office for office in await all_offices(session)}
    subjects = [outbox_subject(appointment) for appointment in appointments]
    known = await timer_rows.timer_due_times(session, REMINDER_TIMER, subjects)
    wrong = {}
    for subject, appointment in zip(subjects, appointments, strict=True):
        office = offices.get(appointment.office_id)  # None if its rows cannot be read
        at = _correct_due_time(office, appointment, now, known.get(subject)) if office else None
        if at is not None:
            wrong[subject] = at
    return wrong


def _correct_due_time(
    office: Office, appointment: Appointment, now: datetime, known: datetime | None
) -> datetime | None:
    """Return when the timer should be due; None if it is right."""
    planned = planned_reminders(office, appointment)
    upcoming = reminder_schedule.next_reminder_at(planned, now)
    # A version without reminders booked appointments without a timer: what is due now is still sent.
    if known is None:
        due = reminder_schedule.due_reminder(planned, now)
        return due.at if due is not None else upcoming
    return upcoming if known > now and upcoming not in (None, known) else None


async def run_reminder_repair(runtime: Runtime, stop: asyncio.Event) -> None:
    """Repair the timers at the start and then every hour, until `stop` is set."""

    async def repair() -> None:
        await repair_reminder_timers(runtime)

    await run_every(CHECK_INTERVAL_S, stop, repair, logger=logger, failure_event="reminders_failed")
