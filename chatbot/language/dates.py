"""Reads days out of a sentence: a small grammar of our own, in Spanish and English (docs/decisions/0021). Pure.

What it has read is taken out of the sentence, so that no other grammar reads it again.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from .date_grammar import Language
from .date_sets import AHEAD, Atom, Days, Kind, between, joined
from .en import dates as dates_en
from .en.dates import ENGLISH
from .es import dates as dates_es
from .es.dates import SPANISH

LANGUAGES: Mapping[str, Language] = {"es": SPANISH, "en": ENGLISH}
VOCABULARY = {"es": dates_es.VOCABULARY, "en": dates_en.VOCABULARY}
MOST = 8  # expressions in one sentence; their places in it are one figure


@dataclass(slots=True)
class _Reading:
    """A sentence while it is read: expressions have become `@0`, refused ones `~0`, used ones nothing."""

    text: str
    atoms: list[Atom]
    language: Language
    today: date


def find_days(text: str, language: str, today: date, *, moving: bool = False) -> tuple[Days | None, str]:
    """The days of a plain, mended sentence, and the sentence without them.

    `moving`: something is moved, so that `from Thursday to Friday` is the Friday.
    """
    reading = _Reading(text, [], LANGUAGES[language], today)
    soonest = _take_soonest(reading)
    _take_atoms(reading)
    _take_aside(reading)
    if not re.search(r"@\d", reading.text):
        return (Days(soonest=True) if soonest else None), reading.text
    if (either := reading.language.unclear.search(reading.text)) is not None:
        both = joined([reading.atoms[int(one)] for one in either.groups()])
        return Days(both, unsure=len(both) > 1), re.sub(r"[@~]\d", " ", reading.text)
    without = _take_refused(reading)
    if moving:
        _take_origin(reading)
    ranges = _take_ranges(reading)
    rest = [reading.atoms[int(one)] for one in re.findall(r"@(\d)", reading.text)]
    problem = next((one.problem for one in [*ranges, *rest] if one.problem), None)
    found = joined([one for one in [*ranges, *rest] if not one.problem])
    days = Days(found, _is_unsure(ranges, rest), soonest, without, None if found else problem)
    return days, re.sub(r"[@~]\d", " ", reading.text)


def _take_soonest(reading: _Reading) -> bool:
    text, count = reading.language.soonest.subn(" ", reading.text)
    reading.text = " ".join(text.split())
    return count > 0


def _take_atoms(reading: _Reading) -> None:
    for pattern, read in reading.language.rules:
        while len(reading.atoms) < MOST and (found := pattern.search(reading.text)):
            reading.atoms.append(read(found, reading.today))
            kept = _part_of_day_in(found.group())
            mark = f"@{len(reading.atoms) - 1}{kept}"
            reading.text = f"{reading.text[: found.start()]}{mark}{reading.text[found.end() :]}"


_PARTS = {
    "esta manana": " por la manana",
    "esta tarde": " por la tarde",
    "esta noche": " por la noche",
    "este mediodia": " a mediodia",
    "this morning": " in the morning",
    "this afternoon": " in the afternoon",
    "this evening": " in the evening",
    "tonight": " in the evening",
}


def _part_of_day_in(expression: str) -> str:
    """`esta tarde` says a day and a part of it: the part is left for the grammar of hours."""
    return _PARTS.get(expression, "")


def _take_refused(reading: _Reading) -> frozenset[date]:
    """The days that are said not to suit: `el martes no`, `cualquier día menos el lunes`."""
    refused: list[int] = []
    for pattern in (reading.language.without, reading.language.also_without):
        while found := pattern.search(reading.text):
            place = int(next(one for one in reversed(found.groups()) if one))
            refused.append(place)
            reading.text = f"{reading.text[: found.start()]} ~{place} {reading.text[found.end() :]}"
    return frozenset(one for place in refused for one in _every(reading.atoms[place], reading.today))


def _every(atom: Atom, today: date) -> tuple[date, ...]:
    """Who cannot on Tuesdays cannot on any of them."""
    if atom.weekday is None:
        return atom.days
    return tuple(one for one in between(today, today + timedelta(days=AHEAD)) if one.weekday() == atom.weekday)


def _take_aside(reading: _Reading) -> None:
    """`lo que me pasó el lunes`, `caduca el mes que viene`: no day that anybody wants to come on."""
    while match := reading.language.aside.search(reading.text):
        reading.text = _unmarked(reading.text, match)


def _unmarked(text: str, match: re.Match[str]) -> str:
    return f"{text[: match.start()]} {re.sub(r'@[0-9]', ' ', match.group())} {text[match.end() :]}"


def _take_origin(reading: _Reading) -> None:
    """`del jueves al viernes` is the Friday, and `la del jueves` is the appointment that there is."""
    while match := reading.language.through.search(reading.text):
        last = [one for one in match.groups() if one][-1]
        reading.text = f"{reading.text[: match.start()]} @{last} {reading.text[match.end() :]}"
    while match := reading.language.origin.search(reading.text):
        reading.text = _unmarked(reading.text, match)


def _take_ranges(reading: _Reading) -> list[Atom]:
    """`entre el lunes y el jueves`, `a partir del 3`, `antes del viernes`."""
    language, last = reading.language, reading.today + timedelta(days=AHEAD)
    found: list[Atom] = []
    while match := language.through.search(reading.text):
        first, second = (reading.atoms[int(one)] for one in match.groups() if one)
        found.append(_range(first, first.days[:1], _not_before(second, first)))
        _cut(reading, match)
    for pattern, shift in ((language.after, 1), (language.since, 0)):
        while match := pattern.search(reading.text):
            atom = _atom_of(reading, match)
            start = atom.days[-1:] if shift else atom.days[:1]
            found.append(_range(atom, tuple(one + timedelta(days=shift) for one in start), (last,)))
            _cut(reading, match)
    for pattern, shift in ((language.before, -1), (language.until, 0)):
        while match := pattern.search(reading.text):
            atom = _atom_of(reading, match)
            end = atom.days[:1] if shift else atom.days[-1:]
            found.append(_range(atom, (reading.today,), tuple(one + timedelta(days=shift) for one in end)))
            _cut(reading, match)
    return found


def _range(source: Atom, first: tuple[date, ...], last: tuple[date, ...]) -> Atom:
    if source.problem or not first or not last:
        return Atom(Kind.SPAN, problem=source.problem or "impossible")
    days = between(first[0], last[0]) if first[0] <= last[0] else ()
    return Atom(Kind.SPAN, days, None if days else "past")


def _not_before(atom: Atom, first: Atom) -> tuple[date, ...]:
    """`from Thursday to Tuesday`: the Tuesday after that Thursday."""
    if atom.weekday is not None and first.days and atom.days and atom.days[-1] < first.days[0]:
        return (atom.days[-1] + timedelta(days=7),)
    return atom.days[-1:]


def _atom_of(reading: _Reading, match: re.Match[str]) -> Atom:
    return reading.atoms[int(next(one for one in match.groups() if one))]


def _cut(reading: _Reading, match: re.Match[str]) -> None:
    reading.text = f"{reading.text[: match.start()]} {reading.text[match.end() :]}"


def _is_unsure(ranges: list[Atom], rest: list[Atom]) -> bool:
    """Whether one single expression has two readings, such as `next Friday`."""
    return not ranges and len(rest) == 1 and rest[0].unsure
