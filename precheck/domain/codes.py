"""Short code of a test, such as K7-42, which a citizen dictates by telephone. No SQL."""

from __future__ import annotations

import re
import secrets

# Letters whose names cannot be confused on a bad telephone line, in Spanish or English: none of B C D E G P T V,
# which rhyme; F but not S and M but not N; no A (like H and K); no I and O (like 1 and 0).
ALPHABET = "FHJKLMQRUWXZ"
FIRST_DIGITS = "0123456789"
# no 6: "sesenta" and "setenta" are the two tens that are most often confused
TENS = "012345789"
_CODE_PATTERN = re.compile(rf"[{ALPHABET}][{FIRST_DIGITS}]-[{TENS}]\d")
_DIGIT_LOOKALIKES = str.maketrans("OI", "01")


def generate_code() -> str:
    """Draw a code of 10,800 at random. The storage checks that it is free."""
    letter, first, tens = secrets.choice(ALPHABET), secrets.choice(FIRST_DIGITS), secrets.choice(TENS)
    return f"{letter}{first}-{tens}{secrets.randbelow(10)}"


def parse_code(text: str) -> str | None:
    """Normalise a typed code: `k742`, `K7 42` and `k7–42` become K7-42. None if it is no code."""
    signs = re.sub(r"[\W_]+", "", text.upper())
    code = f"{signs[:1]}{signs[1:2].translate(_DIGIT_LOOKALIKES)}-{signs[2:].translate(_DIGIT_LOOKALIKES)}"
    return code if _CODE_PATTERN.fullmatch(code) else None
