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
from ...offices.service import Office, OfficeService, ServiceMode
from ..domain.hold import HOLD_DURATION, HoldPurpose, SlotHold
from ..domain.requester import UNLIMITED_REQUESTER, Requester
from ..queries.availability import SlotSearch, check_slot_available
from ..queries.requested_services import require_additional_services, require_office, require_service
from ..queries.visit_services import freeze_services, visit_duration
from ..storage import hold_rows, locks


async def hold_slot(
    runtime: Runtime,
    office_slug: str,
    service_slug: str,
    mode: ServiceMode,
    starts_at: datetime,
    *,
    more_services: Sequence[str] = (),
    holder: str,
    requester: Requester = UNLIMITED_REQUESTER,
) -> SlotHold:
    """Keep a free place for ten minutes. A holder keeps one place at a time: another one frees the first, and the
    same one again is the same hold with the same end, so that nobody keeps a place for ever.

    Raises Invalid, Refused("slot_taken", nearest=[...]), RateLimited("too_many_holds").
    """
    async with runtime.transaction() as tx:
        office = await require_office(tx.session, office_slug)
        service = require_service(office, service_slug, mode)
        more = require_additional_services(office, service, mode, more_services)
        await locks.lock_agenda(tx.session, office)
        await locks.acquire_advisory_lock(tx.session, f"holder:{hash_holder(holder)}")
        earlier = await hold_rows.find_booking_hold(tx.session, hash_holder(holder))
        if earlier is not None and earlier.covers(
            (service.id, *(one.id for one in more)), mode, starts_at, tx.now
        ):
            return earlier
        without = earlier.id if earlier else None
        await _check_address_holds(tx, requester, without)
        await check_slot_available(tx, SlotSearch(office, [service, *more], mode, excluded_id=without), starts_at)
        if earlier is not None:
            await hold_rows.delete_hold(tx.session, earlier.id)
        kept = _build_hold(tx, office, (service, *more), mode, starts_at)
        token_hash = hash_token(hold_token(runtime, kept))
        await hold_rows.insert_hold(
            tx.session,
            kept,
            token_hash,
            hash_holder(holder),
            tx.now,
            address=requester.address if requester.limits else None,
        )
        return kept


def holder_key(requester: Requester) -> str:
    """Who keeps one place at a time: a device; a proof of work, each time another one; the address without both.

    Whoever is not limited keeps as many as they like.
    """
    if requester.device is not None:
        return f"device:{requester.device}"
    if requester.proof is not None:
        return f"proof:{requester.proof.signature}"
    return f"asker:{new_id()}" if requester.limits is None else f"address:{requester.address}"


def hold_token(runtime: Runtime, hold: SlotHold) -> str:
    """What proves to a program that a hold is its own."""
    return runtime.tokens.derive("hold", hold.id)


async def hold_by_token(session: AsyncSession, token: str) -> SlotHold | None:
    """The hold of a token, run out or not; None when it is unknown, used or given back."""
    return await hold_rows.find_hold_by_token_hash(session, hash_token(token))


async def hold_by_holder(session: AsyncSession, holder: str) -> SlotHold | None:
    """What a holder keeps for a booking, run out or not."""
    return await hold_rows.find_booking_hold(session, hash_holder(holder))


def _build_hold(
    tx: Transaction, office: Office, services: Sequence[OfficeService], mode: ServiceMode, starts_at: datetime
) -> SlotHold:
    begins = starts_at.astimezone(UTC)
    return SlotHold(
        id=new_id(),
        purpose=HoldPurpose.BOOKING,
        office_id=office.id,
        service_id=services[0].id,
        mode=mode,
        starts_at=begins,
        ends_at=begins + visit_duration(services),
        expires_at=tx.now + HOLD_DURATION,
        more_services=freeze_services(services[1:]),
    )


async def _check_address_holds(tx: Transaction, requester: Requester, excluded_hold_id: str | None) -> None:
    """Raises RateLimited when the address keeps as many places as it may."""
    if requester.limits is None or requester.address is None or not requester.limits.holds:
        return
    await locks.acquire_advisory_lock(tx.session, f"address:{requester.address}")
    ends = await hold_rows.active_hold_expiries(
        tx.session, requester.address, tx.now, excluded_hold_id=excluded_hold_id
    )
    if len(ends) >= requester.limits.holds:
        wait = min(ends) - tx.now
        raise RateLimited("too_many_holds", retry_after_s=max(1, int(wait.total_seconds())))


def hash_holder(holder: str) -> str:
    """As a hold's row keeps it."""
    return hashlib.sha256(holder.encode()).hexdigest()
