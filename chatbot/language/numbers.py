"""Numbers as words, once for days and hours: plain text, from one to fifty-nine. Pure."""

from __future__ import annotations

from collections.abc import Mapping


def _number_words(first: int, text: str) -> dict[str, int]:
    return {word: number for number, word in enumerate(text.split(), first)}


def _compound_numbers(tens: Mapping[str, int], units: Mapping[str, int], between: str) -> dict[str, int]:
    """`treinta y uno`, `thirty one`: each of the tens with each unit below ten."""
    below = {word: number for word, number in units.items() if number < 10}
    return {f"{ten}{between}{one}": tens[ten] + number for ten in tens for one, number in below.items()}


_SPANISH = _number_words(
    1,
    """
    uno dos tres cuatro cinco seis siete ocho nueve diez once doce trece catorce quince dieciseis diecisiete
    dieciocho diecinueve veinte veintiuno veintidos veintitres veinticuatro veinticinco veintiseis veintisiete
    veintiocho veintinueve
    """,
)
_TENS_ES = {"treinta": 30, "cuarenta": 40, "cincuenta": 50}
SPANISH_NUMBERS: Mapping[str, int] = {
    "un": 1,
    "una": 1,
    **_SPANISH,
    **_TENS_ES,
    **_compound_numbers(_TENS_ES, _SPANISH, " y "),
}

_ENGLISH = _number_words(
    1,
    """
    one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen
    eighteen nineteen
    """,
)
_TENS_EN = {"twenty": 20, "thirty": 30, "forty": 40, "fifty": 50}
ENGLISH_NUMBERS: Mapping[str, int] = {**_ENGLISH, **_TENS_EN, **_compound_numbers(_TENS_EN, _ENGLISH, " ")}

_ENGLISH_ORDINALS = _number_words(
    1,
    """
    first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth
    fifteenth sixteenth seventeenth eighteenth nineteenth twentieth
    """,
)
# As far as the days of a month go.
ENGLISH_ORDINALS: Mapping[str, int] = {
    **_ENGLISH_ORDINALS,
    "thirtieth": 30,
    **_compound_numbers({"twenty": 20}, _ENGLISH_ORDINALS, " "),
    "thirty first": 31,
}


def number_pattern(numbers: Mapping[str, int], most: int, least: int = 1) -> str:
    """The words from one number to another as alternatives of a pattern, the longest first."""
    return "|".join(sorted((word for word, one in numbers.items() if least <= one <= most), key=len, reverse=True))
