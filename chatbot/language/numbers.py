"""Number words in normalised text, from one to fifty-nine, for dates and times. Pure."""

from __future__ import annotations

from collections.abc import Mapping


def number_words(first: int, text: str) -> dict[str, int]:
    """Number the words of a text in order, from `first`."""
    return {word: number for number, word in enumerate(text.split(), first)}


def _compound_numbers(tens: Mapping[str, int], units: Mapping[str, int], between: str) -> dict[str, int]:
    """Combine each of the tens with each unit: `treinta y uno`, `thirty one`."""
    below_ten = {word: number for word, number in units.items() if number < 10}
    return {f"{ten}{between}{unit}": tens[ten] + number for ten in tens for unit, number in below_ten.items()}


_SPANISH = number_words(
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

_ENGLISH = number_words(
    1,
    """
    one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen
    eighteen nineteen
    """,
)
_TENS_EN = {"twenty": 20, "thirty": 30, "forty": 40, "fifty": 50}
ENGLISH_NUMBERS: Mapping[str, int] = {**_ENGLISH, **_TENS_EN, **_compound_numbers(_TENS_EN, _ENGLISH, " ")}

_ENGLISH_ORDINALS = number_words(
    1,
    """
    first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth
    fifteenth sixteenth seventeenth eighteenth nineteenth twentieth
    """,
)
# Up to thirty-one, for the days of a month.
ENGLISH_ORDINALS: Mapping[str, int] = {
    **_ENGLISH_ORDINALS,
    "thirtieth": 30,
    **_compound_numbers({"twenty": 20}, _ENGLISH_ORDINALS, " "),
    "thirty first": 31,
}


def number_pattern(numbers: Mapping[str, int], most: int, least: int = 1) -> str:
    """Join the words of the numbers from `least` to `most` into a pattern, the longest first."""
    words = (word for word, number in numbers.items() if least <= number <= most)
    return "|".join(sorted(words, key=len, reverse=True))
