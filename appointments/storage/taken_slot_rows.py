"""SQL of taken slots: the time of an office that appointments and holds use."""

from __future__ import annotations

import json
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, String, cast, literal, select, union_all
from sqlalchemy.ext.asyncio import AsyncSession

from ...offices.service import ServiceMode
from ..domain.agenda_settings import MAX_BUFFER_MINUTES
from ..domain.appointment import BOOKED_BY_CITIZEN, SLOT_FREEING_STATES
from ..domain.capacity import TakenSlot, VisitPart
from ..domain.hold import HoldPurpose
from .tables import AppointmentRow, HoldRow

# The buffers of two neighbouring visits add up.
MAX_BUFFER_AROUND_VISIT = timedelta(minutes=2 * MAX_BUFFER_MINUTES)
# Longer than any opening. It lets the query use an index of starts.
MAX_VISIT_DURATION = timedelta(days=1)


async def taken_slots(
    session: AsyncSession,
    office_id: str,
    modes: Collection[ServiceMode],
    start: datetime,
    end: datetime,
    now: datetime,
    *,
    excluded_id: str | None = None,
    for_staff: bool = False,
) -> dict[ServiceMode, list[TakenSlot]]:
    """Return by mode the visits booked or held that overlap the interval, with buffers.

    The appointment or hold `excluded_id` is left out. `for_staff`: freed slots in their cool-down are left
    out, because staff can book them.
    """
    booked = _select_overlapping(
        AppointmentRow, AppointmentRow.booked_by, office_id, modes, start, end, excluded_id
    )
    held = _select_overlapping(HoldRow, literal(BOOKED_BY_CITIZEN), office_id, modes, start, end, excluded_id)
    if for_staff:
        held = held.where(HoldRow.purpose != HoldPurpose.COOLDOWN)
    statement = union_all(
        booked.where(AppointmentRow.state.not_in(SLOT_FREEING_STATES)), held.where(HoldRow.expires_at > now)
    )
    parts_cache = _VisitPartsCache()
    found: dict[ServiceMode, list[TakenSlot]] = {mode: [] for mode in modes}
    for mode, service_id, starts_at, ends_at, more_services, booked_by in await session.execute(statement):
        parts = parts_cache.get(service_id, ends_at - starts_at, more_services)
        found[mode].append(TakenSlot(starts_at, parts, by_staff=booked_by != BOOKED_BY_CITIZEN))
    return found


def _select_overlapping(
    row: type[AppointmentRow] | type[HoldRow],
    booked_by: Any,
    office_id: str,
    modes: Collection[ServiceMode],
    start: datetime,
    end: datetime,
    excluded_id: str | None,
) -> Select[Any]:
    # As text, the key of _VisitPartsCache: equal lists are parsed once.
    more_services = cast(row.more_services, String)
    statement = select(row.mode, row.service_id, row.starts_at, row.ends_at, more_services, booked_by).where(
        row.office_id == office_id,
        row.mode.in_(modes),
        # a lower bound of the start, so that an index skips the past
        row.starts_at > start - MAX_BUFFER_AROUND_VISIT - MAX_VISIT_DURATION,
        row.starts_at < end + MAX_BUFFER_AROUND_VISIT,
        row.ends_at > start - MAX_BUFFER_AROUND_VISIT,
    )
    return statement if excluded_id is None else statement.where(row.id != excluded_id)


class _VisitPartsCache:
    """Builds the parts of each kind of visit once.

    A big office has 20,000 visits a month, of a few kinds.
    """

    def __init__(self) -> None:
        self._cached: dict[tuple[str, timedelta, str], tuple[VisitPart, ...]] = {}

    def get(self, service_id: str, length: timedelta, more_services: str) -> tuple[VisitPart, ...]:
        """Return the parts of a visit of this length.

        `more_services` are the additional services as JSON.
        """
        found = self._cached.get((service_id, length, more_services))
        if found is None:
            others = [
                VisitPart(service["id"], timedelta(minutes=service["minutes"]))
                for service in json.loads(more_services)
            ]
            # From the booked length: a service that is shorter now does not shorten its booked visits.
            own = length - sum((part.length for part in others), timedelta())
            found = (VisitPart(service_id, own), *others)
            self._cached[service_id, length, more_services] = found
        return found
