"""Delay notices: which citizens to tell a later start, and when.

server/ passes the forecast of the starts, which the line or the video rooms compute.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from ...core.periodic import run_every
from ...core.runtime import Runtime, Transaction
from ...offices.service import Office, all_offices, hours, office_by_id
from ..domain import delay_notice
from ..domain.appointment import Appointment
from ..storage import appointment_rows, reminder_rows
from .appointment_messages import send_delay
from .reminder_timers import reminder_settings

logger = logging.getLogger(__name__)

# A notice leaves the citizen at least half an hour, so a minute more does not matter.
CHECK_INTERVAL_S = 60
# Desks that open in turn, or a short break, are no delay.
MIN_DELAY_DURATION = timedelta(minutes=5)

# Forecast start of each visit that has not begun, by the id of the appointment.
StartForecaster = Callable[[AsyncSession, Office, datetime], Awaitable[Mapping[str, datetime]]]


@dataclass(frozen=True, slots=True)
class ObservedDelay:
    """Since when a visit is forecast to start late, and its earliest forecast since then."""

    since: datetime
    expected_at: datetime


class DelayMonitor:
    """Watches the forecasts of a worker, and announces the delays that last."""

    def __init__(self, runtime: Runtime, forecast_starts: StartForecaster) -> None:
        self._runtime = runtime
        self._forecast_starts = forecast_starts
        # In memory only: after a restart, a delay has to last for MIN_DELAY_DURATION again.
        self._delays: dict[str, ObservedDelay] = {}

    async def check_offices(self) -> int:
        """Check every open office once; return how many citizens were notified."""
        now, late = self._runtime.now(), dict[str, datetime]()
        async with self._runtime.read_session() as session:
            for office in await all_offices(session):
                if not office.paused and hours.is_open(office.hours, now):
                    late |= await self._find_delays(session, office, now)
        self._delays = {
            appointment_id: self._merge_delay(appointment_id, expected_at, now)
            for appointment_id, expected_at in late.items()
        }
        lasting = [
            appointment_id
            for appointment_id, delay in self._delays.items()
            if now - delay.since >= MIN_DELAY_DURATION
        ]
        notified = 0
        for appointment_id in lasting:
            notified += await self._announce(appointment_id)
        return notified

    async def _find_delays(self, session: AsyncSession, office: Office, now: datetime) -> dict[str, datetime]:
        expected = await self._forecast_starts(session, office, now)
        appointments = await appointment_rows.appointments_by_ids(session, expected)
        return {
            appointment.id: expected[appointment.id]
            for appointment in appointments
            if _start_to_announce(office, appointment, expected[appointment.id], now)
        }

    def _merge_delay(self, appointment_id: str, expected_at: datetime, now: datetime) -> ObservedDelay:
        known = self._delays.get(appointment_id, ObservedDelay(now, expected_at))
        return ObservedDelay(known.since, min(known.expected_at, expected_at))

    async def _announce(self, appointment_id: str) -> bool:
        async with self._runtime.transaction() as tx:
            return await announce_delay(tx, appointment_id, self._delays.pop(appointment_id).expected_at)


async def announce_delay(tx: Transaction, appointment_id: str, expected_at: datetime) -> bool:
    """Tell the citizen that the visit would start at `expected_at`.

    False if there is nothing to tell. The caller needs no lock: the row lock puts a simultaneous check-in or
    cancellation before or after this.
    """
    appointment = await appointment_rows.lock_appointment(tx.session, appointment_id)
    if appointment is None:
        return False
    office = await office_by_id(tx.session, appointment.office_id)
    come_at = _start_to_announce(office, appointment, expected_at, tx.now)
    if come_at is None:
        return False
    await send_delay(tx, office, appointment, come_at)
    latest = max(come_at, appointment.latest_told_at or come_at)
    await reminder_rows.save_announced_start(tx.session, appointment.id, come_at, latest, tx.now)
    logger.info("appointment_told_late", extra={"appointment": appointment.id})
    return True


def _start_to_announce(
    office: Office, appointment: Appointment, expected_at: datetime, now: datetime
) -> datetime | None:
    return delay_notice.start_to_announce(appointment, expected_at, now, reminder_settings(office, appointment))


async def run_delay_monitor(runtime: Runtime, forecast_starts: StartForecaster, stop: asyncio.Event) -> None:
    """Check all offices every minute until `stop` is set."""
    monitor = DelayMonitor(runtime, forecast_starts)
    await run_every(CHECK_INTERVAL_S, stop, monitor.check_offices, logger=logger, failure_event="lateness_failed")
