"""What a session numbers, keeps and forgets."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from office360.rooms.domain.room import RESUME_S
from office360.rooms.realtime.participant_session import REPLAY_BYTES, REPLAY_MESSAGES, Session

T0 = datetime(2026, 11, 25, 9, 30, tzinfo=UTC)


class Wire:
    """A way out that keeps what left."""

    def __init__(self) -> None:
        self.sent: list[Mapping[str, Any]] = []

    def send(self, message: Mapping[str, Any]) -> None:
        self.sent.append(message)

    def close(self, code: int, reason: str = "") -> None:
        raise AssertionError("nobody closes here")


def test_every_message_has_the_next_number() -> None:
    session, wire = Session("s", "amina"), Wire()
    session.attach(wire)
    session.send({"type": "chat"})
    session.send({"type": "chat"})
    assert [one["seq"] for one in wire.sent] == [1, 2]


def test_what_was_sent_while_nobody_listened_is_missed_and_only_that() -> None:
    session, wire = Session("s", "amina"), Wire()
    session.attach(wire)
    session.send({"type": "chat", "text": "heard"})
    session.detach(wire, T0)
    session.send({"type": "chat", "text": "missed"})
    assert [one["text"] for one in session.missed_since(1) or []] == ["missed"]
    assert session.missed_since(2) == []


def test_a_replay_that_does_not_reach_back_is_no_replay() -> None:
    session = Session("s", "amina")
    for _ in range(REPLAY_MESSAGES + 10):
        session.send({"type": "chat"})
    assert session.missed_since(5) is None
    assert len(session.missed_since(10) or []) == REPLAY_MESSAGES


def test_a_replay_is_bounded_in_bytes() -> None:
    session = Session("s", "amina")
    for _ in range(40):
        session.send({"type": "description", "sdp": "x" * 30_000})
    kept = session.missed_since(session.seq - 10)
    assert kept is not None
    assert session.missed_since(0) is None
    assert sum(len(one["sdp"]) for one in session.missed_since(session.seq - 15) or []) <= REPLAY_BYTES


def test_a_number_that_was_never_sent_is_not_ours() -> None:
    assert Session("s", "amina").missed_since(7) is None


def test_a_session_is_over_after_two_minutes_without_a_socket() -> None:
    session, wire = Session("s", "amina"), Wire()
    session.attach(wire)
    assert not session.is_over(T0 + timedelta(days=1))
    session.detach(wire, T0)
    assert not session.is_over(T0 + timedelta(seconds=RESUME_S - 1))
    assert session.is_over(T0 + timedelta(seconds=RESUME_S))


def test_an_older_socket_that_ends_late_does_not_end_the_newer_one() -> None:
    session, old, new = Session("s", "amina"), Wire(), Wire()
    session.attach(old)
    session.attach(new)
    session.detach(old, T0)
    assert session.connection is new
