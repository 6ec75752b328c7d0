"""What an office took back is given again: an agent is well after all, or it was the wrong day.

Whoever was cancelled stays cancelled: they were told so, and have another place kept or booked.
"""

from __future__ import annotations

import logging
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from ...core.auth import Principal, Role, require
from ...core.errors import NotFound
from ...core.runtime import Runtime, Transaction
from ...offices.service import Office, office_by_slug
from ..domain.closed_period import ClosedSpan
from ..storage import agenda_rows, appointment_rows
from .office_cancellation import OFFICE

logger = logging.getLogger(__name__)


async def closed_to_come(session: AsyncSession, office: Office, now: datetime) -> list[ClosedSpan]:
    """What the office has closed and is not over, by time."""
    return await agenda_rows.spans_to_come(session, office.id, now)


async def open_again(runtime: Runtime, principal: Principal | None, office_slug: str, span_id: str) -> None:
    """Give the times of a closed span again, those of cancelled appointments too.

    Raises NotAllowed, NotFound: no such office, or what is not closed any more.
    """
    require(principal, Role.HOST, office_slug)
    async with runtime.transaction() as tx:
        office = await office_by_slug(tx.session, office_slug)
        await appointment_rows.hold_agenda(tx.session, office)
        span = next((one for one in await closed_to_come(tx.session, office, tx.now) if one.id == span_id), None)
        if span is None:
            raise NotFound
        await agenda_rows.open_span(tx.session, span.id)
        await _give_back(tx, span)
    logger.info("span_opened", extra={"office": office_slug})


async def _give_back(tx: Transaction, span: ClosedSpan) -> None:
    """The places of those who were cancelled in it, which the office keeps from everybody until they are over."""
    for place in await appointment_rows.holds_of(tx.session, span.office_id, OFFICE, span.starts_at, span.ends_at):
        if span.means(place.service_ids, place.mode):
            await appointment_rows.delete_hold(tx.session, place.id)
