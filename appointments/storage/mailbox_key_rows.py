"""SQL that keys the unkeyed hashes of mailboxes which older versions stored."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import ColumnElement, delete, func, select, true, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from ...core.db.batch_delete import BATCH_ROWS
from ..domain.hold import HoldPurpose
from .tables import AppointmentRow, HoldRow, MailboxVerificationRow, VerifiedMailboxRow, WaitlistEntryRow

UNKEYED_LENGTH = 64  # a SHA-256 in hexadecimal; keyed hashes are shorter (core/tokens.py)
_COLUMNS: tuple[tuple[InstrumentedAttribute[str], ColumnElement[bool]], ...] = (
    (VerifiedMailboxRow.email_key, true()),
    (WaitlistEntryRow.email_key, true()),
    (AppointmentRow.email_key, true()),
    (MailboxVerificationRow.email_key, true()),
    (HoldRow.holder, HoldRow.purpose != HoldPurpose.BOOKING),  # the mailbox that gave the slot back
)


async def rekey_mailboxes(session: AsyncSession, keyed: Callable[[str], str]) -> int:
    """Replace a batch of unkeyed hashes in all tables; return how many.

    `keyed`: makes the key from the stored hash.
    """
    done = 0
    for column, condition in _COLUMNS:
        is_unkeyed = (func.length(column) == UNKEYED_LENGTH) & condition
        found = await session.execute(select(column).where(is_unkeyed).distinct().limit(BATCH_ROWS - done))
        for unkeyed in found.scalars().all():
            await _make_room(session, column, unkeyed, keyed(unkeyed))
            replaced = update(column.class_).where(column == unkeyed, condition)
            await session.execute(replaced.values({column: keyed(unkeyed)}))
            done += 1
    return done


async def _make_room(session: AsyncSession, column: InstrumentedAttribute[str], unkeyed: str, keyed: str) -> None:
    """Clear an old row of a mailbox that has a new row already, because keys are unique."""
    if column.class_ is VerifiedMailboxRow:
        new = select(VerifiedMailboxRow.email_key).where(column == keyed)
        await session.execute(delete(VerifiedMailboxRow).where(column == unkeyed, new.exists()))
    elif column.class_ is WaitlistEntryRow:
        new_services = select(WaitlistEntryRow.service_slug).where(column == keyed)
        doubled = (column == unkeyed) & WaitlistEntryRow.service_slug.in_(new_services)
        # The id is unique and never the key of a mailbox, so that no look-up by mailbox finds the old entry.
        await session.execute(update(WaitlistEntryRow).where(doubled).values(email_key=WaitlistEntryRow.id))
