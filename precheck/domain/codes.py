"""The short code of a test, such as K7-42: told over the telephone, typed by whoever helps. Pure."""

from __future__ import annotations

import re
import secrets

# Letters whose names are not mistaken for one another, in Spanish or in English, on a bad line:
# none of B C D E G P T V (they rhyme), one of F/S and M/N, no A (like H and K), I and O (like 1 and 0).
ALPHABET = "FHJKLMQRUWXZ"
FIRST_DIGITS = "0123456789"
TENS = "012345789"  # "sesenta" and "setenta" are mistaken for each other more than any other two
_CODE_PATTERN = re.compile(rf"[{ALPHABET}][{FIRST_DIGITS}]-[{TENS}]\d")
_DIGIT_LOOKALIKES = str.maketrans("OI", "01")


def generate_code() -> str:
    """A code by chance, one of 10,800. Whether it is free is for the store to say."""
    letter, first, tens = secrets.choice(ALPHABET), secrets.choice(FIRST_DIGITS), secrets.choice(TENS)
    return f"{letter}{first}-{tens}{secrets.randbelow(10)}"


def parse_code(text: str) -> str | None:
    """What somebody typed, as we keep it: `k742`, `K7 42` and `k7–42` are K7-42. None when it is no code."""
    signs = re.sub(r"[\W_]+", "", text.upper())
    code = f"{signs[:1]}{signs[1:2].translate(_DIGIT_LOOKALIKES)}-{signs[2:].translate(_DIGIT_LOOKALIKES)}"
    return code if _CODE_PATTERN.fullmatch(code) else None
