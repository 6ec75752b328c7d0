"""Capacity: how many visits an office can attend at once in a mode.

Pure: no clock, no SQL, no sockets.

Three limits hold at every instant of a visit, its buffers before and after included:

- Each service has a number of places in each mode. A visit of several services uses a place of each service
  during that service's part.
- A service may have internal places besides the public ones. Visits booked by staff use the internal places
  first, so that they reduce the public capacity only when the internal places are used up.
- In person, each citizen needs a desk that serves the line of their first service. By Hall's marriage theorem
  every citizen finds a desk if and only if, for every group of lines, there are no more citizens than desks
  that serve a line of the group. Groups without a common desk are checked separately. The check is made for
  each instant: the line assigns desks on the day, not the booking.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from .slots import CapacityLimit, Interval, OverlapCounts

# Each overlapping line can double the groups: six lines that overlap in every way have 32.
# With more groups, only the own line and all connected desks are checked (docs/decisions/0024).
MAX_DESK_GROUPS = 64

DeskSet = frozenset[str]


@dataclass(frozen=True, slots=True)
class VisitPart:
    """A service of a visit, and how long it takes."""

    service_id: str
    length: timedelta


@dataclass(frozen=True, slots=True)
class TakenSlot:
    """A visit that is booked or held; `by_staff`: booked by staff."""

    starts_at: datetime
    parts: tuple[VisitPart, ...]
    by_staff: bool = False


TakenSlotsByParts = Mapping[tuple[VisitPart, ...], Sequence[TakenSlot]]  # visits by their parts


@dataclass(frozen=True, slots=True)
class ServiceCapacity:
    """The places of a service in a mode.

    `before` and `after` are the buffers: how long a desk stays free around a visit.
    """

    line_id: str
    public: int
    internal: int = 0
    before: timedelta = timedelta()
    after: timedelta = timedelta()


# For a removed service: without a line, its visits need no desk of a known line.
NO_CAPACITY = ServiceCapacity(line_id="", public=0)


@dataclass(frozen=True, slots=True)
class OfficeCapacity:
    """The capacity of an office in a mode, by service id.

    `desks`: the desks that serve each line, without lines that no desk serves; None where visits need no desk: by
    video or telephone, and in an office without configured desks.
    """

    services: Mapping[str, ServiceCapacity]
    desks: Mapping[str, DeskSet] | None = None

    def limits(
        self, parts: Sequence[VisitPart], taken: Iterable[TakenSlot], *, for_staff: bool = False
    ) -> list[CapacityLimit]:
        """Return the limits on a visit of these parts; staff may use the internal places."""
        kinds = _group_by_parts(taken)
        found: list[CapacityLimit] = []
        for part, begins, ends in self._part_spans(parts):
            found += self._service_limits(part.service_id, begins, ends, kinds, for_staff=for_staff)
        if self.desks is not None:
            found += self._desk_limits(self.desks, parts, kinds)
        return found

    def _service_limits(
        self, service_id: str, begins: timedelta, ends: timedelta, kinds: TakenSlotsByParts, *, for_staff: bool
    ) -> Iterator[CapacityLimit]:
        places = self._service_capacity(service_id)
        # All visits share all places, and visits of citizens alone fill the public places.
        # So a visit of staff takes a public place only when the internal places are used up.
        every = OverlapCounts.from_intervals(self._service_intervals(service_id, kinds))
        yield CapacityLimit(places.public + places.internal, begins, ends, every)
        if places.internal and not for_staff:
            public = OverlapCounts.from_intervals(self._service_intervals(service_id, kinds, public=True))
            yield CapacityLimit(places.public, begins, ends, public)

    def _service_intervals(
        self, service_id: str, kinds: TakenSlotsByParts, *, public: bool = False
    ) -> Iterator[Interval]:
        """Yield when visits use a place of this service; `public`: without visits of staff."""
        for parts, visits in kinds.items():
            for part, begins, ends in self._part_spans(parts):
                if part.service_id == service_id:
                    yield from _intervals_from_start(visits, begins, ends, public=public)

    def _desk_limits(
        self, desks: Mapping[str, DeskSet], parts: Sequence[VisitPart], kinds: TakenSlotsByParts
    ) -> Iterator[CapacityLimit]:
        own = desks.get(self._line_id(parts), frozenset())
        begins, ends = self._desk_span(parts)
        for group in _desk_groups(own, set(desks.values())):
            # Hall's condition: count the visits whose desks all lie in the group. No other desk can attend them.
            waiting = [kind for kind in kinds if desks.get(self._line_id(kind), _NO_DESK_GROUP) <= group]
            times = (
                time for kind in waiting for time in _intervals_from_start(kinds[kind], *self._desk_span(kind))
            )
            yield CapacityLimit(len(group), begins, ends, OverlapCounts.from_intervals(times))

    def _service_capacity(self, service_id: str) -> ServiceCapacity:
        """Return the capacity of a service; no places if the office removed it."""
        return self.services.get(service_id, NO_CAPACITY)

    def _desk_span(self, parts: Sequence[VisitPart]) -> tuple[timedelta, timedelta]:
        """Return when a visit needs its desk, relative to its start.

        With a buffer before the visit, the first value is negative.
        """
        spans = list(self._part_spans(parts))
        begins, ends = spans[0][1], spans[-1][2]
        return begins, ends

    def _line_id(self, parts: Sequence[VisitPart]) -> str:
        return self._service_capacity(parts[0].service_id).line_id

    def _part_spans(self, parts: Sequence[VisitPart]) -> Iterator[tuple[VisitPart, timedelta, timedelta]]:
        """Yield the parts with their times relative to the start.

        The citizen keeps the desk between the parts.
        """
        begins = -self._service_capacity(parts[0].service_id).before
        ends = timedelta()
        for part in parts:
            ends += part.length
            if part is parts[-1]:
                ends += self._service_capacity(part.service_id).after
            yield part, begins, ends
            begins = ends


def _group_by_parts(taken: Iterable[TakenSlot]) -> TakenSlotsByParts:
    """Group visits of the same services and lengths, so that each kind is computed once."""
    kinds: dict[tuple[VisitPart, ...], list[TakenSlot]] = defaultdict(list)
    for visit in taken:
        kinds[visit.parts].append(visit)
    return kinds


def _intervals_from_start(
    visits: Iterable[TakenSlot], begins: timedelta, ends: timedelta, *, public: bool = False
) -> Iterator[Interval]:
    for visit in visits:
        if not (public and visit.by_staff):
            yield visit.starts_at + begins, visit.starts_at + ends


_NO_DESK_GROUP: DeskSet = frozenset({""})  # in no group of desks: a line without a desk


def _desk_groups(own: DeskSet, lines: set[DeskSet]) -> list[DeskSet]:
    """Return the desks of each group of lines with the own line, connected by shared desks."""
    found, grown = {own}, {own}
    while grown:
        grown = {group | desks for group in grown for desks in lines if group & desks} - found
        found |= grown
        if len(found) > MAX_DESK_GROUPS:
            return [own, _connected_desks(own, lines)]
    return list(found)


def _connected_desks(own: DeskSet, lines: set[DeskSet]) -> DeskSet:
    group = own
    while (wider := group.union(*(desks for desks in lines if desks & group))) != group:
        group = wider
    return group
