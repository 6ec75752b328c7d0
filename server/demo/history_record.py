"""The recorded days of the demo's past, and their file. No SQL, no simulation.

Instants are whole seconds since the opening of the day, and names are those of `city.toml`, so that a day can be
placed on any date.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass
from datetime import date
from pathlib import Path

HISTORY_PATH = Path(__file__).with_name("history.json.gz")


@dataclass(frozen=True, slots=True)
class RecordedSegment:
    """A period of a ticket in one state and line."""

    line: str
    state: str
    started_s: int
    ended_s: int
    desk: str | None
    service: str


@dataclass(frozen=True, slots=True)
class RecordedTicket:
    """An ended ticket. Its code consists of the letter of `issued_line` and `number`."""

    issued_line: str
    line: str
    service: str
    number: int
    kind: str
    priority: str
    state: str
    ended_s: int
    issued_s: int
    arrived_s: int
    expected_s: int
    appointment_s: int | None
    called_s: int | None
    recalls: int
    rejoins: int
    postpones: int
    placed_s: int | None
    shown_earliest_s: int | None
    shown_latest_s: int | None
    segments: tuple[RecordedSegment, ...]


@dataclass(frozen=True, slots=True)
class RecordedShift:
    """A period in which a desk was open. `desk`: its name."""

    desk: str
    opened_s: int
    closed_s: int


@dataclass(frozen=True, slots=True)
class RecordedDay:
    """A day of an office. `weekday`: 0 is Monday. `opens`, `closes`: local times as HH:MM."""

    weekday: int
    opens: str
    closes: str
    shifts: tuple[RecordedShift, ...]
    tickets: tuple[RecordedTicket, ...]

    def names(self) -> set[tuple[str, str]]:
        """Return the lines, services and desks of the day, as pairs of kind and name."""
        segments = [segment for ticket in self.tickets for segment in ticket.segments]
        return {
            *(("desk", shift.desk) for shift in self.shifts),
            *(("line", ticket.issued_line) for ticket in self.tickets),
            *(("line", ticket.line) for ticket in self.tickets),
            *(("service", ticket.service) for ticket in self.tickets),
            *(("line", segment.line) for segment in segments),
            *(("service", segment.service) for segment in segments),
            *(("desk", segment.desk) for segment in segments if segment.desk is not None),
        }


@dataclass(frozen=True, slots=True)
class HistoryRecord:
    """The recorded days of each office, by its slug."""

    days: Mapping[str, Sequence[RecordedDay]]

    def find_day(self, office: str, day: date, opens: str, closes: str) -> RecordedDay | None:
        """Return a recorded day with this weekday and these opening hours; None if there is none.

        Weeks with the same hours repeat in the order in which they were recorded.
        """
        fitting = [
            recorded
            for recorded in self.days.get(office, ())
            if (recorded.weekday, recorded.opens, recorded.closes) == (day.weekday(), opens, closes)
        ]
        return fitting[day.toordinal() // 7 % len(fitting)] if fitting else None


def load_record(path: Path = HISTORY_PATH) -> HistoryRecord:
    """Load the record of the demo city."""
    stored = json.loads(gzip.decompress(path.read_bytes()))
    return HistoryRecord({office: [_decode_day(day) for day in days] for office, days in stored.items()})


def save_record(record: HistoryRecord, path: Path = HISTORY_PATH) -> None:
    """Write the record.

    Without a time stamp in the file, so that git shows no change when the record is the same.
    """
    stored = {office: [astuple(day) for day in days] for office, days in record.days.items()}
    text = json.dumps(stored, separators=(",", ":"))
    path.write_bytes(gzip.compress(text.encode(), mtime=0))


def _decode_day(stored: list[object]) -> RecordedDay:
    weekday, opens, closes, shifts, tickets = stored
    assert isinstance(weekday, int)
    assert isinstance(shifts, list)
    assert isinstance(tickets, list)
    return RecordedDay(
        weekday,
        str(opens),
        str(closes),
        tuple(RecordedShift(*shift) for shift in shifts),
        tuple(
            RecordedTicket(*[*ticket[:-1], tuple(RecordedSegment(*segment) for segment in ticket[-1])])
            for ticket in tickets
        ),
    )
