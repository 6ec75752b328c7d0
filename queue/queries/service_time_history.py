"""What an office's own past says of its pace, read from SQL at most every ten minutes by each process."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from ...appointments.service import attendance
from ...core.db.process_cache import memory_of
from ...offices.service import Office, hours
from ..domain.service_times import History, Pace
from ..domain.service_times import pace_of as pace_from
from ..storage import store

KEPT = timedelta(minutes=10)  # one visit more or less changes no estimate
WEEKS = timedelta(weeks=4)  # as far back as the same people do the same work
MOST_TICKETS = 3000  # enough for any mean, and read in some ten milliseconds


class Paces:
    """The pace of each office, and when it was read. A memory of the process; only reading fills it.

    It holds for the office as it was then: another version of it may set other durations.
    """

    def __init__(self) -> None:
        self._known: dict[str, tuple[int, datetime, Pace]] = {}

    def of(self, office: Office, now: datetime) -> Pace | None:
        """What was read of this very version in the last ten minutes."""
        version, read_at, pace = self._known.get(office.id, (None, now, None))
        return pace if version == office.version and read_at <= now < read_at + KEPT else None

    def keep(self, office: Office, now: datetime, pace: Pace) -> None:
        self._known[office.id] = (office.version, now, pace)


async def pace_of(session: AsyncSession, office: Office, now: datetime) -> Pace:
    """What to expect of an office's visits: its last weeks, drawn towards what it has set while they are few."""
    paces = memory_of(session).of(Paces)
    known = paces.of(office, now)
    if known is None:
        expected = {one.slug: timedelta(minutes=one.minutes) for one in office.services}
        known = pace_from(await history_of(session, office, now), expected)
        paces.keep(office, now, known)
    return known


async def history_of(session: AsyncSession, office: Office, now: datetime) -> History:
    """What an office has measured in the last weeks, today included."""
    since = hours.local_day(office.hours, now - WEEKS)
    past = await store.past(session, office.id, since, MOST_TICKETS)
    came, booked = await attendance(session, office.id, now - WEEKS, now)
    return History(
        visits={service: tuple(lasted) for service, lasted in past.visits.items()},
        calls=past.answered + past.unanswered,
        unanswered=past.unanswered,
        appointments=booked,
        no_shows=booked - came,
    )
