"""The floor of an office from what this process remembers: exact at the versions that it was told, or not at all.

Lines follow the bus (replica.py). What no line's version tells, the office itself and who is booked, is as it was
read a moment ago. Where anything is missing or too old there is no floor, and SQL is read: here nothing is asked.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from ...core.db.process_cache import Memory
from ...offices.service import Office, hours
from ...signaling.topic_hub import Hear
from ..actions.line_transaction import line_topic
from ..domain.wait_estimate import Booked
from ..storage.line_cache import Replicas, Snapshot, sitting_in
from .forecasts import Outlooks
from .office_state import Floor

FRESH = timedelta(seconds=5)  # older, and SQL is read beside: who is booked, what was changed in the office itself
STALE = timedelta(seconds=60)  # older, and it is no floor: nobody has looked at this office lately


class Floors:
    """By office, what was read last. A memory of the process; only reading fills it."""

    def __init__(self) -> None:
        self._read: dict[str, Floor] = {}

    def keep(self, around: Floor) -> None:
        """Know what a session that only asks has read, unless something newer is known."""
        known = self._read.get(around.office.id)
        if known is None or not _is_older(around.office, known.office):
            self._read[around.office.id] = around

    def within(self, age: timedelta, office_id: str, now: datetime) -> Floor | None:
        """What was read so lately."""
        read = self._read.get(office_id)
        return read if read is not None and read.now <= now < read.now + age else None


def _is_older(one: Office, known: Office) -> bool:
    versions = {line.id: line.version for line in known.lines}
    return one.version < known.version or any(line.version < versions.get(line.id, 0) for line in one.lines)


def heard_lines(memory: Memory, office: Office) -> Mapping[str, Hear]:
    """The topics of an office's lines, each with who remembers what is said there."""
    hear = memory.of(Replicas).hear
    return {line_topic(office.slug, line.slug): hear for line in office.lines}


def is_fresh(memory: Memory, office_id: str, now: datetime) -> bool:
    """Whether SQL was read a moment ago."""
    return memory.of(Floors).within(FRESH, office_id, now) is not None


def floor_now(memory: Memory, office_id: str, now: datetime) -> Floor | None:
    """The floor at the newest versions; None when SQL has to be read for it."""
    read = memory.of(Floors).within(STALE, office_id, now)
    lines = _lines(memory.of(Replicas), read.office, now) if read is not None else None
    if read is None or lines is None:
        return None
    around = Floor(
        office=_at_versions(read.office, lines),
        now=now,
        lines={line_id: one.line for line_id, one in lines.items()},
        sessions=sitting_in(lines),
        coming=_still_coming(read.coming, lines),
        pace=read.pace,
        snapshots=lines,
    )
    return _foretold(memory.of(Outlooks), around) if around.is_long() else around


def _lines(replicas: Replicas, office: Office, now: datetime) -> dict[str, Snapshot] | None:
    """All lines of the office as they are now, if everything that was said of them since the read was heard."""
    day, found = hours.local_day(office.hours, now), {}
    for line in office.lines:
        one = replicas.newest(line.id)
        if one is None or one.day != day or not one.read_at <= line.version <= one.version:
            return None
        found[line.id] = one
    return found


def _at_versions(office: Office, lines: Mapping[str, Snapshot]) -> Office:
    present = tuple(replace(line, version=lines[line.id].version) for line in office.lines)
    return replace(office, lines=present)


def _still_coming(
    coming: Mapping[str, Sequence[Booked]], lines: Mapping[str, Snapshot]
) -> dict[str, Sequence[Booked]]:
    """Whoever has come since is one of the line, and counts once."""
    here = {ticket.appointment_id for one in lines.values() for ticket in one.line.tickets}
    return {
        line_id: [one for one in booked if one.appointment_id not in here] for line_id, booked in coming.items()
    }


def _foretold(outlooks: Outlooks, around: Floor) -> Floor | None:
    """A long floor is never played through here: as it was foretold last, for the phones too."""
    floor = around.key()
    told = {line_id: found for line_id in around.lines if (found := outlooks.latest(line_id, floor)) is not None}
    return replace(around, foretold=told) if len(told) == len(around.lines) else None
