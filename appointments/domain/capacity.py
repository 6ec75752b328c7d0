"""How many visits an office can attend at once in one mode. Pure: no clock, no SQL, no sockets.

Three bounds, each at every instant of a visit, the time in which its desk is kept free before and after included:

- each service has its places in each mode. A visit of several services takes a place of each during its own part.
- beyond them a service may have internal places. What staff booked fills those first, so the public loses none
  of its own as long as they last.
- in person, everybody needs a desk that serves the line in which they wait: that of their first service. By Hall's
  theorem all find one if and only if, for every group of lines, no more people come than desks serve any line of
  the group. Groups that share no desk are looked at apart. Looked at by instants: which desk calls whom is the
  line's to decide on the day, and nobody is given a desk beforehand.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from .slots import CapacityLimit, Interval, OverlapCounts

MAX_DESK_GROUPS = (
    64  # beyond, only the own line and all that share desks with it are bounded: six lines make as many
)

DeskSet = frozenset[str]


@dataclass(frozen=True, slots=True)
class VisitPart:
    """One service of a visit, and how long it takes in it."""

    service_id: str
    length: timedelta


@dataclass(frozen=True, slots=True)
class TakenSlot:
    """A visit that is given or held; `inside`: by staff."""

    starts_at: datetime
    parts: tuple[VisitPart, ...]
    by_staff: bool = False


TakenSlotsByParts = Mapping[tuple[VisitPart, ...], Sequence[TakenSlot]]  # visits by their parts


@dataclass(frozen=True, slots=True)
class ServiceCapacity:
    """What one service has in one mode. `before`, `after`: how long a desk stays free around its visits."""

    line_id: str
    public: int
    internal: int = 0
    before: timedelta = timedelta()
    after: timedelta = timedelta()


NO_CAPACITY = ServiceCapacity(line_id="", public=0)  # no line: nobody knows which desks its visits would need


@dataclass(frozen=True, slots=True)
class OfficeCapacity:
    """An office in one mode. `desks`: those that serve each line that has any; None where nobody needs a desk of
    the office, as by video, and in an office that has not said which desks it has."""

    services: Mapping[str, ServiceCapacity]
    desks: Mapping[str, DeskSet] | None = None

    def limits(
        self, parts: Sequence[VisitPart], taken: Iterable[TakenSlot], *, for_staff: bool = False
    ) -> list[CapacityLimit]:
        """What bounds a visit of these parts, for the public or for staff (`inside`)."""
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
        every = OverlapCounts.from_intervals(self._service_intervals(service_id, kinds))
        yield CapacityLimit(places.public + places.internal, begins, ends, every)
        if places.internal and not for_staff:
            public = OverlapCounts.from_intervals(self._service_intervals(service_id, kinds, public=True))
            yield CapacityLimit(places.public, begins, ends, public)

    def _service_intervals(
        self, service_id: str, kinds: TakenSlotsByParts, *, public: bool = False
    ) -> Iterator[Interval]:
        """When visits, all or only the `public`'s, keep a place of this service."""
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
            there = [one for one in kinds if desks.get(self._line_id(one), _NO_DESK_GROUP) <= group]
            times = (time for one in there for time in _intervals_from_start(kinds[one], *self._desk_span(one)))
            yield CapacityLimit(len(group), begins, ends, OverlapCounts.from_intervals(times))

    def _service_capacity(self, service_id: str) -> ServiceCapacity:
        """A service that the office gives no more has no places; its visits keep what they have."""
        return self.services.get(service_id, NO_CAPACITY)

    def _desk_span(self, parts: Sequence[VisitPart]) -> tuple[timedelta, timedelta]:
        """From when until when after its start a visit keeps its desk."""
        *_, (_, _, ends) = spans = list(self._part_spans(parts))
        return spans[0][1], ends

    def _line_id(self, parts: Sequence[VisitPart]) -> str:
        return self._service_capacity(parts[0].service_id).line_id

    def _part_spans(self, parts: Sequence[VisitPart]) -> Iterator[tuple[VisitPart, timedelta, timedelta]]:
        """The parts with their times after the start of the visit. Between them nobody leaves the desk."""
        begins = -self._service_capacity(parts[0].service_id).before
        ends = timedelta()
        for part in parts:
            ends += part.length
            if part is parts[-1]:
                ends += self._service_capacity(part.service_id).after
            yield part, begins, ends
            begins = ends


def _group_by_parts(taken: Iterable[TakenSlot]) -> TakenSlotsByParts:
    """Visits of the same services and lengths together: what is the same for all of them is worked out once."""
    kinds: dict[tuple[VisitPart, ...], list[TakenSlot]] = defaultdict(list)
    for one in taken:
        kinds[one.parts].append(one)
    return kinds


def _intervals_from_start(
    visits: Iterable[TakenSlot], begins: timedelta, ends: timedelta, *, public: bool = False
) -> Iterator[Interval]:
    for one in visits:
        if not (public and one.by_staff):
            yield one.starts_at + begins, one.starts_at + ends


_NO_DESK_GROUP: DeskSet = frozenset({""})  # no group holds the people of a line without a desk


def _desk_groups(own: DeskSet, lines: set[DeskSet]) -> list[DeskSet]:
    """The desks of every group of lines that has the own one in it and hangs together by desks they share."""
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
