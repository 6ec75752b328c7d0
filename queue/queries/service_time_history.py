"""Service times of an office from its own history, cached for ten minutes in each process.

No writes.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from ...appointments.service import count_attendance
from ...core.db.process_cache import process_cache
from ...offices.service import Office, hours
from ..domain.service_times import ServiceHistory, ServiceTimes, estimate_service_times
from ..storage import history_rows

SERVICE_TIMES_CACHED_FOR = timedelta(minutes=10)  # a few more visits change an estimate very little
HISTORY_LENGTH = timedelta(weeks=4)  # longer ago other agents did other work
MAX_HISTORY_TICKETS = 3000  # enough for a mean, and read in about ten milliseconds


class ServiceTimesCache:
    """The service times of each office in this process. Only a load fills it.

    An entry is valid for a single version of the office, because another version may set other durations.
    """

    def __init__(self) -> None:
        self._entries: dict[str, tuple[int, datetime, ServiceTimes]] = {}

    def get(self, office: Office, now: datetime) -> ServiceTimes | None:
        """Return the entry of this version if it is younger than SERVICE_TIMES_CACHED_FOR."""
        entry = self._entries.get(office.id)
        if entry is None:
            return None
        version, loaded_at, service_times = entry
        is_valid = version == office.version and loaded_at <= now < loaded_at + SERVICE_TIMES_CACHED_FOR
        return service_times if is_valid else None

    def put(self, office: Office, now: datetime, service_times: ServiceTimes) -> None:
        self._entries[office.id] = (office.version, now, service_times)


async def load_service_times(session: AsyncSession, office: Office, now: datetime) -> ServiceTimes:
    """Return the expected service times: cached, or estimated from the last weeks."""
    cache = process_cache(session).get(ServiceTimesCache)
    service_times = cache.get(office, now)
    if service_times is None:
        expected = {service.slug: timedelta(minutes=service.minutes) for service in office.services}
        service_times = estimate_service_times(await load_service_history(session, office, now), expected)
        cache.put(office, now, service_times)
    return service_times


async def load_service_history(session: AsyncSession, office: Office, now: datetime) -> ServiceHistory:
    """Load the measurements of the last weeks, today included."""
    since = hours.to_local_day(office.hours, now - HISTORY_LENGTH)
    calls = await history_rows.call_history(session, office.id, since, MAX_HISTORY_TICKETS)
    attended, booked = await count_attendance(session, office.id, now - HISTORY_LENGTH, now)
    return ServiceHistory(
        durations_by_service={slug: tuple(lasted) for slug, lasted in calls.durations_by_service.items()},
        calls=calls.answered + calls.unanswered,
        unanswered=calls.unanswered,
        appointments=booked,
        no_shows=booked - attended,
    )
