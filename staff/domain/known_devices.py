"""Signed cookie of the accounts that logged in on a device (OWASP, device cookies).

A known device has its own count of wrong passwords, so that strangers who guess cannot lock it out. A computer
at a desk has many users, so the cookie has an entry for each account, without its name.
"""

from __future__ import annotations

from ...core.tokens import TokenSigner, random_token

SIGNATURE_PURPOSE = "known device"
ENTRY_SEPARATOR, PART_SEPARATOR = "~", "."
MAX_ENTRIES = 20  # people who share a computer; 50 bytes each


def find_device(tokens: TokenSigner, cookie: str | None, user_id: str) -> str | None:
    """Return the device's id for the account; None if the account never logged in on it."""
    found = _split_entries(cookie)
    return next(
        (entry.partition(PART_SEPARATOR)[0] for entry in found if _belongs_to(tokens, entry, user_id)), None
    )


def remember_device(tokens: TokenSigner, cookie: str | None, user_id: str) -> str:
    """Return the cookie with this account first; the device keeps its id for the account."""
    device = find_device(tokens, cookie, user_id) or random_token()
    signature = tokens.sign(SIGNATURE_PURPOSE, f"{user_id}\0{device}")
    # This account goes first, so that the limit drops the account that was away longest.
    others = [entry for entry in _split_entries(cookie) if not _belongs_to(tokens, entry, user_id)]
    return ENTRY_SEPARATOR.join([f"{device}{PART_SEPARATOR}{signature}", *others][:MAX_ENTRIES])


def _split_entries(cookie: str | None) -> list[str]:
    return [entry for entry in (cookie or "").split(ENTRY_SEPARATOR)[:MAX_ENTRIES] if entry]


def _belongs_to(tokens: TokenSigner, entry: str, user_id: str) -> bool:
    device, _, signature = entry.partition(PART_SEPARATOR)
    # The signature includes the account, so that an entry of another account gives no own count.
    return bool(device) and tokens.verify(SIGNATURE_PURPOSE, f"{user_id}\0{device}", signature)
