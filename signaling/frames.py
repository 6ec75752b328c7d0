"""Frames of RFC 6455 as bytes: what a server writes ready-made, and where a client's frames end. Pure."""

from __future__ import annotations

PING_FRAME = b"\x89\x00"  # section 5.5.2: final, no payload, never masked by a server
PRECOMPUTED_HEADER_BYTES = 4_096  # payloads shorter than this find their head ready; a ticket's is about 450 bytes

_TEXT, _FINAL, _MASKED = 0x81, 0x80, 0x80
_KEY_BYTES = 4  # a client's masking key


def build_text_frame_header(size_bytes: int) -> bytes:
    """What stands before the payload of a whole text frame (section 5.2), legal whatever was negotiated."""
    if size_bytes < 126:
        return bytes((_TEXT, size_bytes))
    if size_bytes < 1 << 16:
        return bytes((_TEXT, 126)) + size_bytes.to_bytes(2)
    return bytes((_TEXT, 127)) + size_bytes.to_bytes(8)


TEXT_FRAME_HEADERS = tuple(build_text_frame_header(size_bytes) for size_bytes in range(PRECOMPUTED_HEADER_BYTES))


def is_empty_pong(data: bytes) -> bool:
    """Whether a client says nothing but that it is there: one masked pong without a payload."""
    return len(data) == 2 + _KEY_BYTES and data[0] == 0x8A and data[1] == _MASKED


def has_only_whole_messages(data: bytes) -> bool:
    """Whether a client's bytes are whole messages of one frame each, so that nothing is left over to be kept."""
    at, end = 0, len(data)
    while at + 2 <= end:
        if not data[at] & _FINAL or not data[at] & 0x0F:  # more to come, or the rest of what came before
            return False
        size_bytes, head = data[at + 1] & 0x7F, 2
        if size_bytes > 125:
            head = 4 if size_bytes == 126 else 10
            size_bytes = int.from_bytes(data[at + 2 : at + head])
        at += head + (_KEY_BYTES if data[at + 1] & _MASKED else 0) + size_bytes
    return at == end
