"""Freed slots: which visit fits, and what remains of the slot.

Pure: no clock, no SQL, no sockets.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from .appointment import AdditionalService
from .hold import SlotHold
from .slots import FreeSlot


@dataclass(frozen=True, slots=True)
class SlotShare:
    """The part of a freed slot that a single service uses. Times are aware UTC."""

    service_id: str
    starts_at: datetime
    ends_at: datetime


def split_into_shares(
    service_id: str, starts_at: datetime, ends_at: datetime, more: Sequence[AdditionalService]
) -> tuple[SlotShare, ...]:
    """Split a visit or a hold by service, in order.

    The first service has the time that the others leave.
    """
    others = [(service.id, timedelta(minutes=service.minutes)) for service in more]
    own = ends_at - starts_at - sum((length for _, length in others), timedelta())
    shares: list[SlotShare] = []
    for each_id, length in [(service_id, own), *others]:
        begins = shares[-1].ends_at if shares else starts_at
        shares.append(SlotShare(each_id, begins, begins + length))
    return tuple(shares)


def hold_shares(hold: SlotHold) -> tuple[SlotShare, ...]:
    return split_into_shares(hold.service_id, hold.starts_at, hold.ends_at, hold.more_services)


def first_fitting_slot(shares: Sequence[SlotShare], free: Iterable[FreeSlot], service_id: str) -> FreeSlot | None:
    """Return the first free slot that starts within the share of this service."""
    own = [share for share in shares if share.service_id == service_id]
    return next(
        (slot for slot in free if any(share.starts_at <= slot.starts_at < share.ends_at for share in own)), None
    )


def remaining_shares(
    shares: Sequence[SlotShare], starts_at: datetime, ends_at: datetime
) -> list[tuple[SlotShare, ...]]:
    """Return the runs of shares before and after a visit, without empty runs."""
    before = tuple(share for share in shares if share.ends_at <= starts_at)
    after = tuple(share for share in shares if share.starts_at >= ends_at)
    return [run for run in (before, after) if run]
