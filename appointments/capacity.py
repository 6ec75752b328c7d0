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

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from .slots import Interval, Limit, Steps

MOST_GROUPS = 64  # beyond, only the own line and all that share desks with it are bounded: six lines make as many

DeskSet = frozenset[str]


@dataclass(frozen=True, slots=True)
class Part:
    """One service of a visit, and how long it takes in it."""

    service_id: str
    length: timedelta


@dataclass(frozen=True, slots=True)
class Taken:
    """A visit that is given or held; `inside`: by staff."""

    starts_at: datetime
    parts: tuple[Part, ...]
    inside: bool = False


@dataclass(frozen=True, slots=True)
class Places:
    """What one service has in one mode. `before`, `after`: how long a desk stays free around its visits."""

    line_id: str
    public: int
    internal: int = 0
    before: timedelta = timedelta()
    after: timedelta = timedelta()


@dataclass(frozen=True, slots=True)
class Capacity:
    """An office in one mode. `desks`: those that serve each line that has any; None where nobody needs a desk of
    the office, as by video, and in an office that has not said which desks it has."""

    services: Mapping[str, Places]
    desks: Mapping[str, DeskSet] | None = None

    def limits(self, parts: Sequence[Part], taken: Iterable[Taken], *, inside: bool = False) -> list[Limit]:
        """What bounds a visit of these parts, for the public or for staff (`inside`)."""
        visits = list(taken)
        found: list[Limit] = []
        for part, begins, ends in self._spans(parts):
            found += self._of_service(part.service_id, begins, ends, visits, inside=inside)
        if self.desks is not None:
            found += self._of_desks(self.desks, parts, visits)
        return found

    def _of_service(
        self, service_id: str, begins: timedelta, ends: timedelta, taken: list[Taken], *, inside: bool
    ) -> Iterator[Limit]:
        places = self.services[service_id]
        every = Steps.of(self._times_of(service_id, taken))
        yield Limit(places.public + places.internal, begins, ends, every)
        if places.internal and not inside:
            public = Steps.of(self._times_of(service_id, (one for one in taken if not one.inside)))
            yield Limit(places.public, begins, ends, public)

    def _times_of(self, service_id: str, taken: Iterable[Taken]) -> Iterator[Interval]:
        """When each of these visits keeps a place of this service."""
        for visit in taken:
            for part, begins, ends in self._spans(visit.parts):
                if part.service_id == service_id:
                    yield visit.starts_at + begins, visit.starts_at + ends

    def _of_desks(
        self, desks: Mapping[str, DeskSet], parts: Sequence[Part], taken: list[Taken]
    ) -> Iterator[Limit]:
        own = desks.get(self._line_of(parts), frozenset())
        *_, (_, _, ends) = spans = list(self._spans(parts))
        for group in _groups(own, set(desks.values())):
            visits = (one for one in taken if desks.get(self._line_of(one.parts), _NOBODY) <= group)
            yield Limit(len(group), spans[0][1], ends, Steps.of(map(self._whole, visits)))

    def _whole(self, visit: Taken) -> Interval:
        *_, (_, _, ends) = spans = list(self._spans(visit.parts))
        return visit.starts_at + spans[0][1], visit.starts_at + ends

    def _line_of(self, parts: Sequence[Part]) -> str:
        return self.services[parts[0].service_id].line_id

    def _spans(self, parts: Sequence[Part]) -> Iterator[tuple[Part, timedelta, timedelta]]:
        """The parts with their times after the start of the visit. Between them nobody leaves the desk."""
        begins = -self.services[parts[0].service_id].before
        ends = timedelta()
        for part in parts:
            ends += part.length
            if part is parts[-1]:
                ends += self.services[part.service_id].after
            yield part, begins, ends
            begins = ends


_NOBODY: DeskSet = frozenset({""})  # no group holds the people of a line without a desk


def _groups(own: DeskSet, lines: set[DeskSet]) -> list[DeskSet]:
    """The desks of every group of lines that has the own one in it and hangs together by desks they share."""
    found, grown = {own}, {own}
    while grown:
        grown = {group | desks for group in grown for desks in lines if group & desks} - found
        found |= grown
        if len(found) > MOST_GROUPS:
            return [own, _connected(own, lines)]
    return list(found)


def _connected(own: DeskSet, lines: set[DeskSet]) -> DeskSet:
    group = own
    while (wider := group.union(*(desks for desks in lines if desks & group))) != group:
        group = wider
    return group
