"""Cases of a day counted by line, service and hour, and their stored form. Pure.

A cell has no name, no id and no agent: only counts, and durations in seconds.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import NamedTuple

from ...queue.domain.line_statistics import VisitFacts, tally_visit
from ...queue.domain.tally import Tally
from .call_statistics import MeasuredCall, tally_call
from .phone_statistics import MeasuredPhoneVisit, tally_phone_visit

# Increase it when the names or values in a tally change: rows of another encoding are computed anew.
CELL_ENCODING = 1


class CaseKind(StrEnum):
    """The kind of the cases in a cell. Values are stored."""

    VISIT = "visit"
    VIDEO = "video"
    PHONE = "phone"


class FigureCell(NamedTuple):
    """The cases of a day that share kind, line, service and local hour. Calls are in no line."""

    kind: CaseKind
    line: str | None
    service: str
    hour: int
    tally: Tally


def count_cases(
    visits: Iterable[VisitFacts] = (),
    calls: Iterable[MeasuredCall] = (),
    phone: Iterable[MeasuredPhoneVisit] = (),
) -> list[FigureCell]:
    """Count the cases of a day by cell."""
    cells: dict[tuple[CaseKind, str | None, str, int], FigureCell] = {}

    def tally_at(kind: CaseKind, line: str | None, service: str, hour: int) -> Tally:
        key = (kind, line, service, hour)
        return cells.setdefault(key, FigureCell(*key, Tally())).tally

    for visit in visits:
        tally_visit(tally_at(CaseKind.VISIT, visit.line, visit.service, visit.hour), visit)
    for call in calls:
        tally_call(tally_at(CaseKind.VIDEO, None, call.service, call.hour), call)
    for phone_visit in phone:
        tally_phone_visit(tally_at(CaseKind.PHONE, None, phone_visit.service, phone_visit.hour), phone_visit)
    return list(cells.values())


def encode_cells(cells: Sequence[FigureCell]) -> bytes:
    """Return the stored form: compressed JSON, which keeps each float exactly."""
    rows = [(*cell[:-1], cell.tally.counts, cell.tally.values) for cell in cells]
    return zlib.compress(json.dumps(rows, separators=(",", ":")).encode())


def decode_cells(stored: bytes) -> list[FigureCell]:
    """Return the cells of a stored form of CELL_ENCODING."""
    return [
        FigureCell(_KINDS[kind], line, service, hour, Tally(counts, values))
        for kind, line, service, hour, counts, values in json.loads(zlib.decompress(stored))
    ]


_KINDS = {kind.value: kind for kind in CaseKind}
