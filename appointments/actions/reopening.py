"""What an office took back is given again: an agent is well after all, or it was the wrong day.

Whoever was cancelled stays cancelled: they were told so, and have another place kept or booked.
"""

from __future__ import annotations

import logging
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from ...core.auth import Principal, StaffRole, require_role
from ...core.errors import NotFound
from ...core.runtime import Runtime, Transaction
from ...offices.service import Office, office_by_slug
from ..domain.closed_period import ClosedPeriod
from ..storage import closed_period_rows, hold_rows, locks
from .office_cancellation import OFFICE_HOLDER

logger = logging.getLogger(__name__)


async def upcoming_closed_periods(session: AsyncSession, office: Office, now: datetime) -> list[ClosedPeriod]:
    """What the office has closed and is not over, by time."""
    return await closed_period_rows.load_upcoming_closed_periods(session, office.id, now)


async def reopen_period(runtime: Runtime, principal: Principal | None, office_slug: str, period_id: str) -> None:
    """Give the times of a closed span again, those of cancelled appointments too.

    Raises NotAllowed, NotFound: no such office, or what is not closed any more.
    """
    require_role(principal, StaffRole.HOST, office_slug)
    async with runtime.transaction() as tx:
        office = await office_by_slug(tx.session, office_slug)
        await locks.lock_agenda(tx.session, office)
        span = next(
            (one for one in await upcoming_closed_periods(tx.session, office, tx.now) if one.id == period_id), None
        )
        if span is None:
            raise NotFound
        await closed_period_rows.delete_closed_period(tx.session, span.id)
        await _delete_office_holds(tx, span)
    logger.info("span_opened", extra={"office": office_slug})


async def _delete_office_holds(tx: Transaction, period: ClosedPeriod) -> None:
    """The places of those who were cancelled in it, which the office keeps from everybody until they are over."""
    for place in await hold_rows.holds_by_holder(
        tx.session, period.office_id, OFFICE_HOLDER, period.starts_at, period.ends_at
    ):
        if period.applies_to(place.service_ids, place.mode):
            await hold_rows.delete_hold(tx.session, place.id)
