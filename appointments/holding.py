"""Keeping a place for whoever is still filling in the form."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from ..core.ids import new_id
from ..core.runtime import Runtime
from ..core.tokens import hash_token
from . import store
from .agenda import check_free, office_of, service_of
from .appointment import Mode
from .hold import HOLD, Hold, Purpose


async def hold(
    runtime: Runtime, office_slug: str, service_slug: str, mode: Mode, starts_at: datetime, *, holder: str
) -> Hold:
    """Keep a free place for ten minutes. A holder keeps one place at a time: another one frees the first, and the
    same one again is the same hold with the same end, so that nobody keeps a place for ever.

    Raises Invalid, Refused("slot_taken", nearest=[...]).
    """
    async with runtime.transaction() as tx:
        office = await office_of(tx.session, office_slug)
        service = service_of(office, service_slug, mode)
        await store.hold_agenda(tx.session, service.id)
        earlier = await store.hold_of(tx.session, _hashed(holder))
        if earlier is not None and earlier.keeps(service.id, mode, starts_at, tx.now):
            return earlier
        await check_free(tx, office, service, mode, starts_at, without=earlier.id if earlier else None)
        if earlier is not None:
            await store.delete_hold(tx.session, earlier.id)
        kept = Hold(
            id=new_id(),
            purpose=Purpose.BOOKING,
            office_id=office.id,
            service_id=service.id,
            mode=mode,
            starts_at=starts_at.astimezone(UTC),
            ends_at=starts_at.astimezone(UTC) + timedelta(minutes=service.minutes),
            expires_at=tx.now + HOLD,
        )
        await store.insert_hold(tx.session, kept, hash_token(hold_token(runtime, kept)), _hashed(holder), tx.now)
        return kept


def hold_token(runtime: Runtime, hold: Hold) -> str:
    """What proves to a program that a hold is its own."""
    return runtime.tokens.derive("hold", hold.id)


async def hold_by_token(session: AsyncSession, token: str) -> Hold | None:
    """The hold of a token, run out or not; None when it is unknown, used or given back."""
    return await store.hold_by_token_hash(session, hash_token(token))


async def hold_of(session: AsyncSession, holder: str) -> Hold | None:
    """What a holder keeps for a booking, run out or not."""
    return await store.hold_of(session, _hashed(holder))


def _hashed(holder: str) -> str:
    return hashlib.sha256(holder.encode()).hexdigest()
