"""Documents that tests send to a room."""

from __future__ import annotations

import hashlib

from office360.rooms.actions.send_document import AnnouncedDocument
from office360.rooms.domain.room_documents import MIN_PART_BYTES


def pdf(size: int = 3 * MIN_PART_BYTES + 5, mark: int = 1) -> bytes:
    """Build a file that begins as a PDF. Files with other marks differ."""
    return (b"%PDF-1.7\n" + bytes([mark]) * size)[:size]


def announced(content: bytes, name: str = "carta.pdf") -> AnnouncedDocument:
    return AnnouncedDocument(name, len(content), hashlib.sha256(content).hexdigest())
