"""The floor of an office from what this process remembers: exact at the versions that it was told, or not at all.

Lines follow the bus (replica.py). What no line's version tells, the office itself and who is booked, is as it was
read a moment ago. Where anything is missing or too old there is no floor, and SQL is read: here nothing is asked.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from ...core.db.process_cache import ProcessCache
from ...offices.service import Office, hours
from ...signaling.topic_hub import OnTopicMessage
from ..domain.topics import line_topic
from ..domain.wait_estimate import ExpectedAppointment
from ..storage.line_cache import CachedLine, LineCache, merge_desk_sessions
from .forecasts import ForecastCache
from .office_state import OfficeState

STATE_FRESH_FOR = timedelta(
    seconds=5
)  # older, and SQL is read beside: who is booked, what was changed in the office itself
STATE_USABLE_FOR = timedelta(seconds=60)  # older, and it is no floor: nobody has looked at this office lately


class OfficeStateCache:
    """By office, what was read last. A memory of the process; only reading fills it."""

    def __init__(self) -> None:
        self._states: dict[str, OfficeState] = {}

    def put(self, state: OfficeState) -> None:
        """Know what a session that only asks has read, unless something newer is known."""
        known = self._states.get(state.office.id)
        if known is None or not _has_older_version(state.office, known.office):
            self._states[state.office.id] = state

    def get_within(self, age: timedelta, office_id: str, now: datetime) -> OfficeState | None:
        """What was read so lately."""
        read = self._states.get(office_id)
        return read if read is not None and read.now <= now < read.now + age else None


def _has_older_version(one: Office, known: Office) -> bool:
    versions = {line.id: line.version for line in known.lines}
    return one.version < known.version or any(line.version < versions.get(line.id, 0) for line in one.lines)


def line_listeners(memory: ProcessCache, office: Office) -> Mapping[str, OnTopicMessage]:
    """The topics of an office's lines, each with who remembers what is said there."""
    hear = memory.get(LineCache).apply_message
    return {line_topic(office.slug, line.slug): hear for line in office.lines}


def is_office_state_fresh(memory: ProcessCache, office_id: str, now: datetime) -> bool:
    """Whether SQL was read a moment ago."""
    return memory.get(OfficeStateCache).get_within(STATE_FRESH_FOR, office_id, now) is not None


def office_state_from_cache(memory: ProcessCache, office_id: str, now: datetime) -> OfficeState | None:
    """The floor at the newest versions; None when SQL has to be read for it."""
    read = memory.get(OfficeStateCache).get_within(STATE_USABLE_FOR, office_id, now)
    lines = _current_lines(memory.get(LineCache), read.office, now) if read is not None else None
    if read is None or lines is None:
        return None
    around = OfficeState(
        office=_with_line_versions(read.office, lines),
        now=now,
        lines={line_id: one.line for line_id, one in lines.items()},
        sessions=merge_desk_sessions(lines),
        appointments_by_line=_without_arrived(read.appointments_by_line, lines),
        service_times=read.service_times,
        cached_lines=lines,
    )
    return _with_latest_forecasts(memory.get(ForecastCache), around) if around.is_large() else around


def _current_lines(replicas: LineCache, office: Office, now: datetime) -> dict[str, CachedLine] | None:
    """All lines of the office as they are now, if everything that was said of them since the read was heard."""
    day, found = hours.to_local_day(office.hours, now), {}
    for line in office.lines:
        one = replicas.current(line.id)
        if one is None or one.day != day or not one.read_at <= line.version <= one.version:
            return None
        found[line.id] = one
    return found


def _with_line_versions(office: Office, lines: Mapping[str, CachedLine]) -> Office:
    present = tuple(replace(line, version=lines[line.id].version) for line in office.lines)
    return replace(office, lines=present)


def _without_arrived(
    coming: Mapping[str, Sequence[ExpectedAppointment]], lines: Mapping[str, CachedLine]
) -> dict[str, Sequence[ExpectedAppointment]]:
    """Whoever has come since is one of the line, and counts once."""
    here = {ticket.appointment_id for one in lines.values() for ticket in one.line.tickets}
    return {
        line_id: [one for one in booked if one.appointment_id not in here] for line_id, booked in coming.items()
    }


def _with_latest_forecasts(outlooks: ForecastCache, state: OfficeState) -> OfficeState | None:
    """A long floor is never played through here: as it was foretold last, for the phones too."""
    floor = state.forecast_key()
    told = {
        line_id: found for line_id in state.lines if (found := outlooks.get_usable(line_id, floor)) is not None
    }
    return replace(state, forecasts=told) if len(told) == len(state.lines) else None
