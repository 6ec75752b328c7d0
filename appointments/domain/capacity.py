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


Kinds = Mapping[tuple[Part, ...], Sequence[Taken]]  # visits by their parts


@dataclass(frozen=True, slots=True)
class Places:
    """What one service has in one mode. `before`, `after`: how long a desk stays free around its visits."""

    line_id: str
    public: int
    internal: int = 0
    before: timedelta = timedelta()
    after: timedelta = timedelta()


GONE = Places(line_id="", public=0)  # no line: nobody knows which desks its visits would need


@dataclass(frozen=True, slots=True)
class Capacity:
    """An office in one mode. `desks`: those that serve each line that has any; None where nobody needs a desk of
    the office, as by video, and in an office that has not said which desks it has."""

    services: Mapping[str, Places]
    desks: Mapping[str, DeskSet] | None = None

    def limits(self, parts: Sequence[Part], taken: Iterable[Taken], *, inside: bool = False) -> list[Limit]:
        """What bounds a visit of these parts, for the public or for staff (`inside`)."""
        kinds = _by_kind(taken)
        found: list[Limit] = []
        for part, begins, ends in self._spans(parts):
            found += self._of_service(part.service_id, begins, ends, kinds, inside=inside)
        if self.desks is not None:
            found += self._of_desks(self.desks, parts, kinds)
        return found

    def _of_service(
        self, service_id: str, begins: timedelta, ends: timedelta, kinds: Kinds, *, inside: bool
    ) -> Iterator[Limit]:
        places = self._places_of(service_id)
        every = Steps.of(self._times_of(service_id, kinds))
        yield Limit(places.public + places.internal, begins, ends, every)
        if places.internal and not inside:
            public = Steps.of(self._times_of(service_id, kinds, public=True))
            yield Limit(places.public, begins, ends, public)

    def _times_of(self, service_id: str, kinds: Kinds, *, public: bool = False) -> Iterator[Interval]:
        """When visits, all or only the `public`'s, keep a place of this service."""
        for parts, visits in kinds.items():
            for part, begins, ends in self._spans(parts):
                if part.service_id == service_id:
                    yield from _at(visits, begins, ends, public=public)

    def _of_desks(self, desks: Mapping[str, DeskSet], parts: Sequence[Part], kinds: Kinds) -> Iterator[Limit]:
        own = desks.get(self._line_of(parts), frozenset())
        begins, ends = self._whole(parts)
        for group in _groups(own, set(desks.values())):
            there = [one for one in kinds if desks.get(self._line_of(one), _NOBODY) <= group]
            times = (time for one in there for time in _at(kinds[one], *self._whole(one)))
            yield Limit(len(group), begins, ends, Steps.of(times))

    def _places_of(self, service_id: str) -> Places:
        """A service that the office gives no more has no places; its visits keep what they have."""
        return self.services.get(service_id, GONE)

    def _whole(self, parts: Sequence[Part]) -> tuple[timedelta, timedelta]:
        """From when until when after its start a visit keeps its desk."""
        *_, (_, _, ends) = spans = list(self._spans(parts))
        return spans[0][1], ends

    def _line_of(self, parts: Sequence[Part]) -> str:
        return self._places_of(parts[0].service_id).line_id

    def _spans(self, parts: Sequence[Part]) -> Iterator[tuple[Part, timedelta, timedelta]]:
        """The parts with their times after the start of the visit. Between them nobody leaves the desk."""
        begins = -self._places_of(parts[0].service_id).before
        ends = timedelta()
        for part in parts:
            ends += part.length
            if part is parts[-1]:
                ends += self._places_of(part.service_id).after
            yield part, begins, ends
            begins = ends


def _by_kind(taken: Iterable[Taken]) -> Kinds:
    """Visits of the same services and lengths together: what is the same for all of them is worked out once."""
    kinds: dict[tuple[Part, ...], list[Taken]] = defaultdict(list)
    for one in taken:
        kinds[one.parts].append(one)
    return kinds


def _at(
    visits: Iterable[Taken], begins: timedelta, ends: timedelta, *, public: bool = False
) -> Iterator[Interval]:
    for one in visits:
        if not (public and one.inside):
            yield one.starts_at + begins, one.starts_at + ends


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
