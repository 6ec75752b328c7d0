"""Handing-over of a room to another member of staff. Pure: no clock, no SQL.

Warm: the other agent comes in, both are inside, then the first leaves. Cold: the people wait in
the lobby for the other agent, and the first leaves at once.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from ...core.errors import NotAllowed, Refused
from .room import (
    MAX_ADMITTED,
    ParticipantState,
    Room,
    leave_room,
    return_to_lobby,
    set_lobby_message,
)

# A refusal is shown to the first agent this long.
DECLINED_SHOWN_FOR = timedelta(minutes=10)
# The receiver of a cold transfer may first have to finish a call of usual length.
KEPT_OPEN_FOR = timedelta(minutes=30)


class TransferKind(StrEnum):
    WARM = "warm"
    COLD = "cold"


class TransferState(StrEnum):
    """Progress of a transfer. The last three states are final."""

    OFFERED = "offered"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"
    DONE = "done"


OPEN_STATES = frozenset({TransferState.OFFERED, TransferState.ACCEPTED})


@dataclass(frozen=True, slots=True)
class TransferSide:
    """Member of staff, or key, on either side of a transfer."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class RoomTransfer:
    """A transfer of a room."""

    id: str
    appointment_id: str
    office_id: str
    kind: TransferKind
    sender: TransferSide
    receiver: TransferSide
    created_at: datetime
    state: TransferState
    state_since: datetime

    @property
    def is_open(self) -> bool:
        return self.state in OPEN_STATES


def check_offer(room: Room, kind: TransferKind, sender: TransferSide, receiver: TransferSide) -> None:
    """Check whether the room can be offered.

    Raises Refused("transfer_to_self"), Refused("room_full") if a warm transfer has no place for the
    receiver.
    """
    if sender.id == receiver.id:
        raise Refused("transfer_to_self")
    if kind is TransferKind.WARM and len(room.admitted_participants()) >= MAX_ADMITTED:
        raise Refused("room_full")


def move_to_lobby(room: Room, sender_participant: str, message: str, now: datetime) -> Room:
    """Return all but staff to the lobby with a message, and let the sender leave.

    Places in the lobby are kept, and the room stays open for the receiver, also past its closing time.
    Raises as `return_to_lobby` does.
    """
    for participant in room.admitted_participants():
        if not participant.is_staff:
            room = return_to_lobby(room, sender_participant, participant.id, now)
    room = set_lobby_message(room, sender_participant, message, None)
    return leave_room(replace(room, kept_until=now + KEPT_OPEN_FOR), sender_participant, now)


def answer_offer(transfer: RoomTransfer, person_id: str, accepted: bool, now: datetime) -> RoomTransfer:
    """Accept or decline.

    Idempotent. Raises NotAllowed("not_your_transfer"), Refused("transfer_over").
    """
    if transfer.receiver.id != person_id:
        raise NotAllowed("not_your_transfer")
    state = TransferState.ACCEPTED if accepted else TransferState.DECLINED
    if transfer.state is state:
        return transfer
    if transfer.state is not TransferState.OFFERED:
        raise Refused("transfer_over")
    return _with_state(transfer, state, now)


def withdraw_offer(transfer: RoomTransfer, person_id: str, now: datetime) -> RoomTransfer:
    """Take the offer back. Raises NotAllowed("not_your_transfer"), Refused("transfer_over")."""
    _require_sender(transfer, person_id)
    return _with_state(transfer, TransferState.WITHDRAWN, now)


def supersede_offer(transfer: RoomTransfer, now: datetime) -> RoomTransfer:
    """Withdraw an open transfer, because a newer transfer of the same room takes its place."""
    return _with_state(transfer, TransferState.WITHDRAWN, now)


def note_arrival(transfer: RoomTransfer, now: datetime) -> RoomTransfer:
    """Note that the receiver has entered the room, which is an answer too."""
    if not transfer.is_open:
        return transfer
    state = TransferState.ACCEPTED if transfer.kind is TransferKind.WARM else TransferState.DONE
    return transfer if transfer.state is state else _with_state(transfer, state, now)


def finish_transfer(
    transfer: RoomTransfer, person_id: str, *, is_receiver_inside: bool, now: datetime
) -> RoomTransfer:
    """Finish a warm transfer: the receiver is inside, and the sender leaves.

    Raises NotAllowed("not_your_transfer"), Refused("transfer_over" | "successor_missing").
    """
    _require_sender(transfer, person_id)
    if not is_receiver_inside:
        raise Refused("successor_missing")
    return _with_state(transfer, TransferState.DONE, now)


def is_inside(room: Room, participant_id: str | None) -> bool:
    """Check whether a participant is admitted and connected; False for None."""
    found = (participant for participant in room.participants if participant.id == participant_id)
    return any(member.state is ParticipantState.ADMITTED and member.connected for member in found)


def _require_sender(transfer: RoomTransfer, person_id: str) -> None:
    if transfer.sender.id != person_id:
        raise NotAllowed("not_your_transfer")
    if not transfer.is_open:
        raise Refused("transfer_over")


def _with_state(transfer: RoomTransfer, state: TransferState, now: datetime) -> RoomTransfer:
    return replace(transfer, state=state, state_since=now)
