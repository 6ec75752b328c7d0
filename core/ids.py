"""Identifiers of rows, and locators that people dictate. No secrets: see tokens.py."""

from __future__ import annotations

import secrets
import time

# Crockford's base 32 has no I, L, O, U, so that it can be read aloud. https://www.crockford.com/base32.html
CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LOCATOR_LENGTH = 8  # 40 bits: with 5 guesses per 15 minutes a locator cannot be guessed
_LOOKALIKES = str.maketrans("OIL", "011")

# two characters at a time, in a quarter of the time: a batch of rows spends much of it on their ids
_PAIRS = [first + second for first in CROCKFORD for second in CROCKFORD]


def _encode_crockford(number: int, length: int) -> str:
    """Encode a number in an even number of characters."""
    return "".join([_PAIRS[number >> shift & 1023] for shift in range(5 * length - 10, -1, -10)])


def new_id() -> str:
    """Make a 26-character identifier that sorts by its millisecond of creation (ULID layout)."""
    return _encode_crockford((time.time_ns() // 1_000_000) << 80 | secrets.randbits(80), 26)


def new_locator() -> str:
    """Make a locator of eight Crockford characters."""
    return _encode_crockford(secrets.randbits(5 * LOCATOR_LENGTH), LOCATOR_LENGTH)


def group_locator(locator: str) -> str:
    """Format a locator in two groups of four: `7KQM 2X9T`."""
    return f"{locator[:4]} {locator[4:]}"


def normalize_locator(text: str) -> str:
    """Normalize a typed locator: capitals and digits only, O as 0, I and L as 1."""
    return "".join(character for character in text.upper() if character.isalnum()).translate(_LOOKALIKES)
