"""What an office's own past says of its pace, read from SQL at most every ten minutes by each process."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from ...appointments.service import count_attendance
from ...core.db.process_cache import process_cache
from ...offices.service import Office, hours
from ..domain.service_times import ServiceHistory, ServiceTimes
from ..domain.service_times import estimate_service_times as pace_from
from ..storage import history_rows

SERVICE_TIMES_CACHED_FOR = timedelta(minutes=10)  # one visit more or less changes no estimate
HISTORY_LENGTH = timedelta(weeks=4)  # as far back as the same people do the same work
MAX_HISTORY_TICKETS = 3000  # enough for any mean, and read in some ten milliseconds


class ServiceTimesCache:
    """The pace of each office, and when it was read. A memory of the process; only reading fills it.

    It holds for the office as it was then: another version of it may set other durations.
    """

    def __init__(self) -> None:
        self._known: dict[str, tuple[int, datetime, ServiceTimes]] = {}

    def get(self, office: Office, now: datetime) -> ServiceTimes | None:
        """What was read of this very version in the last ten minutes."""
        version, read_at, pace = self._known.get(office.id, (None, now, None))
        return pace if version == office.version and read_at <= now < read_at + SERVICE_TIMES_CACHED_FOR else None

    def put(self, office: Office, now: datetime, service_times: ServiceTimes) -> None:
        self._known[office.id] = (office.version, now, service_times)


async def load_service_times(session: AsyncSession, office: Office, now: datetime) -> ServiceTimes:
    """What to expect of an office's visits: its last weeks, drawn towards what it has set while they are few."""
    paces = process_cache(session).get(ServiceTimesCache)
    known = paces.get(office, now)
    if known is None:
        expected = {one.slug: timedelta(minutes=one.minutes) for one in office.services}
        known = pace_from(await load_service_history(session, office, now), expected)
        paces.put(office, now, known)
    return known


async def load_service_history(session: AsyncSession, office: Office, now: datetime) -> ServiceHistory:
    """What an office has measured in the last weeks, today included."""
    since = hours.to_local_day(office.hours, now - HISTORY_LENGTH)
    past = await history_rows.call_history(session, office.id, since, MAX_HISTORY_TICKETS)
    came, booked = await count_attendance(session, office.id, now - HISTORY_LENGTH, now)
    return ServiceHistory(
        durations_by_service={service: tuple(lasted) for service, lasted in past.durations_by_service.items()},
        calls=past.answered + past.unanswered,
        unanswered=past.unanswered,
        appointments=booked,
        no_shows=booked - came,
    )
