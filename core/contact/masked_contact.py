"""The short form of a citizen's contact, which another person may see on the screen."""

from __future__ import annotations

import re

_E164 = re.compile(r"\+[1-9][0-9]{6,14}")  # ITU-T E.164: at most 15 digits


def mask_contact(contact: str | None) -> str:
    """Hide all of an e-mail or E.164 number but its ends: `a•••@example.org`, `6•• ••• •22`.

    Empty without a contact, and for others, such as the subscription of a browser.
    """
    local, at, domain = (contact or "").rpartition("@")
    if at:
        return f"{local[:1]}•••@{domain}"
    if not _E164.fullmatch(domain):
        return ""
    digits = domain.removeprefix("+34")
    shown = f"{digits[0]}{'•' * (len(digits) - 3)}{digits[-2:]}"
    return " ".join(shown[start : start + 3] for start in range(0, len(shown), 3))
