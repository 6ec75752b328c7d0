"""Contacts that identify a citizen: e-mail, telephone, document number. Pure."""

from __future__ import annotations

import hashlib
import re

from ...core.web.validation import parse_phone

_DOCUMENT = re.compile(r"[A-Z0-9]{5,40}")  # DNI, NIE and passports, without separators


def parse_contact_identifiers(text: str) -> dict[str, str]:
    """Parse a typed contact: `email`, or `phone` and `document` if the text can be either."""
    text = text.strip()
    if "@" in text:
        return {"email": text}
    found = {}
    if (phone := parse_phone(text)) is not None:
        found["phone"] = phone
    if (document := parse_document(text)) is not None:
        found["document"] = document
    return found


def parse_document(text: str) -> str | None:
    """Normalise the number of a document: capitals without separators.

    None if the text cannot be one.
    """
    folded = re.sub(r"[\s.\-/]", "", text).upper()
    return folded if _DOCUMENT.fullmatch(folded) else None


def email_key(email: str) -> str:
    """Hash an e-mail so that all spellings of a mailbox share one key.

    Mail systems ignore capitals. The hash has a fixed length; case folding alone can make an address longer
    than its column.
    """
    return hashlib.sha256(email.strip().casefold().encode()).hexdigest()
