"""Events of video rooms that other features handle, in the transaction that emits them."""

from __future__ import annotations

from dataclasses import dataclass

from .domain.room_transfer import RoomTransfer


@dataclass(frozen=True, slots=True)
class RoomOffered:
    """A member of staff was asked to take over a room."""

    transfer: RoomTransfer
