"""Conversion of the rows of an office to its snapshot, with a check of every value."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from ...core.row_mapping import from_row
from ..domain.documents.desk import OfficeDesk
from ..domain.documents.field import detail_values
from ..domain.documents.line import OfficeLine
from ..domain.documents.service import OfficeService
from ..domain.hours import OpeningInterval, OpeningSchedule
from ..domain.office import Office
from ..domain.row_problems import (
    RowProblem,
    desk_problems,
    line_problems,
    office_problems,
    opening_problems,
    service_problems,
)
from .tables import ClosureRow, DeskRow, ExtraOpeningRow, OfficeRow, OpeningRow, ServiceRow


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
    problems = (
        *office_problems(row),
        *line_problems(lines),
        *service_problems(sorted(parts[ServiceRow], key=_sort_key), lines),
        *desk_problems(sorted(parts[DeskRow], key=_sort_key)),
        *opening_problems(parts[OpeningRow]),
    )
    if problems:
        line_ids = {line.slug: line.id for line in lines}
        return UnreadableOffice(row.id, row.slug, row.version, problems, line_ids)
    return _to_office(row, parts, desk_lines)


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
