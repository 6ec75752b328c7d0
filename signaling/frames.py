"""Frames of RFC 6455 as bytes: prepared headers, and boundaries in received data. No I/O."""

from __future__ import annotations

PING_FRAME = b"\x89\x00"  # section 5.5.2: final, without payload; a server never masks

# Headers of shorter payloads are prepared once, because a look-up takes a fifth of the time of building
# one, for each phone of a push. A ticket's state has about 450 bytes.
PRECOMPUTED_HEADER_BYTES = 4_096

_TEXT, _FINAL, _MASKED = 0x81, 0x80, 0x80
_KEY_BYTES = 4  # masking key of a client's frame


def build_text_frame_header(size_bytes: int) -> bytes:
    """Build the header of an unmasked text frame of a whole message (section 5.2).

    A frame without compression is valid whatever extensions were negotiated.
    """
    if size_bytes < 126:
        return bytes((_TEXT, size_bytes))
    if size_bytes < 1 << 16:
        return bytes((_TEXT, 126)) + size_bytes.to_bytes(2)
    return bytes((_TEXT, 127)) + size_bytes.to_bytes(8)


TEXT_FRAME_HEADERS = tuple(build_text_frame_header(size_bytes) for size_bytes in range(PRECOMPUTED_HEADER_BYTES))


def text_frame_header(size_bytes: int) -> bytes:
    """Return the header of a text frame, prepared or built."""
    if size_bytes < PRECOMPUTED_HEADER_BYTES:
        return TEXT_FRAME_HEADERS[size_bytes]
    return build_text_frame_header(size_bytes)


def is_empty_pong(data: bytes) -> bool:
    """Check whether received data is exactly a masked pong without payload."""
    return len(data) == 2 + _KEY_BYTES and data[0] == 0x8A and data[1] == _MASKED


def whole_frames_bytes(data: bytes, limit_bytes: int) -> int:
    """Return the size of the whole frames that begin within the limit.

    Zero if the first frame of `data` is incomplete.
    """
    position, end = 0, len(data)
    while position < limit_bytes and position + 2 <= end:
        size_bytes, header_bytes = data[position + 1] & 0x7F, 2
        if size_bytes > 125:
            header_bytes = 4 if size_bytes == 126 else 10
            size_bytes = int.from_bytes(data[position + 2 : position + header_bytes])
        frame_bytes = header_bytes + (_KEY_BYTES if data[position + 1] & _MASKED else 0) + size_bytes
        if position + frame_bytes > end:
            break
        position += frame_bytes
    return position


def has_only_whole_messages(data: bytes) -> bool:
    """Check whether received data consists of whole, unfragmented messages.

    After such data a parser holds no state and can be dropped.
    """
    position, end = 0, len(data)
    while position + 2 <= end:
        is_fragment = not data[position] & _FINAL or not data[position] & 0x0F
        if is_fragment:
            return False
        size_bytes, header_bytes = data[position + 1] & 0x7F, 2
        if size_bytes > 125:
            header_bytes = 4 if size_bytes == 126 else 10
            size_bytes = int.from_bytes(data[position + 2 : position + header_bytes])
        position += header_bytes + (_KEY_BYTES if data[position + 1] & _MASKED else 0) + size_bytes
    return position == end
