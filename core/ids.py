"""Makes identifiers that people and tables use. Random enough to be unique, never secret (see tokens.py)."""

from __future__ import annotations

import secrets
import time

# Crockford's base 32: no I, L, O, U, so it survives being read aloud. https://www.crockford.com/base32.html
CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LOCATOR_LENGTH = 8  # 40 bits: with 5 guesses per 15 minutes nobody finds one
_LOOKALIKES = str.maketrans("OIL", "011")


def _encode_crockford(number: int, length: int) -> str:
    return "".join(CROCKFORD[(number >> (5 * place)) & 31] for place in reversed(range(length)))


def new_id() -> str:
    """A 26-character identifier that sorts by the millisecond it was made (the layout of a ULID)."""
    return _encode_crockford((time.time_ns() // 1_000_000) << 80 | secrets.randbits(80), 26)


def new_locator() -> str:
    """Eight Crockford characters that a person can dictate."""
    return _encode_crockford(secrets.randbits(5 * LOCATOR_LENGTH), LOCATOR_LENGTH)


def group_locator(locator: str) -> str:
    """In two groups of four, as one reads it out: `7KQM 2X9T`."""
    return f"{locator[:4]} {locator[4:]}"


def normalize_locator(text: str) -> str:
    """What a person typed, as we keep it: capitals, only letters and figures, O read as 0, I and L as 1."""
    return "".join(one for one in text.upper() if one.isalnum()).translate(_LOOKALIKES)
