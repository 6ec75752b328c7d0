"""What a person types to say who they are: an e-mail, a telephone or a document's number."""

from __future__ import annotations

import re

from pydantic import TypeAdapter, ValidationError

from ...core.web.validation import Phone

_PHONE: TypeAdapter[str] = TypeAdapter(Phone)
_DOCUMENT = re.compile(r"[A-Z0-9]{5,40}")  # DNI, NIE and passports, without their separators


def parse_contact_identifiers(text: str) -> dict[str, str]:
    """What the text can mean: `email`, or `phone` and `document` as they are kept."""
    text = text.strip()
    if "@" in text:
        return {"email": text}
    found = {}
    if (phone := parse_phone(text)) is not None:
        found["phone"] = phone
    if (document := parse_document(text)) is not None:
        found["document"] = document
    return found


def parse_phone(text: str) -> str | None:
    """The telephone in E.164, if it is one."""
    try:
        return _PHONE.validate_python(text)
    except ValidationError:
        return None


def parse_document(text: str) -> str | None:
    """The number of a document without separators, in capitals, if it looks like one."""
    folded = re.sub(r"[\s.\-/]", "", text).upper()
    return folded if _DOCUMENT.fullmatch(folded) else None
