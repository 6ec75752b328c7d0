"""Locks of appointments, each held until the transaction ends.

Order of locks: the agenda of an office, then mailboxes, holders and addresses, then lines and appointments.
"""

from __future__ import annotations

import hashlib

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from ...core.db.engine import dialect_name
from ...offices.service import Office

# A statement for both databases: it inserts a missing row, and locks it. Only for this the count is raised:
# no code reads it.
_LOCK_AGENDA = text(
    "INSERT INTO agendas (office_id, bookings) VALUES (:office_id, 1) "
    "ON CONFLICT (office_id) DO UPDATE SET bookings = agendas.bookings + 1"
)
_ADVISORY_LOCK = text("SELECT pg_advisory_xact_lock(:key)")


async def lock_agenda(session: AsyncSession, office: Office) -> None:
    """Lock the agenda of an office.

    No other transaction gives a slot of it until the commit. To avoid deadlocks, agendas are locked
    before lines and appointments, and several agendas by ascending office id.
    """
    await session.execute(_LOCK_AGENDA, {"office_id": office.id})


async def acquire_advisory_lock(session: AsyncSession, lock_name: str) -> None:
    """Lock a mailbox, holder or address.

    No other transaction counts its bookings until the commit. SQLite has a single writer, so nothing is
    locked there. To avoid deadlocks, an agenda is locked first and an address last.
    """
    if dialect_name(session) == "postgresql":
        # Advisory locks are named by a signed number of 64 bits.
        key = int.from_bytes(hashlib.sha256(lock_name.encode()).digest()[:8], signed=True)
        await session.execute(_ADVISORY_LOCK, {"key": key})
