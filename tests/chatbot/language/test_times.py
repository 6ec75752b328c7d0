"""Expressions of hours in both languages, and properties of all of them."""

from __future__ import annotations

from datetime import time

import pytest
from office360.chatbot.language.date_time.times import WantedHours, find_hours
from office360.chatbot.language.normalize import normalise_text

# Text: expected hours. `a..b` is a span (either may be open), `-a` is a refused hour or part.
SPANISH = """
de mañana nada, que entro a currar a las 7 y salgo a las 3: 15:00.. -06:00
por la mañana ni hablar: -06:00
nada antes de las 11: 11:00..
de las diez para allá: 10:00..
de las 10 en adelante: 10:00..
a partir de las 10 para arriba: 10:00..
a las 10: 10:00
a las diez y media: 10:30
a las 12 en vez de las 10: 12:00
12 en lugar de 10: 12:00
por las mañanas, que después de comer me echo la siesta: morning
a las 10h30: 10:30
a las 10.30: 10:30
a las 10 30: 10:30
a las 1030: 10:30
a las 10 y pico: 10:00
a las doce menos cuarto: 11:45
a las cinco de la tarde: 17:00
a las doce de la mañana: 12:00
a la 1 del mediodía: 13:00
sobre las once: 11:00
a primera hora: first_thing
a última hora: last_thing
lo más tarde posible: last_thing
no antes de las 11: 11:00..
después de las dos: 14:00..
antes de la una: ..13:00
entre 11 y 1: 11:00..13:00
de 10 a 12: 10:00..12:00
entro a trabajar a las 10: ..10:00
entro a las diez y media: ..10:30
empiezo a las 11: ..11:00
salgo a las tres: 15:00..
salgo de trabajar a las tres y media: 15:30..
trabajo hasta las tres: 15:00..
a las 11, digo a las 12: 12:00
a las 4 no, a las 5: 17:00 -04:00 -16:00
mejor a las 12 que a las 10: 12:00
por las mañanas trabajo: -06:00
por la tarde: afternoon
antes de las 10 no puedo: 10:00..
a las diez no llego, a las once: 11:00 -10:00 -22:00
no muy temprano: -00:00
a las 12 de la noche: 00:00
recojo a los niños a las dos: none
llevo dos horas esperando: none
hace 2 horas: none
desde las nueve estoy aquí: none
mi hijo tiene 3 años: none
vivo en el piso 4: none
calle Mayor 12: none
quiero pedir las dos: none
el 12: none
tenía hora a las 10: none
a las 25: impossible
"""
ENGLISH = """
nothing before eleven: 11:00..
12 o'clock was what I asked for: 12:00
I start at 7 and finish at 3: 15:00..
at 10: 10:00
at 10.30: 10:30
at 12 instead: 12:00
12 instead of 10: 12:00
at 12 instead of 10: 12:00
nine to eleven: 09:00..11:00
eight till eleven: 08:00..11:00
ten to eleven: 10:50
seven to eight weeks: none
in the mornings, I nap after lunch: morning
at 10 30: 10:30
at 1030: 10:30
1030am: 10:30
11h00: 11:00
half ten: 10:30
half nine: 09:30
quarter past ten: 10:15
quarter to eleven: 10:45
noon: 12:00
twelve midday: 12:00
eleven o clock: 11:00
nine sharp: 09:00
ten in the morning: 10:00
5pm: 17:00
first thing: first_thing
last thing: last_thing
as late as possible: last_thing
not before 4: 16:00..
after twelve: 12:00..
before noon: ..12:00
between 4 and half five: 16:00..17:30
from ten to twelve: 10:00..12:00
I start work at 10: ..10:00
I start at ten: ..10:00
I finish at three: 15:00..
I get off at four: 16:00..
11... sorry 1 pm: 13:00
12 would be better than 10: 12:00
make it 11: 11:00
mornings I'm on the boat: -06:00
in the afternoon: afternoon
before 10 I can't: 10:00..
I get out of class at one: 13:00..
not too early: -00:00
the later the better: last_thing
I pick up my kids at two: none
I have waited two hours: none
2 hours ago: none
I've been here since nine: none
my son is 3 years old: none
flat 4: none
room 12: none
the 12th: none
at 25: impossible
"""
BARE = [
    ("es", "10", "10:00"), ("es", "1030", "10:30"), ("es", "10 30", "10:30"), ("es", "10h30", "10:30"),
    ("es", "once y diez", "11:10"), ("es", "las dos", "14:00"), ("es", "10 o 11", "10:00 11:00"),
    ("es", "10-12", "10:00..12:00"), ("en", "10", "10:00"), ("en", "1300", "13:00"), ("en", "9.30", "09:30"),
    ("en", "10 30", "10:30"), ("en", "half nine", "09:30"), ("en", "pm", "afternoon"),
    ("en", "10 no, 11", "11:00 -10:00 -22:00"), ("en", "9-11", "09:00..11:00"),
]  # fmt: skip


def _rows(language: str, table: str) -> list[tuple[str, str, str]]:
    rows = [row.split(": ", 1) for row in table.strip().splitlines()]
    return [(language, text, expected) for text, expected in rows]


EXPRESSIONS = [*_rows("es", SPANISH), *_rows("en", ENGLISH)]


def _clock(at: time | None) -> str:
    return f"{at:%H:%M}" if at else ""


def _describe(hours: WantedHours | None) -> str:
    """Write the hours as in the tables."""
    if hours is None:
        return "none"
    if hours.problem:
        return "impossible"
    found = [_clock(at) for at in hours.at] + [hours.part or ""]
    if hours.after or hours.before:
        found.append(f"{_clock(hours.after)}..{_clock(hours.before)}")
    return " ".join([*filter(None, found), *(f"-{first:%H:%M}" for first, _ in sorted(hours.without))])


def _find(text: str, language: str, *, bare: bool = False) -> WantedHours | None:
    return find_hours(normalise_text(text), language, bare=bare)[0]


@pytest.mark.parametrize(("language", "text", "expected"), EXPRESSIONS, ids=[row[1] for row in EXPRESSIONS])
def test_expression_means_hours(language: str, text: str, expected: str) -> None:
    assert _describe(_find(text, language)) == expected


@pytest.mark.parametrize(("language", "text", "expected"), BARE)
def test_number_is_hour_if_an_hour_was_asked(language: str, text: str, expected: str) -> None:
    assert _describe(_find(text, language, bare=True)) == expected


@pytest.mark.parametrize(("language", "text"), [("es", "10"), ("es", "1030"), ("en", "10"), ("en", "1300")])
def test_number_is_no_hour_if_no_hour_was_asked(language: str, text: str) -> None:
    assert _find(text, language) is None


def test_no_number_means_an_impossible_hour() -> None:
    for number in range(10_000):
        for language, text in (("es", f"a las {number}"), ("en", f"at {number}")):
            hours = _find(text, language)
            hour, minute = (number, 0) if number < 100 else divmod(number, 100)
            exists = hour <= 24 and minute < 60
            assert hours is None or hours.problem or exists, text
