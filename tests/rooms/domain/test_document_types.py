"""Recognition of documents by their content, and their names."""

from __future__ import annotations

import io
import random
import struct
import zipfile

import pytest
from office360.rooms.domain.document_types import (
    DOCX,
    HEIC,
    JPEG,
    MAX_NAME_CHARACTERS,
    ODT,
    PDF,
    PNG,
    WEBP,
    DocumentExcerpt,
    DocumentType,
    clean_document_name,
    may_become_document,
    sniff_document_type,
)


def archive(*names: str, first: bytes = b"", picture: bytes = b"", comment: bytes = b"") -> bytes:
    """Build a ZIP file; `first` is the uncompressed content of an entry `mimetype`."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as made:
        if first:
            made.writestr("mimetype", first, zipfile.ZIP_STORED)
        made.comment = comment
        if picture:
            made.writestr("word/media/picture.png", picture)
        for name in names:
            made.writestr(name, "x")
    return buffer.getvalue()


WORD_PARTS = ("[Content_Types].xml", "word/document.xml")
ODT_START = ODT.media_type.encode()


@pytest.mark.parametrize(
    ("content", "type"),
    [
        (b"%PDF-1.7\n" + b"x" * 20, PDF),
        (b"\xff\xd8\xff\xe0" + b"x" * 20, JPEG),
        (b"\x89PNG\r\n\x1a\n" + b"x" * 20, PNG),
        (b"RIFF\0\0\0\0WEBPVP8 " + b"x" * 20, WEBP),
        (b"\0\0\0\x18ftypheic" + b"x" * 20, HEIC),
        (archive(*WORD_PARTS), DOCX),
        (archive("content.xml", first=ODT_START), ODT),
    ],
    ids=lambda value: value.endings[0] if isinstance(value, DocumentType) else "content",
)
def test_accepted_types_are_known_by_content(content: bytes, type: DocumentType) -> None:
    assert sniff_document_type(content) is type
    assert may_become_document(content)


@pytest.mark.parametrize(
    "content",
    [
        b"<html><script>alert(1)</script>",
        b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'>",
        b"MZ\x90\0" + b"\0" * 60,
        b" %PDF-1.7 behind a space",
        b"RIFF\0\0\0\0AVI LIST",
        archive("setup.exe"),
        archive(*WORD_PARTS, "word/vbaProject.bin"),
        archive("Basic/Standard/Module1.xml", first=ODT_START),
        archive(*WORD_PARTS)[:-30],
        b"PK\x03\x04",
        b"",
    ],
)
def test_other_types_and_macros_are_refused(content: bytes) -> None:
    assert sniff_document_type(content) is None


def make_excerpt(content: bytes) -> bytes:
    made = DocumentExcerpt()
    for start in range(0, len(content), 100_000):
        made.add(content[start : start + 100_000])
    assert made.size == len(content)
    return made.content


@pytest.mark.parametrize(
    ("names", "first", "type"),
    [
        (WORD_PARTS, b"", DOCX),
        (("content.xml",), ODT_START, ODT),
        ((*WORD_PARTS, "word/vbaProject.bin"), b"", None),
        (("setup.exe",), b"", None),
    ],
)
def test_make_excerpt_large_file_tells_its_type(
    names: tuple[str, ...], first: bytes, type: DocumentType | None
) -> None:
    content = archive(*names, first=first, picture=random.Random(1).randbytes(2_000_000), comment=b"c" * 65_535)
    excerpt = make_excerpt(content)
    assert len(excerpt) < len(content) / 4
    assert sniff_document_type(excerpt) is sniff_document_type(content) is type
    assert make_excerpt(content[:300]) == content[:300]


def test_huge_zip_directory_is_not_read() -> None:
    content = archive(*WORD_PARTS, *(f"word/{number:040}" for number in range(4_000)))
    assert sniff_document_type(content) is None
    assert sniff_document_type(with_zip64_end(content)) is None


def test_zip64_directory_is_refused_at_any_size() -> None:
    content = with_zip64_end(archive(*WORD_PARTS))
    assert zipfile.ZipFile(io.BytesIO(content)).namelist() == [*WORD_PARTS]  # it would be read
    assert sniff_document_type(content) is None


def with_zip64_end(content: bytes) -> bytes:
    """Move the directory's place to ZIP64 records, and tell another in the usual record."""
    at = content.rindex(b"PK\x05\x06")
    entries, size, start = struct.unpack("<10xHLL2x", content[at:])
    record = struct.pack("<4sQ2H2L4Q", b"PK\x06\x06", 44, 45, 45, 0, 0, entries, entries, size, start)
    locator = struct.pack("<4sLQL", b"PK\x06\x07", 0, at, 1)
    return content[:at] + record + locator + struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 1, 1, 46, 0, 0)


@pytest.mark.parametrize(
    ("name", "clean"),
    [
        ("nómina enero.pdf", "nómina enero.pdf"),
        ("../../etc/passwd", "passwd.pdf"),
        (r"C:\Users\amina\carta.PDF", "carta.PDF"),
        ("factura\u202efdp.exe", "factura fdp.exe.pdf"),
        ('a"b\r\nSet-Cookie: x.pdf', "a_b Set-Cookie_ x.pdf"),
        ("...", "document.pdf"),
        ("x" * 300 + ".pdf", "x" * (MAX_NAME_CHARACTERS - 4) + ".pdf"),
        ("foto.jpg", "foto.jpg.pdf"),
    ],
)
def test_names_are_clean_and_end_as_their_type(name: str, clean: str) -> None:
    assert clean_document_name(name, PDF) == clean
