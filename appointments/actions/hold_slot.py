"""Keeping a place for whoever is still filling in the form."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime

from sqlalchemy.ext.asyncio import AsyncSession

from ...core.errors import RateLimited
from ...core.ids import new_id
from ...core.runtime import Runtime, Transaction
from ...core.tokens import hash_token
from ...offices.service import Office, Service
from ..domain.appointment import Mode
from ..domain.hold import HOLD, Hold, Purpose
from ..domain.requester import INSIDE, Asker
from ..queries.availability import check_free, length_of, more_of, more_services_of, office_of, service_of
from ..storage import appointment_rows


async def hold(
    runtime: Runtime,
    office_slug: str,
    service_slug: str,
    mode: Mode,
    starts_at: datetime,
    *,
    more_services: Sequence[str] = (),
    holder: str,
    asker: Asker = INSIDE,
) -> Hold:
    """Keep a free place for ten minutes. A holder keeps one place at a time: another one frees the first, and the
    same one again is the same hold with the same end, so that nobody keeps a place for ever.

    Raises Invalid, Refused("slot_taken", nearest=[...]), RateLimited("too_many_holds").
    """
    async with runtime.transaction() as tx:
        office = await office_of(tx.session, office_slug)
        service = service_of(office, service_slug, mode)
        more = more_services_of(office, service, mode, more_services)
        await appointment_rows.hold_agenda(tx.session, office)
        await appointment_rows.hold_alone(tx.session, f"holder:{hashed(holder)}")
        earlier = await appointment_rows.hold_of(tx.session, hashed(holder))
        if earlier is not None and earlier.keeps((service.id, *(one.id for one in more)), mode, starts_at, tx.now):
            return earlier
        without = earlier.id if earlier else None
        await _check_address(tx, asker, without)
        await check_free(tx, office, service, mode, starts_at, more=more, without=without)
        if earlier is not None:
            await appointment_rows.delete_hold(tx.session, earlier.id)
        kept = _new_hold(tx, office, (service, *more), mode, starts_at)
        token_hash = hash_token(hold_token(runtime, kept))
        await appointment_rows.insert_hold(
            tx.session, kept, token_hash, hashed(holder), tx.now, address=asker.address if asker.limits else None
        )
        return kept


def holder_of(asker: Asker) -> str:
    """Who keeps one place at a time: a device; a proof of work, each time another one; the address without both.

    Whoever is not limited keeps as many as they like.
    """
    if asker.device is not None:
        return f"device:{asker.device}"
    if asker.proof is not None:
        return f"proof:{asker.proof.signature}"
    return f"asker:{new_id()}" if asker.limits is None else f"address:{asker.address}"


def hold_token(runtime: Runtime, hold: Hold) -> str:
    """What proves to a program that a hold is its own."""
    return runtime.tokens.derive("hold", hold.id)


async def hold_by_token(session: AsyncSession, token: str) -> Hold | None:
    """The hold of a token, run out or not; None when it is unknown, used or given back."""
    return await appointment_rows.hold_by_token_hash(session, hash_token(token))


async def hold_of(session: AsyncSession, holder: str) -> Hold | None:
    """What a holder keeps for a booking, run out or not."""
    return await appointment_rows.hold_of(session, hashed(holder))


def _new_hold(
    tx: Transaction, office: Office, services: Sequence[Service], mode: Mode, starts_at: datetime
) -> Hold:
    begins = starts_at.astimezone(UTC)
    return Hold(
        id=new_id(),
        purpose=Purpose.BOOKING,
        office_id=office.id,
        service_id=services[0].id,
        mode=mode,
        starts_at=begins,
        ends_at=begins + length_of(services),
        expires_at=tx.now + HOLD,
        more_services=more_of(services[1:]),
    )


async def _check_address(tx: Transaction, asker: Asker, without: str | None) -> None:
    """Raises RateLimited when the address keeps as many places as it may."""
    if asker.limits is None or asker.address is None or not asker.limits.holds:
        return
    await appointment_rows.hold_alone(tx.session, f"address:{asker.address}")
    ends = await appointment_rows.open_holds(tx.session, asker.address, tx.now, without=without)
    if len(ends) >= asker.limits.holds:
        wait = min(ends) - tx.now
        raise RateLimited("too_many_holds", retry_after_s=max(1, int(wait.total_seconds())))


def hashed(holder: str) -> str:
    """As a hold's row keeps it."""
    return hashlib.sha256(holder.encode()).hexdigest()
