"""Values of an office's rows that no page can use. Pure: no SQL.

These rules are weaker than those of a document: an office is left out of all pages only if they would fail.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .office import OFFICE_FACTS, SERVICE_MODES, OfficeLine
from .office_document import ARROWS, is_timezone

PROBLEM_TEXTS: Mapping[str, str] = {
    "missing": "is empty",
    "unknown_timezone": "is no name of the time zone database, such as Europe/Madrid",
    "no_spanish": 'has no Spanish text, such as {"es": "Registro"}',
    "not_texts": "is no JSON object of texts by language",
    "not_an_object": "is no JSON object",
    "not_words": "is no JSON object with a list of texts for each language",
    "unknown_mode": f"is no JSON list of {' and '.join(SERVICE_MODES)}",
    "unknown_line": "names no line of the office",
    "unknown_arrow": f"is none of {', '.join(ARROWS)}",
    "unknown_weekday": "is no day from 0 (Monday) to 6",
    "not_a_number": "is no whole number above 0",
    "not_places": "is no JSON object with a number of places for each mode",
    "undecodable": "cannot be read: it is no valid JSON, date or time",
}


@dataclass(frozen=True, slots=True)
class RowProblem:
    """A value that cannot be used. `row`: slug or name of a part; empty for the office itself."""

    table: str
    row: str
    field: str
    code: str

    def text(self) -> str:
        """Describe the problem for an operator."""
        part = f" of {self.row}" if self.row else ""
        return f"{self.table}.{self.field}{part} {PROBLEM_TEXTS[self.code]}"


def office_problems(row: Any) -> Iterator[RowProblem]:
    """Check the row of an office."""
    if not _is_filled(row.name):
        yield RowProblem("offices", "", "name", "missing")
    if not isinstance(row.timezone, str) or not row.timezone or not is_timezone(row.timezone):
        yield RowProblem("offices", "", "timezone", "unknown_timezone")
    for name in (*OFFICE_FACTS, "poster_texts"):
        if code := _find_texts_problem(getattr(row, name)):
            yield RowProblem("offices", "", name, code)
    if code := _find_object_problem(row.booking):
        yield RowProblem("offices", "", "booking", code)
    if row.pause_texts is not None and not _has_values(row.pause_texts, str):
        yield RowProblem("offices", "", "pause_texts", "not_texts")
    if not _has_values(row.choices, Mapping) or not all(
        _has_values(choices, Mapping) and all(map(_is_localized, choices.values()))
        for choices in row.choices.values()
    ):
        yield RowProblem("offices", "", "choices", "not_texts")
    if not _has_values(row.acceptance_texts, Mapping) or not all(
        _is_localized(text.get(part)) for text in row.acceptance_texts.values() for part in ("title", "body")
    ):
        yield RowProblem("offices", "", "acceptance_texts", "not_texts")


def line_problems(lines: Sequence[OfficeLine]) -> Iterator[RowProblem]:
    """Check lines, also removed ones, which old tickets name."""
    for line in lines:
        if code := _find_name_problem(line.names):
            yield RowProblem("lines", line.slug, "names", code)
        if code := _find_object_problem(line.rules):
            yield RowProblem("lines", line.slug, "rules", code)
        if not line.removed and not _is_filled(line.letter):
            yield RowProblem("lines", line.slug, "letter", "missing")


def service_problems(rows: Sequence[Any], lines: Sequence[OfficeLine]) -> Iterator[RowProblem]:
    """Check the rows of services."""
    line_ids = {line.id for line in lines if not line.removed}
    for row in rows:
        codes = {
            "names": _find_name_problem(row.names),
            "line_id": "" if row.line_id in line_ids else "unknown_line",
            "modes": "" if _are_modes(row.modes) else "unknown_mode",
            "minutes": "" if _is_count(row.minutes) and row.minutes else "not_a_number",
            "bring": _find_texts_problem(row.bring),
            "price": _find_texts_problem(row.price),
            "words": "" if _are_words(row.words) else "not_words",
            "capacity": "" if _are_places(row.capacity) else "not_places",
            "booking": _find_object_problem(row.booking),
        }
        yield from (RowProblem("services", row.slug, field, code) for field, code in codes.items() if code)


def desk_problems(rows: Sequence[Any]) -> Iterator[RowProblem]:
    """Check the rows of desks."""
    for row in rows:
        if code := _find_name_problem(row.way):
            yield RowProblem("desks", row.name, "way", code)
        if row.arrow not in ARROWS:
            yield RowProblem("desks", row.name, "arrow", "unknown_arrow")


def opening_problems(rows: Sequence[Any]) -> Iterator[RowProblem]:
    """Check the rows of weekly hours."""
    for row in rows:
        if not _is_count(row.weekday) or row.weekday > 6:
            yield RowProblem("openings", "", "weekday", "unknown_weekday")


def readable_texts(texts: Any, default: str) -> dict[str, str]:
    """Return texts by language; the default if they cannot be used."""
    return dict(texts) if _is_localized(texts) else {"es": default}


def _is_filled(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _has_values(value: Any, kind: type[Any]) -> bool:
    return isinstance(value, Mapping) and all(isinstance(inner, kind) for inner in value.values())


def _is_localized(texts: Any) -> bool:
    return _has_values(texts, str) and _is_filled(texts.get("es"))


def _find_name_problem(texts: Any) -> str:
    """Return the code of a text that is needed in Spanish; empty for none."""
    if not _has_values(texts, str):
        return "not_texts"
    return "" if _is_localized(texts) else "no_spanish"


def _find_texts_problem(texts: Any) -> str:
    """Return the code of an optional text by language; empty for none."""
    return "" if texts is None or texts == {} else _find_name_problem(texts)


def _find_object_problem(value: Any) -> str:
    return "" if isinstance(value, Mapping) else "not_an_object"


def _are_modes(modes: Any) -> bool:
    return isinstance(modes, list) and all(mode in SERVICE_MODES for mode in modes)


def _are_words(words: Any) -> bool:
    return _has_values(words, list) and all(isinstance(word, str) for texts in words.values() for word in texts)


def _are_places(capacity: Any) -> bool:
    return isinstance(capacity, Mapping) and all(map(_is_count, capacity.values()))
