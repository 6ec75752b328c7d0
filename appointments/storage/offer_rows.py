"""SQL of offers: slots that are each offered to a single person."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Select, and_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from ...core.db.batch_delete import delete_batch
from ...core.db.engine import affects_one_row, dialect_insert
from ...core.row_mapping import from_row, row_values
from ..domain.offer import OfferReason, OfferState, SlotOffer
from .tables import OfferRow


async def insert_offer(session: AsyncSession, offer: SlotOffer, open_for: str) -> bool:
    """Insert an open offer; False if another offer to the person `open_for` is still open."""
    insert = dialect_insert(session, OfferRow).values(**row_values(offer, open_for=open_for))
    once = insert.on_conflict_do_nothing(index_elements=["open_for"])
    return (await session.execute(once.returning(OfferRow.id))).first() is not None


async def close_offer(session: AsyncSession, offer_id: str, state: OfferState) -> bool:
    """Close an offer; False if it was closed already."""
    statement = (
        update(OfferRow)
        .where(OfferRow.id == offer_id, OfferRow.state == OfferState.OPEN)
        .values(state=state, open_for=None)
    )
    return await affects_one_row(session, statement.execution_options(synchronize_session=False))


async def find_offer(session: AsyncSession, offer_id: str) -> SlotOffer | None:
    return await _find_first(session, select(OfferRow).where(OfferRow.id == offer_id))


async def find_open_offer_for_hold(session: AsyncSession, hold_id: str) -> SlotOffer | None:
    return await _find_first(session, _select_open_offers().where(OfferRow.place == hold_id))


async def open_offers_to_taker(session: AsyncSession, taker_id: str) -> list[SlotOffer]:
    """Return the open offers to an appointment or a waitlist entry, expired or not."""
    return await _load_offers(
        session, _select_open_offers().where(OfferRow.taker_id == taker_id).order_by(OfferRow.created_at)
    )


async def latest_offer_to_taker(session: AsyncSession, taker_id: str, reason: OfferReason) -> SlotOffer | None:
    """Return the latest offer to an appointment or a waitlist entry, in any state."""
    to_taker = select(OfferRow).where(OfferRow.taker_id == taker_id, OfferRow.taker == reason)
    return await _find_first(session, to_taker.order_by(OfferRow.created_at.desc()).limit(1))


async def delete_past_offers(session: AsyncSession, before: datetime) -> int:
    """Delete a batch of closed offers of slots that ended before this instant.

    Return how many.
    """
    over = and_(OfferRow.ends_at < before, OfferRow.state != OfferState.OPEN)
    return len(await delete_batch(session, OfferRow.id, over, OfferRow.ends_at))


def select_takers_already_offered(hold_id: str) -> Select[str]:
    """Select the appointments and waitlist entries that were offered this hold's slot."""
    return select(OfferRow.taker_id).where(OfferRow.place == hold_id)


def _select_open_offers() -> Select[OfferRow]:
    return select(OfferRow).where(OfferRow.state == OfferState.OPEN)


async def _find_first(session: AsyncSession, statement: Select[OfferRow]) -> SlotOffer | None:
    return next(iter(await _load_offers(session, statement)), None)


async def _load_offers(session: AsyncSession, statement: Select[OfferRow]) -> list[SlotOffer]:
    rows = (await session.execute(statement.execution_options(populate_existing=True))).scalars()
    return [from_row(SlotOffer, row) for row in rows]
