"""By what an e-mail address or a number is known that nobody may read: a keyed hash, and the link of its page.

The link's token is enough to stop and to go on, so that a mail program can do it (RFC 8058), and it says of itself
that we made it: `e` or `s` for the way, 96 bits by which the contact is found, 48 bits of signature. Only a hash
of the 96 bits is kept, so that the table of refusals tells neither whose they are nor how to take them back.
"""

from __future__ import annotations

import hmac

from ...core.tokens import TokenSigner, hash_token
from .message_kinds import EMAIL, SMS

CHANNEL_BY_PREFIX = {"e": EMAIL, "s": SMS}  # a browser is unsubscribed where it subscribed
FINGERPRINT_LENGTH, SIGNATURE_LENGTH = 16, 8  # characters of base64: 6 bits each


def contact_token(tokens: TokenSigner, channel: str, contact: str) -> str:
    """The token of this contact's page, the same in every message."""
    letter = next(letter for letter, way in CHANNEL_BY_PREFIX.items() if way == channel)
    mark = _contact_fingerprints(tokens, channel, contact)[0]
    return f"{letter}{mark}{tokens.signatures('contact', letter + mark)[0][:SIGNATURE_LENGTH]}"


def preferences_link(tokens: TokenSigner, site: str, channel: str, contact: str) -> str:
    """Where one chooses what this contact is told."""
    return f"{site}/n/{contact_token(tokens, channel, contact)}"


def channel_of_token(tokens: TokenSigner, token: str) -> str | None:
    """The channel that a token is about; None for one that we did not make."""
    body, signature = token[: 1 + FINGERPRINT_LENGTH], token[1 + FINGERPRINT_LENGTH :]
    made = [one[:SIGNATURE_LENGTH] for one in tokens.signatures("contact", body)]
    if not any(hmac.compare_digest(one.encode(), signature.encode()) for one in made):
        return None
    return CHANNEL_BY_PREFIX.get(body[:1])


def hash_contact_token(token: str) -> str:
    """What the table keeps of the contact of a token."""
    return hash_token(token[: 1 + FINGERPRINT_LENGTH])


def possible_contact_hashes(tokens: TokenSigner, channel: str, contact: str) -> list[str]:
    """What the table may keep of a contact: one for each secret, so that a refusal outlives its rotation."""
    letter = next((letter for letter, way in CHANNEL_BY_PREFIX.items() if way == channel), None)
    return (
        [hash_token(letter + mark) for mark in _contact_fingerprints(tokens, channel, contact)] if letter else []
    )


def _contact_fingerprints(tokens: TokenSigner, channel: str, contact: str) -> list[str]:
    return [
        one[:FINGERPRINT_LENGTH]
        for one in tokens.signatures("contact", f"{channel}\0{contact.strip().casefold()}")
    ]
