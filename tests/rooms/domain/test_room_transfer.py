"""Rules of handing a room over."""

from __future__ import annotations

from datetime import timedelta

import pytest
from office360.core.errors import NotAllowed, Refused
from office360.rooms.domain import room_transfer as rules
from office360.rooms.domain.room import (
    ParticipantRole,
    ParticipantState,
    admit_participant,
    enter_room,
    join_lobby,
)
from office360.rooms.domain.room_transfer import RoomTransfer, TransferKind, TransferSide, TransferState

from .test_room import T0, person, room_with_admitted_citizen

BORIS, ELENA = TransferSide("boris", "Boris"), TransferSide("elena", "Elena")


def new_transfer(kind: TransferKind = TransferKind.WARM) -> RoomTransfer:
    return RoomTransfer("t1", "a1", "o1", kind, BORIS, ELENA, T0, TransferState.OFFERED, T0)


def test_cold_transfer_keeps_places_and_frees_the_sender() -> None:
    room = rules.move_to_lobby(room_with_admitted_citizen(), "boris", "We pass you on.", T0 + timedelta(minutes=5))
    amina, boris = room.get_participant("amina"), room.get_participant("boris")
    assert (amina.state, amina.first_joined_at) == (ParticipantState.LOBBY, T0)
    assert (amina.lobby_message, boris.state) == ("We pass you on.", ParticipantState.LEFT)


def test_warm_transfer_needs_a_free_place() -> None:
    room = room_with_admitted_citizen()
    for id in ("diego", "fatima"):
        room = join_lobby(enter_room(room, person(id, ParticipantRole.INTERPRETER), T0), id, None, T0)
        room = admit_participant(room, "boris", id, T0)
    rules.check_offer(room, TransferKind.COLD, BORIS, ELENA)
    with pytest.raises(Refused, match="room_full"):
        rules.check_offer(room, TransferKind.WARM, BORIS, ELENA)


def test_only_the_receiver_answers_and_only_once() -> None:
    with pytest.raises(NotAllowed, match="not_your_transfer"):
        rules.answer_offer(new_transfer(), "boris", True, T0)
    declined = rules.answer_offer(new_transfer(), "elena", False, T0)
    assert rules.answer_offer(declined, "elena", False, T0) is declined
    with pytest.raises(Refused, match="transfer_over"):
        rules.answer_offer(declined, "elena", True, T0)


def test_sender_leaves_only_with_the_receiver_inside() -> None:
    accepted = rules.answer_offer(new_transfer(), "elena", True, T0)
    with pytest.raises(Refused, match="successor_missing"):
        rules.finish_transfer(accepted, "boris", is_receiver_inside=False, now=T0)
    done = rules.finish_transfer(accepted, "boris", is_receiver_inside=True, now=T0)
    with pytest.raises(Refused, match="transfer_over"):
        rules.withdraw_offer(done, "boris", T0)


@pytest.mark.parametrize(
    ("kind", "state"), [(TransferKind.WARM, TransferState.ACCEPTED), (TransferKind.COLD, TransferState.DONE)]
)
def test_arrival_of_the_receiver_is_an_answer(kind: TransferKind, state: TransferState) -> None:
    assert rules.note_arrival(new_transfer(kind), T0).state is state
