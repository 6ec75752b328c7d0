"""Hours of desks in a period: open, in calls, and paused by reason. No writes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from ...offices.service import Office, hours
from ..domain.desk_activity import CALL_ACTIVITIES, DeskActivity
from ..simulation.recorded_desks import Period, without_periods
from ..storage import desk_rows


@dataclass(slots=True)
class SpentTime:
    """The number of some spans, and their total time."""

    count: int = 0
    total: timedelta = field(default_factory=timedelta)

    def add(self, span: timedelta) -> None:
        self.count += 1
        self.total += span


@dataclass(frozen=True, slots=True)
class DeskTimes:
    """Time of all desks of some offices. A call also counts if its agent had no desk open.

    A pause does not count while its agent has a call. `open`: of desks with an agent. `pauses`: by the key of the
    reason.
    """

    open: SpentTime
    video_calls: SpentTime
    phone_calls: SpentTime
    pauses: Mapping[str, SpentTime]


async def measure_desk_times(
    session: AsyncSession, offices: Sequence[Office], first: date, last: date, now: datetime
) -> DeskTimes:
    """Measure the local days from `first` to `last` of each office, until `now` at most."""
    bounds = {
        office.id: (
            hours.day_bounds(office.hours, first)[0],
            min(now, hours.day_bounds(office.hours, last)[1]),
        )
        for office in offices
    }
    spans = await desk_rows.recorded_spans(
        session,
        list(bounds),
        min(start for start, _ in bounds.values()),
        max(end for _, end in bounds.values()),
    )
    return _add_up(spans, bounds)


def _add_up(spans: Iterable[desk_rows.RecordedSpan], bounds: Mapping[str, tuple[datetime, datetime]]) -> DeskTimes:
    """Add up the parts of the spans inside the bounds of their office."""
    by_kind, pauses = defaultdict[str, SpentTime](SpentTime), defaultdict[str, SpentTime](SpentTime)
    calls, paused = defaultdict[str, list[Period]](list), list[tuple[desk_rows.RecordedSpan, Period]]()
    for span in spans:
        start, end = bounds[span.office_id]
        period = max(span.began_at, start), min(span.ended_at or end, end)
        if period[0] >= period[1]:
            continue
        if span.kind == DeskActivity.PAUSED:
            paused.append((span, period))
        else:
            by_kind[span.kind].add(period[1] - period[0])
        if span.kind in CALL_ACTIVITIES:
            calls[span.agent_id].append(period)
    for span, period in paused:
        rest = without_periods([period], calls[span.agent_id])
        pauses[span.reason or ""].add(sum((end - start for start, end in rest), timedelta()))
    return DeskTimes(
        by_kind[desk_rows.OPEN], by_kind[DeskActivity.VIDEO_CALL], by_kind[DeskActivity.PHONE_CALL], dict(pauses)
    )
