"""A freed place of one service or of several in a row: who fits into it, and what is left of it then.

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
    """What one service has of a place. Times are aware UTC."""

    service_id: str
    starts_at: datetime
    ends_at: datetime


def split_into_shares(
    service_id: str, starts_at: datetime, ends_at: datetime, more: Sequence[AdditionalService]
) -> tuple[SlotShare, ...]:
    """The shares of a visit or a hold, in their order; the first has what the others leave."""
    own = ends_at - starts_at - sum((timedelta(minutes=one.minutes) for one in more), timedelta())
    lengths = [(service_id, own), *((one.id, timedelta(minutes=one.minutes)) for one in more)]
    found: list[SlotShare] = []
    for each, length in lengths:
        begins = found[-1].ends_at if found else starts_at
        found.append(SlotShare(each, begins, begins + length))
    return tuple(found)


def hold_shares(hold: SlotHold) -> tuple[SlotShare, ...]:
    return split_into_shares(hold.service_id, hold.starts_at, hold.ends_at, hold.more_services)


def first_fitting_slot(shares: Sequence[SlotShare], free: Iterable[FreeSlot], service_id: str) -> FreeSlot | None:
    """The first free slot at which a visit that begins with this service would use its share of the place."""
    own = [one for one in shares if one.service_id == service_id]
    return next((slot for slot in free if any(one.starts_at <= slot.starts_at < one.ends_at for one in own)), None)


def remaining_shares(
    shares: Sequence[SlotShare], starts_at: datetime, ends_at: datetime
) -> list[tuple[SlotShare, ...]]:
    """What a visit from `starts_at` to `ends_at` leaves of a place: before it, and after it."""
    before = tuple(one for one in shares if one.ends_at <= starts_at)
    after = tuple(one for one in shares if one.starts_at >= ends_at)
    return [run for run in (before, after) if run]
