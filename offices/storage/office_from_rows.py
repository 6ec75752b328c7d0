"""Conversion of the rows of an office to its snapshot, with a check of every value."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from ...core.row_mapping import from_row
from ..domain.documents.desk import ARROWS, OfficeDesk
from ..domain.documents.field import detail_values, has_values, is_count, row_problems
from ..domain.documents.line import OfficeLine
from ..domain.documents.service import OfficeService
from ..domain.hours import OpeningInterval, OpeningSchedule
from ..domain.office import Office
from ..domain.words import SERVICE_MODES
from .tables import ClosureRow, DeskRow, ExtraOpeningRow, OfficeRow, OpeningRow, ServiceRow

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


@dataclass(frozen=True, slots=True)
class UnreadableOffice:
    """An office that pages leave out, because its rows hold values that cannot be used.

    `line_ids` by slug; empty if its lines cannot be read either.
    """

    id: str
    slug: str
    version: int
    problems: tuple[RowProblem, ...]
    line_ids: Mapping[str, str] = field(default_factory=dict)


def office_from_rows(
    row: OfficeRow,
    parts: dict[type[Any], list[Any]],
    lines: Sequence[OfficeLine],
    desk_lines: dict[str, list[str]],
) -> Office | UnreadableOffice:
    """Convert the rows of an office, or name the values that cannot be used."""
    problems = tuple(_find_problems(row, parts, lines))
    if problems:
        line_ids = {line.slug: line.id for line in lines}
        return UnreadableOffice(row.id, row.slug, row.version, problems, line_ids)
    return _to_office(row, parts, desk_lines)


def _find_problems(
    row: OfficeRow, parts: Mapping[type[Any], Sequence[Any]], lines: Sequence[OfficeLine]
) -> Iterator[RowProblem]:
    """Find the values that no page can use, by the weak check of each field.

    An office is left out of all pages only if they would fail.
    """
    yield from _field_problems(Office, "offices", "", row)
    if row.pause_texts is not None and not has_values(row.pause_texts, str):
        yield RowProblem("offices", "", "pause_texts", "not_texts")
    for line in lines:
        found = _field_problems(OfficeLine, "lines", line.slug, line)
        # a removed line, which old tickets name, has no letter
        yield from (problem for problem in found if not (line.removed and problem.field == "letter"))
    line_ids = {line.id for line in lines if not line.removed}
    for service in sorted(parts[ServiceRow], key=_sort_key):
        yield from _field_problems(OfficeService, "services", service.slug, service)
        if service.line_id not in line_ids:
            yield RowProblem("services", service.slug, "line_id", "unknown_line")
    for desk in sorted(parts[DeskRow], key=_sort_key):
        yield from _field_problems(OfficeDesk, "desks", desk.name, desk)
    for opening in parts[OpeningRow]:
        if not is_count(opening.weekday) or opening.weekday > 6:
            yield RowProblem("openings", "", "weekday", "unknown_weekday")


def _field_problems(document: Any, table: str, slug: str, row: Any) -> Iterator[RowProblem]:
    return (RowProblem(table, slug, column, code) for column, code in row_problems(document, row))


def _to_office(row: OfficeRow, parts: dict[type[Any], list[Any]], desk_lines: dict[str, list[str]]) -> Office:
    desks = [_to_desk(desk, desk_lines[desk.id]) for desk in sorted(parts[DeskRow], key=_sort_key)]
    return from_row(
        Office,
        row,
        address=f"{row.address}, {row.town}" if row.town else row.address,
        street=row.address,
        timezone=ZoneInfo(row.timezone),
        hours=_to_schedule(row, parts),
        lines=(),
        removed_lines=(),
        services=tuple(_to_service(part) for part in sorted(parts[ServiceRow], key=_sort_key)),
        desks=tuple(desk for desk in desks if not desk.removed),
        texts=row.acceptance_texts,
        removed_desks=tuple(desk for desk in desks if desk.removed),
    )


def _sort_key(part: Any) -> tuple[int, str]:
    return part.position, part.id


def _to_schedule(row: OfficeRow, parts: dict[type[Any], list[Any]]) -> OpeningSchedule:
    weekly: dict[int, list[OpeningInterval]] = defaultdict(list)
    for opening in parts[OpeningRow]:
        weekly[opening.weekday].append(OpeningInterval(opening.opens, opening.closes))
    extra: dict[date, list[OpeningInterval]] = defaultdict(list)
    for opening in parts[ExtraOpeningRow]:
        extra[opening.day].append(OpeningInterval(opening.opens, opening.closes))
    return OpeningSchedule(
        timezone=ZoneInfo(row.timezone),
        weekly={weekday: tuple(openings) for weekday, openings in weekly.items()},
        closures={closure.day: closure.reason for closure in parts[ClosureRow]},
        extra={day: tuple(openings) for day, openings in extra.items()},
    )


def _to_service(row: ServiceRow) -> OfficeService:
    words = {language: tuple(words) for language, words in row.words.items()}
    return from_row(OfficeService, row, words=words, **detail_values(OfficeService, row.details))


def _to_desk(row: DeskRow, line_ids: Sequence[str]) -> OfficeDesk:
    details = detail_values(OfficeDesk, row.details)
    return from_row(OfficeDesk, row, line_ids=tuple(line_ids), removed=row.removed_at is not None, **details)
