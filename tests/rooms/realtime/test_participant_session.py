"""Numbers, replay and expiry of a RoomSession."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

from office360.rooms.domain.room import RESUME_WINDOW_S
from office360.rooms.realtime.encoded_message import encode_message
from office360.rooms.realtime.participant_session import (
    MAX_REPLAY_BYTES,
    MAX_REPLAY_MESSAGES,
    Receipt,
    RoomSession,
)

from ..support.live_sessions import RecordingConnection

T0 = datetime(2026, 11, 25, 9, 30, tzinfo=UTC)


def test_messages_are_numbered_in_sequence() -> None:
    session, connection = RoomSession("s", "amina"), RecordingConnection()
    session.attach_connection(connection)
    session.send_numbered({"type": "left"})
    session.send_numbered({"type": "left"})
    assert [message["seq"] for message in connection.sent] == [1, 2]


def test_only_messages_sent_while_detached_are_missed() -> None:
    session, connection = RoomSession("s", "amina"), RecordingConnection()
    session.attach_connection(connection)
    session.send_numbered({"type": "chat", "id": "1", "text": "received"})
    session.detach_connection(connection, T0)
    session.send_numbered({"type": "chat", "id": "1", "text": "missed"})
    assert [json.loads(frame)["text"] for frame in session.frames_after(1) or []] == ["missed"]
    assert session.frames_after(2) == []


def test_replay_not_reaching_back_returns_none() -> None:
    session = RoomSession("s", "amina")
    for _ in range(MAX_REPLAY_MESSAGES + 10):
        session.send_numbered({"type": "left"})
    assert session.frames_after(5) is None
    assert len(session.frames_after(10) or []) == MAX_REPLAY_MESSAGES


def test_replay_is_bounded_in_bytes() -> None:
    session = RoomSession("s", "amina")
    for number in range(40):
        session.send_numbered({"type": "chat", "id": number, "text": "x" * 1_000})
    assert session.frames_after(0) is None
    kept = session.frames_after(session.seq - 10)
    assert kept is not None
    assert sum(map(len, kept)) <= MAX_REPLAY_BYTES
    session.send_numbered({"type": "description", "sdp": "x" * 30_000})
    assert session.frames_after(session.seq - 1) is None


def test_superseded_messages_are_not_kept_for_a_replay() -> None:
    session = RoomSession("s", "amina")
    for generation in (1, 2):
        for type_ in ("description", "candidate"):
            session.send_numbered({"type": type_, "from": "boris", "pc_gen": generation})
    session.send_numbered({"type": "candidate", "from": "carmen", "pc_gen": 1})
    session.send_numbered({"type": "lobby", "position": 2})
    session.send_numbered({"type": "lobby", "position": 1})
    kept = [json.loads(frame) for frame in session.frames_after(0) or []]
    assert [message["seq"] for message in kept] == [3, 4, 5, 7]


def test_acknowledged_messages_leave_the_replay() -> None:
    session = RoomSession("s", "amina", acknowledges=True)
    for _ in range(3):
        session.send_numbered({"type": "left"})
    session.acknowledge(2)
    assert session.frames_after(1) is None
    assert [json.loads(frame)["seq"] for frame in session.frames_after(2) or []] == [3]


def test_relayed_message_is_confirmed_when_the_client_has_it() -> None:
    received: list[int] = []
    session, connection = RoomSession("s", "amina", acknowledges=True), RecordingConnection()
    session.on_received = lambda _, receipts: received.extend(receipt.number for receipt in receipts)
    session.attach_connection(connection)
    for number in (1, 2):
        line = encode_message({"type": "chat", "from": "boris", "id": str(number), "text": "hello"})
        session.send_relayed(line, Receipt("a process", "boris", number))
    session.send_relayed(None, Receipt("a process", "boris", 3))
    assert received == []
    session.acknowledge(1)
    assert received == [1]
    session.acknowledge(99)
    assert received == [1, 2, 3]


def test_chat_line_sent_again_is_confirmed_and_not_shown_again() -> None:
    received: list[int] = []
    session, connection = RoomSession("s", "amina"), RecordingConnection()
    session.on_received = lambda _, receipts: received.extend(receipt.number for receipt in receipts)
    session.attach_connection(connection)
    line = encode_message({"type": "chat", "from": "boris", "id": "1", "text": "hello"})
    session.send_relayed(line, Receipt("a process", "boris", 7))
    session.send_relayed(line, Receipt("another process", "boris", 1))
    assert (len(connection.sent), received) == (1, [7, 1])


def test_unsent_seq_returns_none() -> None:
    assert RoomSession("s", "amina").frames_after(7) is None


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
