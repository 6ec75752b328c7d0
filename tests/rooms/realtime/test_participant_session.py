"""Numbers, replay and expiry of a RoomSession."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from office360.rooms.domain.room import RESUME_WINDOW_S
from office360.rooms.realtime.participant_session import MAX_REPLAY_BYTES, MAX_REPLAY_MESSAGES, RoomSession

from ..support.live_sessions import RecordingConnection

T0 = datetime(2026, 11, 25, 9, 30, tzinfo=UTC)


def test_messages_are_numbered_in_sequence() -> None:
    session, connection = RoomSession("s", "amina"), RecordingConnection()
    session.attach_connection(connection)
    session.send_numbered({"type": "chat"})
    session.send_numbered({"type": "chat"})
    assert [message["seq"] for message in connection.sent] == [1, 2]


def test_only_messages_sent_while_detached_are_missed() -> None:
    session, connection = RoomSession("s", "amina"), RecordingConnection()
    session.attach_connection(connection)
    session.send_numbered({"type": "chat", "text": "received"})
    session.detach_connection(connection, T0)
    session.send_numbered({"type": "chat", "text": "missed"})
    assert [message["text"] for message in session.messages_after(1) or []] == ["missed"]
    assert session.messages_after(2) == []


def test_replay_not_reaching_back_returns_none() -> None:
    session = RoomSession("s", "amina")
    for _ in range(MAX_REPLAY_MESSAGES + 10):
        session.send_numbered({"type": "chat"})
    assert session.messages_after(5) is None
    assert len(session.messages_after(10) or []) == MAX_REPLAY_MESSAGES


def test_replay_is_bounded_in_bytes() -> None:
    session = RoomSession("s", "amina")
    for _ in range(40):
        session.send_numbered({"type": "description", "sdp": "x" * 30_000})
    kept = session.messages_after(session.seq - 10)
    assert kept is not None
    assert session.messages_after(0) is None
    assert (
        sum(len(message["sdp"]) for message in session.messages_after(session.seq - 15) or []) <= MAX_REPLAY_BYTES
    )


def test_unsent_seq_returns_none() -> None:
    assert RoomSession("s", "amina").messages_after(7) is None


def test_session_expires_after_120_s_without_socket() -> None:
    session, connection = RoomSession("s", "amina"), RecordingConnection()
    session.attach_connection(connection)
    assert not session.is_expired(T0 + timedelta(days=1))
    session.detach_connection(connection, T0)
    assert not session.is_expired(T0 + timedelta(seconds=RESUME_WINDOW_S - 1))
    assert session.is_expired(T0 + timedelta(seconds=RESUME_WINDOW_S))


def test_detaching_old_socket_keeps_newer_socket() -> None:
    session, old, new = RoomSession("s", "amina"), RecordingConnection(), RecordingConnection()
    session.attach_connection(old)
    session.attach_connection(new)
    session.detach_connection(old, T0)
    assert session.connection is new
