"""Contacts that identify a citizen: e-mail, telephone, document number. Pure."""

from __future__ import annotations

import re

from ...core.tokens import TokenSigner, hash_token
from ...core.web.validation import parse_phone
from .appointment import Appointment

# The purposes of the keys; stored values depend on them.
MAILBOX_KEY = "mailbox"
PHONE_CONTACT_KEY = "contact_phone"
VISIT_KEY = "contact_visit"
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

    None if the text cannot be such a number.
    """
    folded = re.sub(r"[\s.\-/]", "", text).upper()
    return folded if _DOCUMENT.fullmatch(folded) else None


def email_digest(email: str) -> str:
    """Hash an e-mail so that all spellings of a mailbox share a value.

    Mail systems ignore capitals. No table may hold this hash: it has no key, and an e-mail can be guessed.
    """
    return hash_token(email.strip().casefold())


def email_keys(tokens: TokenSigner, email: str) -> list[str]:
    """Return the hashes by which tables know a mailbox, for look-ups.

    The current key comes first, then those of older secrets, then the unkeyed hash of older versions.
    """
    # Rows of older versions have the unkeyed hash until rekey_mailboxes() has replaced it.
    digest = email_digest(email)
    return [*tokens.signatures(MAILBOX_KEY, digest), digest]


def email_key(tokens: TokenSigner, email: str) -> str:
    """Return the keyed hash of a mailbox that a new row gets."""
    return tokens.sign(MAILBOX_KEY, email_digest(email))


def contact_keys(tokens: TokenSigner, email: str | None, phone: str | None) -> list[str]:
    """Return the hashes by which tables know a citizen, for look-ups.

    The current key comes first. The citizen is known by the e-mail, or without an e-mail by the telephone.
    Empty without both.
    """
    if email is not None:
        return email_keys(tokens, email)
    return tokens.signatures(PHONE_CONTACT_KEY, phone) if phone is not None else []


def appointment_contact_keys(tokens: TokenSigner, appointment: Appointment) -> list[str]:
    """Return the hashes by which tables know the citizen of an appointment.

    A citizen without e-mail and telephone is known by the visit only, also after a change of its time.
    """
    keys = contact_keys(tokens, appointment.email, appointment.phone)
    return keys or tokens.signatures(VISIT_KEY, appointment.calendar_uid)


def appointment_contact_key(tokens: TokenSigner, appointment: Appointment) -> str:
    """Return the keyed hash of the citizen that a new row gets."""
    return appointment_contact_keys(tokens, appointment)[0]
