"""Ready frames say what the library's would; where frames end is seen without a parser."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from office360.signaling.frames import HEADS, LONGEST_HEAD, PING, are_whole, is_bare_pong, text_head
from websockets.frames import Frame, Opcode

MESSAGES = st.sampled_from([Opcode.TEXT, Opcode.BINARY])
CONTROLS = st.sampled_from([Opcode.PING, Opcode.PONG, Opcode.CLOSE])


def _written(opcode: Opcode, data: bytes) -> bytes:
    return Frame(opcode, data).serialize(mask=True)


WHOLE = st.one_of(
    st.builds(_written, MESSAGES, st.binary(max_size=300)), st.builds(_written, CONTROLS, st.binary(max_size=125))
)


@pytest.mark.parametrize("size_bytes", [0, 125, 126, 4_095, 4_096, 65_535, 65_536])
def test_a_ready_frame_is_what_the_library_writes(size_bytes: int) -> None:
    payload = b"x" * size_bytes
    frame = Frame(Opcode.TEXT, payload).serialize(mask=False)
    assert text_head(size_bytes) + payload == frame
    assert size_bytes >= LONGEST_HEAD or HEADS[size_bytes] + payload == frame


def test_a_ready_ping_is_what_the_library_writes() -> None:
    assert Frame(Opcode.PING, b"").serialize(mask=False) == PING


def test_only_a_pong_with_nothing_in_it_is_bare() -> None:
    assert is_bare_pong(Frame(Opcode.PONG, b"").serialize(mask=True))
    assert not is_bare_pong(Frame(Opcode.PONG, b"x").serialize(mask=True))
    assert not is_bare_pong(Frame(Opcode.PING, b"").serialize(mask=True))


@given(st.lists(WHOLE, min_size=1, max_size=4))
def test_whole_frames_are_whole(written: list[bytes]) -> None:
    assert are_whole(b"".join(written))


@given(st.lists(WHOLE, min_size=1, max_size=3), st.data())
def test_a_part_of_a_frame_is_not_whole(written: list[bytes], data: st.DataObject) -> None:
    last = data.draw(st.integers(1, len(written[-1]) - 1))
    assert not are_whole(b"".join([*written[:-1], written[-1][:last]]))


@pytest.mark.parametrize(
    "frame",
    [Frame(Opcode.TEXT, b"on", fin=False), Frame(Opcode.CONT, b"on", fin=False), Frame(Opcode.CONT, b"off")],
)
def test_a_piece_of_a_message_is_not_whole(frame: Frame) -> None:
    assert not are_whole(frame.serialize(mask=True))
