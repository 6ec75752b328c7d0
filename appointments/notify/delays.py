"""Telling people that we run late. Who foretells when visits begin, the line or the rooms, is named by server/."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from ...core.runtime import Runtime, Transaction
from ...offices.service import Office, all_offices, hours, office_by_id
from ..domain import delay_notice
from ..domain.appointment import Appointment
from ..storage import appointment_rows, reminder_rows
from . import appointment_messages

logger = logging.getLogger(__name__)

CHECK_INTERVAL_S = 60  # who is told to come at another time has still hours, or half an hour at least
MIN_DELAY_DURATION = timedelta(
    minutes=5
)  # desks that open one after the other, or an agent's short break, are no delay

# When each visit that has not begun would begin as things stand, by the appointment's id.
StartForecaster = Callable[[AsyncSession, Office, datetime], Awaitable[Mapping[str, datetime]]]


@dataclass(frozen=True, slots=True)
class ObservedDelay:
    """Since when a visit would begin late, and the earliest time that was foretold since."""

    since: datetime
    expected_at: datetime


class DelayMonitor:
    """One worker's looks at who runs late. A delay is told when it has lasted: desks open one after the other."""

    def __init__(self, runtime: Runtime, forecast_starts: StartForecaster) -> None:
        self._runtime = runtime
        self._forecast_starts = forecast_starts
        self._delays: dict[str, ObservedDelay] = {}

    async def check_offices(self) -> int:
        """Look once at every office that calls people; how many were told something."""
        now, found = self._runtime.now(), dict[str, datetime]()
        async with self._runtime.read_session() as session:
            for office in await all_offices(session):
                if not office.paused and hours.is_open(office.hours, now):
                    found |= await self._find_delays(session, office, now)
        self._delays = {one: self._merge_delay(one, expected_at, now) for one, expected_at in found.items()}
        lasting = [one for one, delay in self._delays.items() if now - delay.since >= MIN_DELAY_DURATION]
        return sum([await self._announce(one) for one in lasting])

    async def _find_delays(self, session: AsyncSession, office: Office, now: datetime) -> dict[str, datetime]:
        expected = await self._forecast_starts(session, office, now)
        people = await reminder_rows.appointments_by_ids(session, list(expected)) if expected else []
        return {
            one.id: expected[one.id] for one in people if _start_to_announce(office, one, expected[one.id], now)
        }

    def _merge_delay(self, appointment_id: str, expected_at: datetime, now: datetime) -> ObservedDelay:
        known = self._delays.get(appointment_id, ObservedDelay(now, expected_at))
        return ObservedDelay(known.since, min(known.expected_at, expected_at))

    async def _announce(self, appointment_id: str) -> bool:
        async with self._runtime.transaction() as tx:
            return await announce_delay(tx, appointment_id, self._delays.pop(appointment_id).expected_at)


async def announce_delay(tx: Transaction, appointment_id: str, expected_at: datetime) -> bool:
    """As things stand this visit would begin at `expected_at`: tell whoever has not come yet, if that is news.

    The caller need hold nothing; whoever checks in or cancels at this moment goes before or after this.
    """
    appointment = await appointment_rows.lock_appointment(tx.session, appointment_id)
    if appointment is None:
        return False
    office = await office_by_id(tx.session, appointment.office_id)
    come_at = _start_to_announce(office, appointment, expected_at, tx.now)
    if come_at is None:
        return False
    await appointment_messages.send_delay(tx, office, appointment, come_at)
    latest = max(come_at, appointment.latest_told_at or come_at)
    await reminder_rows.save_announced_start(tx.session, appointment.id, come_at, latest, tx.now)
    logger.info("appointment_told_late", extra={"appointment": appointment.id})
    return True


def _start_to_announce(
    office: Office, appointment: Appointment, expected_at: datetime, now: datetime
) -> datetime | None:
    return delay_notice.start_to_announce(
        appointment, expected_at, now, appointment_messages.reminder_settings(office, appointment)
    )


async def run_delay_monitor(runtime: Runtime, forecast_starts: StartForecaster, stop: asyncio.Event) -> None:
    """Look every minute until `stop` is set."""
    watch = DelayMonitor(runtime, forecast_starts)
    while not stop.is_set():
        try:
            await watch.check_offices()
        except Exception:  # the database may be away for a moment; the next look tells what this one did not
            logger.exception("lateness_failed")
        try:
            await asyncio.wait_for(stop.wait(), CHECK_INTERVAL_S)
        except TimeoutError:
            continue
