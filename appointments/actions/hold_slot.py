"""Holds that reserve a slot while a citizen fills in the booking form."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from sqlalchemy.ext.asyncio import AsyncSession

from ...core.errors import RateLimited
from ...core.ids import new_id
from ...core.runtime import Runtime, Transaction
from ...core.tokens import hash_token
from ...offices.service import Office, OfficeService, ServiceMode
from ..domain.hold import HOLD_DURATION, HoldPurpose, SlotHold, hash_holder
from ..domain.requester import UNLIMITED_REQUESTER, Requester
from ..queries.availability import SlotSearch, check_slot_available
from ..queries.bookable_services import require_office, require_services
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
    """Hold a free slot for ten minutes.

    A holder has one hold at a time: another slot replaces it. The same slot again returns the same hold with the
    same end, so that no slot can be held without end.
    Raises Invalid, Refused("slot_taken", nearest=[...]), RateLimited("too_many_holds").
    """
    async with runtime.transaction() as tx:
        office = await require_office(tx.session, office_slug)
        services = require_services(office, (service_slug, *more_services), mode)
        holder_hash = hash_holder(holder)
        await locks.lock_agenda(tx.session, office)
        # the lock of an agenda is not enough: a holder may ask for slots of two offices at once
        await locks.acquire_advisory_lock(tx.session, f"holder:{holder_hash}")
        earlier = await hold_rows.find_booking_hold(tx.session, holder_hash)
        if earlier is not None and earlier.covers(tuple(each.id for each in services), mode, starts_at, tx.now):
            return earlier
        earlier_id = earlier.id if earlier else None
        await _check_address_holds(tx, requester, earlier_id)
        await check_slot_available(tx, SlotSearch(office, services, mode, excluded_id=earlier_id), starts_at)
        if earlier is not None:
            await hold_rows.delete_hold(tx.session, earlier.id)
        hold = _build_hold(tx, office, services, mode, starts_at)
        await hold_rows.insert_hold(
            tx.session,
            hold,
            hash_token(hold_token(runtime, hold)),
            holder_hash,
            tx.now,
            address=requester.address if requester.limits else None,
        )
        return hold


async def release_hold(runtime: Runtime, holder: str) -> None:
    """Delete the hold of a holder, so that its slot can be booked elsewhere. Idempotent."""
    async with runtime.transaction() as tx:
        hold = await hold_rows.find_booking_hold(tx.session, hash_holder(holder))
        if hold is not None:
            await hold_rows.delete_hold(tx.session, hold.id)


def hold_token(runtime: Runtime, hold: SlotHold) -> str:
    """Derive the token that proves the ownership of a hold."""
    return runtime.tokens.derive("hold", hold.id)


async def hold_by_holder(session: AsyncSession, holder: str) -> SlotHold | None:
    """Find the hold of a holder for a booking, even if it has expired."""
    return await hold_rows.find_booking_hold(session, hash_holder(holder))


def _build_hold(
    tx: Transaction, office: Office, services: Sequence[OfficeService], mode: ServiceMode, starts_at: datetime
) -> SlotHold:
    starts_at = starts_at.astimezone(UTC)
    return SlotHold(
        id=new_id(),
        purpose=HoldPurpose.BOOKING,
        office_id=office.id,
        service_id=services[0].id,
        mode=mode,
        starts_at=starts_at,
        ends_at=starts_at + visit_duration(services),
        expires_at=tx.now + HOLD_DURATION,
        more_services=freeze_services(services[1:]),
    )


async def _check_address_holds(tx: Transaction, requester: Requester, excluded_hold_id: str | None) -> None:
    """Raise RateLimited if the address has as many holds as its limit allows."""
    if requester.limits is None or requester.address is None or not requester.limits.holds:
        return
    await locks.acquire_advisory_lock(tx.session, f"address:{requester.address}")
    expiries = await hold_rows.active_hold_expiries(
        tx.session, requester.address, tx.now, excluded_hold_id=excluded_hold_id
    )
    if len(expiries) >= requester.limits.holds:
        wait = min(expiries) - tx.now
        raise RateLimited("too_many_holds", retry_after_s=max(1, int(wait.total_seconds())))
