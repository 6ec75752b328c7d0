"""SQL of the waitlist."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Select, and_, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from ...core.db.batch_delete import delete_batch
from ...core.db.engine import affects_one_row, dialect_insert
from ...core.row_mapping import from_row, row_values
from ...offices.service import ServiceMode
from ..domain.waitlist_entry import ENDED_WAITLIST_STATES, WaitlistEntry, WaitlistState
from .offer_rows import select_takers_already_offered
from .tables import WaitlistEntryRow


async def insert_waitlist_entry(session: AsyncSession, entry: WaitlistEntry, token_hash: str, person: str) -> bool:
    """Insert an entry; False if this mailbox waits for the service already."""
    values = row_values(entry, token_hash=token_hash, email_key=person)
    insert = dialect_insert(session, WaitlistEntryRow).values(**values)
    once = insert.on_conflict_do_nothing(index_elements=["email_key", "service_slug"])
    return (await session.execute(once.returning(WaitlistEntryRow.id))).first() is not None


async def update_waitlist_entry(
    session: AsyncSession, entry_id: str, expected_state: WaitlistState, **values: Any
) -> bool:
    """Update an entry if it is in the expected state; False otherwise."""
    statement = (
        update(WaitlistEntryRow)
        .where(WaitlistEntryRow.id == entry_id, WaitlistEntryRow.state == expected_state)
        .values(**values)
    )
    return await affects_one_row(session, statement.execution_options(synchronize_session=False))


async def renew_waitlist_entry(session: AsyncSession, entry: WaitlistEntry) -> None:
    """Overwrite an entry; its `asked_at` decides its position in the list."""
    values = row_values(entry)
    await session.execute(update(WaitlistEntryRow).where(WaitlistEntryRow.id == entry.id).values(**values))


async def find_waitlist_entry(session: AsyncSession, entry_id: str) -> WaitlistEntry | None:
    return await _find_first(session, select(WaitlistEntryRow).where(WaitlistEntryRow.id == entry_id))


async def find_waitlist_entry_by_token_hash(session: AsyncSession, token_hash: str) -> WaitlistEntry | None:
    return await _find_first(session, select(WaitlistEntryRow).where(WaitlistEntryRow.token_hash == token_hash))


async def lock_waitlist_entry(
    session: AsyncSession, mailbox_keys: Sequence[str], service_slug: str
) -> WaitlistEntry | None:
    """Load the entry of a mailbox for a service with a row lock, in any state."""
    statement = select(WaitlistEntryRow).where(
        WaitlistEntryRow.email_key.in_(mailbox_keys), WaitlistEntryRow.service_slug == service_slug
    )
    return await _find_first(session, statement.with_for_update())


async def _find_first(session: AsyncSession, statement: Select[WaitlistEntryRow]) -> WaitlistEntry | None:
    rows = (await session.execute(statement.execution_options(populate_existing=True))).scalars().all()
    return from_row(WaitlistEntry, rows[0]) if rows else None


async def waitlist_entries_for_slot(
    session: AsyncSession,
    service_slugs: Sequence[str],
    office_id: str,
    mode: ServiceMode,
    now: datetime,
    hold_id: str,
) -> list[tuple[WaitlistEntry, str]]:
    """Return the waiting entries that a slot could serve, in order, each with its mailbox.

    Entries that were offered the slot of this hold already are left out.
    """
    statement = (
        select(WaitlistEntryRow)
        .where(
            WaitlistEntryRow.service_slug.in_(service_slugs),
            WaitlistEntryRow.state == WaitlistState.WAITING,
            WaitlistEntryRow.expires_at > now,
            or_(WaitlistEntryRow.office_id.is_(None), WaitlistEntryRow.office_id == office_id),
            or_(WaitlistEntryRow.mode.is_(None), WaitlistEntryRow.mode == mode),
            WaitlistEntryRow.id.not_in(select_takers_already_offered(hold_id)),
        )
        # In the order of asking (docs/decisions/0023); the id orders entries of the same instant.
        .order_by(WaitlistEntryRow.asked_at, WaitlistEntryRow.id)
        .execution_options(populate_existing=True)
    )
    return [(from_row(WaitlistEntry, row), row.email_key) for row in (await session.execute(statement)).scalars()]


async def has_waitlist_entries(session: AsyncSession, service_slug: str) -> bool:
    statement = select(WaitlistEntryRow.id).where(
        WaitlistEntryRow.service_slug == service_slug, WaitlistEntryRow.state == WaitlistState.WAITING
    )
    return (await session.execute(statement.limit(1))).first() is not None


async def delete_past_waitlist_entries(session: AsyncSession, before: datetime) -> int:
    """Delete a batch of ended entries that would have expired before this instant.

    Return how many.
    """
    over = and_(WaitlistEntryRow.state.in_(ENDED_WAITLIST_STATES), WaitlistEntryRow.expires_at < before)
    return len(await delete_batch(session, WaitlistEntryRow.id, over, WaitlistEntryRow.expires_at))
