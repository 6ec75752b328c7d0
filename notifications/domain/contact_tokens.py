"""Tokens and stored hashes of e-mail addresses and telephone numbers. No SQL.

A contact token opens the preferences page of a contact. It is enough to stop
and restart messages, because a mail program must be able to do so without a login (RFC 8058). Its parts are:
the prefix of the channel (one letter), a keyed fingerprint of the contact (96 bits), and a signature (48
bits) that shows that we made the token. Tables store only a hash of prefix and fingerprint, which reveals
neither the contact nor its token.
"""

from __future__ import annotations

import hmac

from ...core.tokens import TokenSigner, hash_token
from .declared_channels import CHOSEN_CHANNELS
from .message_kinds import EMAIL

# no push: a browser unsubscribes on the page where it subscribed
CHANNEL_BY_PREFIX = {"e": EMAIL, **{each.contact_prefix: each.name for each in CHOSEN_CHANNELS}}
PREFIX_BY_CHANNEL = {channel: prefix for prefix, channel in CHANNEL_BY_PREFIX.items()}
FINGERPRINT_LENGTH, SIGNATURE_LENGTH = 16, 8  # characters of base64, 6 bits each


def contact_token(tokens: TokenSigner, channel: str, contact: str) -> str:
    """Build the token of a contact's preferences page; every message carries the same token."""
    body = PREFIX_BY_CHANNEL[channel] + _contact_fingerprints(tokens, channel, contact)[0]
    return body + tokens.signatures("contact", body)[0][:SIGNATURE_LENGTH]


def preferences_link(tokens: TokenSigner, site: str, channel: str, contact: str) -> str:
    """Build the link to the page where a contact chooses its messages."""
    return f"{site}/n/{contact_token(tokens, channel, contact)}"


def channel_of_token(tokens: TokenSigner, token: str) -> str | None:
    """Return the channel of a token, or None if its signature is not ours."""
    body, signature = token[: 1 + FINGERPRINT_LENGTH], token[1 + FINGERPRINT_LENGTH :]
    valid_signatures = [full[:SIGNATURE_LENGTH] for full in tokens.signatures("contact", body)]
    if not any(hmac.compare_digest(valid.encode(), signature.encode()) for valid in valid_signatures):
        return None
    return CHANNEL_BY_PREFIX.get(body[:1])


def hash_contact_token(token: str) -> str:
    """Return the hash under which tables store the contact of this token."""
    return hash_token(token[: 1 + FINGERPRINT_LENGTH])


def possible_contact_hashes(tokens: TokenSigner, channel: str, contact: str) -> list[str]:
    """Return the hashes under which tables may store a contact.

    The list is empty for a channel without tokens. Each secret key has its own hash, so that an
    opt-out stays valid when a new key is added.
    """
    prefix = PREFIX_BY_CHANNEL.get(channel)
    if prefix is None:
        return []
    return [hash_token(prefix + fingerprint) for fingerprint in _contact_fingerprints(tokens, channel, contact)]


def _contact_fingerprints(tokens: TokenSigner, channel: str, contact: str) -> list[str]:
    """Return the fingerprint by each secret key, the newest key first."""
    signatures = tokens.signatures("contact", f"{channel}\0{contact.strip().casefold()}")
    return [signature[:FINGERPRINT_LENGTH] for signature in signatures]
