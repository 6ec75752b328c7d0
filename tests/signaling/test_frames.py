"""Prepared frames against those of the library, and boundaries of received frames."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from office360.signaling.frames import (
    PING_FRAME,
    PRECOMPUTED_HEADER_BYTES,
    TEXT_FRAME_HEADERS,
    build_text_frame_header,
    has_only_whole_messages,
    is_empty_pong,
)
from websockets.frames import Frame, Opcode

MESSAGES = st.sampled_from([Opcode.TEXT, Opcode.BINARY])
CONTROLS = st.sampled_from([Opcode.PING, Opcode.PONG, Opcode.CLOSE])


def _serialize_masked_frame(opcode: Opcode, data: bytes) -> bytes:
    return Frame(opcode, data).serialize(mask=True)


WHOLE = st.one_of(
    st.builds(_serialize_masked_frame, MESSAGES, st.binary(max_size=300)),
    st.builds(_serialize_masked_frame, CONTROLS, st.binary(max_size=125)),
)


@pytest.mark.parametrize("size_bytes", [0, 125, 126, 4_095, 4_096, 65_535, 65_536])
def test_precomputed_frame_equals_library_frame(size_bytes: int) -> None:
    payload = b"x" * size_bytes
    frame = Frame(Opcode.TEXT, payload).serialize(mask=False)
    assert build_text_frame_header(size_bytes) + payload == frame
    assert size_bytes >= PRECOMPUTED_HEADER_BYTES or TEXT_FRAME_HEADERS[size_bytes] + payload == frame


def test_precomputed_ping_equals_library_ping() -> None:
    assert Frame(Opcode.PING, b"").serialize(mask=False) == PING_FRAME


def test_only_a_pong_without_payload_is_empty() -> None:
    assert is_empty_pong(Frame(Opcode.PONG, b"").serialize(mask=True))
    assert not is_empty_pong(Frame(Opcode.PONG, b"x").serialize(mask=True))
    assert not is_empty_pong(Frame(Opcode.PING, b"").serialize(mask=True))


@given(st.lists(WHOLE, min_size=1, max_size=4))
def test_complete_frames_are_whole_messages(frames: list[bytes]) -> None:
    assert has_only_whole_messages(b"".join(frames))


@given(st.lists(WHOLE, min_size=1, max_size=3), st.data())
def test_partial_frame_is_not_a_whole_message(frames: list[bytes], data: st.DataObject) -> None:
    kept_bytes = data.draw(st.integers(1, len(frames[-1]) - 1))
    assert not has_only_whole_messages(b"".join([*frames[:-1], frames[-1][:kept_bytes]]))


@pytest.mark.parametrize(
    "frame",
    [Frame(Opcode.TEXT, b"on", fin=False), Frame(Opcode.CONT, b"on", fin=False), Frame(Opcode.CONT, b"off")],
)
def test_message_fragment_is_not_a_whole_message(frame: Frame) -> None:
    assert not has_only_whole_messages(frame.serialize(mask=True))
