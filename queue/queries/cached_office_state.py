"""The state of an office from this process's caches only, for pushes to displays. No SQL.

Lines follow the bus (storage/line_cache.py) and are exact at the announced versions. The office itself and its
expected appointments are as they were loaded a short time ago. If anything is missing or too old, the functions
return None, and the caller reads SQL.
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

# older: reload too, for bookings and for changes of the office itself
STATE_FRESH_FOR = timedelta(seconds=5)
# older: not usable, because no display has watched the office lately
STATE_USABLE_FOR = timedelta(seconds=60)


class OfficeStateCache:
    """The last loaded state of each office in this process. Only a load fills it."""

    def __init__(self) -> None:
        self._states: dict[str, OfficeState] = {}

    def put(self, state: OfficeState) -> None:
        """Keep a state that a read-only session loaded, unless a newer state is cached."""
        cached = self._states.get(state.office.id)
        if cached is None or not _has_older_version(state.office, cached.office):
            self._states[state.office.id] = state

    def drop(self, office_id: str) -> None:
        """Forget the state of an office that changed."""
        self._states.pop(office_id, None)

    def get_within(self, age: timedelta, office_id: str, now: datetime) -> OfficeState | None:
        """Return the cached state if it was loaded less than `age` ago."""
        state = self._states.get(office_id)
        return state if state is not None and state.now <= now < state.now + age else None


def _has_older_version(office: Office, cached: Office) -> bool:
    versions = {line.id: line.version for line in cached.lines}
    return office.version < cached.version or any(line.version < versions.get(line.id, 0) for line in office.lines)


def line_listeners(cache: ProcessCache, office: Office) -> Mapping[str, OnTopicMessage]:
    """Return the topics of an office's lines, each with the callback of the line cache."""
    apply_message = cache.get(LineCache).apply_message
    return {line_topic(office.slug, line.slug): apply_message for line in office.lines}


def is_office_state_fresh(cache: ProcessCache, office_id: str, now: datetime) -> bool:
    """Return whether the state was loaded within STATE_FRESH_FOR."""
    return cache.get(OfficeStateCache).get_within(STATE_FRESH_FOR, office_id, now) is not None


def office_state_from_cache(cache: ProcessCache, office_id: str, now: datetime) -> OfficeState | None:
    """Return the state at the newest versions; None when the caller must read SQL."""
    loaded = cache.get(OfficeStateCache).get_within(STATE_USABLE_FOR, office_id, now)
    return with_current_lines(cache, loaded, now) if loaded is not None else None


def with_current_lines(cache: ProcessCache, loaded: OfficeState, now: datetime) -> OfficeState | None:
    """Return a loaded state with its lines at the newest versions; None when SQL must be read."""
    lines = _current_lines(cache.get(LineCache), loaded.office, now)
    if lines is None:
        return None
    state = OfficeState(
        office=_with_line_versions(loaded.office, lines),
        now=now,
        lines={line_id: cached.line for line_id, cached in lines.items()},
        sessions=merge_desk_sessions(lines),
        appointments_by_line=_without_arrived(loaded.appointments_by_line, lines),
        service_times=loaded.service_times,
        cached_lines=lines,
    )
    return _with_latest_forecasts(cache.get(ForecastCache), state) if state.is_large() else state


def _current_lines(cache: LineCache, office: Office, now: datetime) -> dict[str, CachedLine] | None:
    """Return the lines of the office; None if an announced change is missing."""
    day, found = hours.to_local_day(office.hours, now), {}
    for line in office.lines:
        cached = cache.current(line.id)
        # A line that was read after its office may rest on another pause or desk: messages carry tickets only,
        # so the office must have been loaded since that read (docs/decisions/0019).
        if cached is None or cached.day != day or not cached.read_version <= line.version <= cached.version:
            return None
        found[line.id] = cached
    return found


def _with_line_versions(office: Office, lines: Mapping[str, CachedLine]) -> Office:
    updated = tuple(replace(line, version=lines[line.id].version) for line in office.lines)
    return replace(office, lines=updated)


def _without_arrived(
    appointments_by_line: Mapping[str, Sequence[ExpectedAppointment]], lines: Mapping[str, CachedLine]
) -> dict[str, Sequence[ExpectedAppointment]]:
    """Drop appointments that have checked in since: their tickets are in the lines."""
    arrived = {ticket.appointment_id for cached in lines.values() for ticket in cached.line.tickets}
    return {
        line_id: [booked for booked in appointments if booked.appointment_id not in arrived]
        for line_id, appointments in appointments_by_line.items()
    }


def _with_latest_forecasts(cache: ForecastCache, state: OfficeState) -> OfficeState | None:
    """Add the cached forecasts of a large office; None if a forecast is missing.

    A large office is never simulated here.
    """
    key = state.forecast_key()
    forecasts = {
        line_id: forecast for line_id in state.lines if (forecast := cache.get_usable(line_id, key)) is not None
    }
    return replace(state, forecasts=forecasts) if len(forecasts) == len(state.lines) else None
