"""Values of an office's rows that no page can use. Pure: no SQL.

The weak check of the fields: an office is left out of all pages only if they would fail.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .documents.desk import ARROWS, OfficeDesk
from .documents.field import DEFAULT_CHOICE, Localized, has_values, is_count, row_problems
from .documents.line import OfficeLine
from .documents.service import OfficeService
from .office import Office
from .words import SERVICE_MODES

PROBLEM_TEXTS: Mapping[str, str] = {
    "missing": "is empty",
    "unknown_timezone": "is no name of the time zone database, such as Europe/Madrid",
    "no_text": 'has no text, such as {"es": "Registro"}',
    "not_texts": "is no JSON object of texts by language",
    "not_an_object": "is no JSON object",
    "not_words": "is no JSON object with a list of texts for each language",
    "unknown_mode": f"is no JSON list of {' and '.join(SERVICE_MODES)}",
    "unknown_line": "names no line of the office",
    "unknown_choice": f"is none of {', '.join(ARROWS)}",
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
    yield from _field_problems(Office, "offices", "", row)
    if row.pause_texts is not None and not has_values(row.pause_texts, str):
        yield RowProblem("offices", "", "pause_texts", "not_texts")


def line_problems(lines: Sequence[OfficeLine]) -> Iterator[RowProblem]:
    """Check lines, also removed ones, which old tickets name and which have no letter."""
    for line in lines:
        problems = _field_problems(OfficeLine, "lines", line.slug, line)
        yield from (problem for problem in problems if not (line.removed and problem.field == "letter"))


def service_problems(rows: Sequence[Any], lines: Sequence[OfficeLine]) -> Iterator[RowProblem]:
    """Check the rows of services."""
    line_ids = {line.id for line in lines if not line.removed}
    for row in rows:
        yield from _field_problems(OfficeService, "services", row.slug, row)
        if row.line_id not in line_ids:
            yield RowProblem("services", row.slug, "line_id", "unknown_line")


def desk_problems(rows: Sequence[Any]) -> Iterator[RowProblem]:
    """Check the rows of desks."""
    for row in rows:
        yield from _field_problems(OfficeDesk, "desks", row.name, row)


def opening_problems(rows: Sequence[Any]) -> Iterator[RowProblem]:
    """Check the rows of weekly hours."""
    for row in rows:
        if not is_count(row.weekday) or row.weekday > 6:
            yield RowProblem("openings", "", "weekday", "unknown_weekday")


def readable_texts(texts: Any, default: str) -> dict[str, str]:
    """Return texts by language; the default if they cannot be used."""
    return {DEFAULT_CHOICE.required: default} if Localized("", required=True).row_problem(texts) else dict(texts)


def _field_problems(document: Any, table: str, slug: str, row: Any) -> Iterator[RowProblem]:
    return (RowProblem(table, slug, column, code) for column, code in row_problems(document, row))
