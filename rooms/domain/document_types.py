"""Types of documents that a room accepts, recognised by their content. Pure: no files."""

from __future__ import annotations

import io
import re
import unicodedata
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass

# The central directory of a text document has some kilobytes; a larger directory was made to keep
# the process busy.
MAX_ZIP_DIRECTORY_BYTES = 256 * 1024
MAX_NAME_CHARACTERS = 100
UNNAMED = "document"

_ZIP_START, _ZIP_END = b"PK\x03\x04", b"PK\x05\x06"
# stands before the end record (APPNOTE.TXT 4.3.15)
_ZIP64_LOCATOR, _ZIP64_LOCATOR_BYTES = b"PK\x06\x07", 20
# end of central directory record without its comment (APPNOTE.TXT 4.3.16)
_ZIP_END_BYTES = 22
# the first entry of an ODF package ends at byte 77
EXCERPT_HEAD_BYTES = 1024
# The directory, the comment behind it (at most 65,535 bytes), and the records between them.
EXCERPT_TAIL_BYTES = MAX_ZIP_DIRECTORY_BYTES + 64 * 1024 + 1024
_HEIC_BRANDS = frozenset({b"heic", b"heix", b"heim", b"heis", b"mif1"})
# Programs inside a document run when it is opened: OOXML keeps them in a part, ODF in folders.
_MACRO_ENTRY = re.compile(r"(.*/)?vbaProject\.bin|(Basic|Scripts)/.*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class DocumentType:
    """A media type and the endings of its file names, the usual ending first."""

    media_type: str
    endings: tuple[str, ...]


PDF = DocumentType("application/pdf", (".pdf",))
JPEG = DocumentType("image/jpeg", (".jpg", ".jpeg"))
PNG = DocumentType("image/png", (".png",))
WEBP = DocumentType("image/webp", (".webp",))
HEIC = DocumentType("image/heic", (".heic", ".heif"))
DOCX = DocumentType("application/vnd.openxmlformats-officedocument.wordprocessingml.document", (".docx",))
ODT = DocumentType("application/vnd.oasis.opendocument.text", (".odt",))

ACCEPTED_TYPES: Sequence[DocumentType] = (PDF, JPEG, PNG, WEBP, HEIC, DOCX, ODT)


class DocumentExcerpt:
    """Beginning and end of a file that comes in parts; the whole of a small file.

    They tell the type: magic numbers are at the beginning, the directory of a ZIP file is at the end.
    """

    def __init__(self) -> None:
        self.size = 0
        self._head = self._tail = b""

    def add(self, part: bytes) -> None:
        missing = EXCERPT_HEAD_BYTES - len(self._head)
        self._head += part[:missing]
        self._tail = (self._tail + part[missing:])[-EXCERPT_TAIL_BYTES:]
        self.size += len(part)

    @property
    def content(self) -> bytes:
        return self._head + self._tail


def sniff_document_type(content: bytes) -> DocumentType | None:
    """Recognise the type of a file by its content or excerpt; None if it is not accepted."""
    return _office_text_type(content) if content.startswith(_ZIP_START) else _type_by_start(content)


def may_become_document(start: bytes) -> bool:
    """Tell whether a file with these first bytes, at least 16, may be of an accepted type."""
    return start.startswith(_ZIP_START) or _type_by_start(start) is not None


def _type_by_start(content: bytes) -> DocumentType | None:
    if content.startswith(b"%PDF-"):
        return PDF
    if content.startswith(b"\xff\xd8\xff"):
        return JPEG
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return PNG
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return WEBP
    if content[4:8] == b"ftyp" and content[8:12] in _HEIC_BRANDS:  # ISO/IEC 23008-12
        return HEIC
    return None


def _office_text_type(content: bytes) -> DocumentType | None:
    """Recognise a text document in a ZIP file without macros."""
    names = _zip_names(content)
    if not names or any(_MACRO_ENTRY.fullmatch(name) for name in names):
        return None
    if "[Content_Types].xml" in names and "word/document.xml" in names:
        return DOCX
    # The first entry of an ODF package is its media type, uncompressed (OpenDocument 1.3 part 2, 3.3).
    if names[0] == "mimetype" and content[38 : 38 + len(ODT.media_type)] == ODT.media_type.encode():
        return ODT
    return None


def _zip_names(content: bytes) -> list[str]:
    end = content.rfind(_ZIP_END)
    if end < 0 or len(content) < end + _ZIP_END_BYTES:
        return []
    # ZIP64 records tell another directory, which is read in place of the checked directory.
    # No document is so large that it needs them.
    if content.startswith(_ZIP64_LOCATOR, max(0, end - _ZIP64_LOCATOR_BYTES)):
        return []
    if int.from_bytes(content[end + 12 : end + 16], "little") > MAX_ZIP_DIRECTORY_BYTES:
        return []
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return archive.namelist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError, UnicodeDecodeError):
        return []


def clean_document_name(name: str, type: DocumentType | None = None) -> str:
    """Return a file name without folders and invisible characters, with an ending of its type.

    Invisible characters can hide the real ending: `contract\\u202efdp.exe`.
    """
    last = re.split(r"[/\\]", unicodedata.normalize("NFC", name))[-1]
    visible = "".join(" " if unicodedata.category(each).startswith(("C", "Z")) else each for each in last)
    folded = re.sub(r'[<>:"|?*]', "_", " ".join(visible.split())).strip(". ")
    stem, dot, ending = folded.rpartition(".")
    if not dot:
        stem, ending = folded, ""
    ending = f".{ending}" if dot else ""
    if type is not None and ending.lower() not in type.endings:
        stem, ending = folded, type.endings[0]
    if len(ending) > MAX_NAME_CHARACTERS // 2:
        stem, ending = folded, ""
    return f"{stem[: MAX_NAME_CHARACTERS - len(ending)].rstrip('. ') or UNNAMED}{ending}"
