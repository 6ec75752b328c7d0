"""How many an office attends at once: held against a reference that looks at every minute and seats everybody."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st
from office360.appointments.domain.capacity import MOST_GROUPS, Capacity, Part, Places, Taken, _groups
from office360.appointments.domain.slots import free_slots

NINE = datetime(2026, 11, 27, 8, tzinfo=UTC)
OPENING = (NINE, NINE + timedelta(hours=2))
LINES = ("A", "B", "C")


def minutes(count: float) -> timedelta:
    return timedelta(minutes=count)


def part(service: str, length: int = 30) -> Part:
    return Part(service, minutes(length))


def visit(after: int, *parts: Part, inside: bool = False) -> Taken:
    return Taken(NINE + minutes(after), parts or (part("a"),), inside)


def left(capacity: Capacity, taken: Sequence[Taken], *parts: Part, after: int = 0, inside: bool = False) -> int:
    """How many visits of these parts can still start then."""
    limits = capacity.limits(parts or (part("a"),), taken, inside=inside)
    return min(limit.left(NINE + minutes(after)) for limit in limits)


def test_each_service_has_its_own_places() -> None:
    capacity = Capacity({"a": Places("A", 2), "b": Places("A", 1)})
    taken = [visit(0), visit(0, part("b"))]
    assert left(capacity, taken) == 1
    assert left(capacity, taken, part("b")) == 0


def test_all_services_of_a_line_together_never_need_more_desks_than_serve_it() -> None:
    capacity = Capacity(
        {"a": Places("A", 2), "b": Places("A", 2), "c": Places("C", 9)},
        {"A": frozenset("12"), "C": frozenset("345")},
    )
    assert left(capacity, [visit(0)], part("b")) == 1
    assert left(capacity, [visit(0), visit(0, part("b"))], part("b")) == 0
    assert left(capacity, [visit(0)] * 2, part("c")) == 3  # other desks


def test_a_desk_of_two_lines_is_not_counted_twice() -> None:
    capacity = Capacity({"a": Places("A", 9), "b": Places("B", 9)}, {"A": frozenset("12"), "B": frozenset("23")})
    assert left(capacity, [visit(0)], part("b")) == 2
    assert left(capacity, [visit(0)] * 2, part("b")) == 1
    assert left(capacity, [visit(0), visit(0), visit(0, part("b"))], part("b")) == 0


def test_a_line_that_is_overbooked_takes_nothing_from_lines_with_desks_of_their_own() -> None:
    capacity = Capacity({"a": Places("A", 9), "b": Places("B", 9)}, {"A": frozenset("1"), "B": frozenset("2")})
    assert left(capacity, [visit(0)] * 3, part("b")) == 1


def test_a_line_without_a_desk_gives_nothing_in_person() -> None:
    services = {"a": Places("A", 9), "b": Places("B", 9)}
    assert left(Capacity(services, {"B": frozenset("1")}), []) == 0
    assert left(Capacity(services, {"B": frozenset("1")}), [visit(0)], part("b")) == 1
    assert left(Capacity(services), []) == 9


def test_a_desk_stays_free_before_and_after_a_visit() -> None:
    capacity = Capacity({"a": Places("A", 1, before=minutes(5), after=minutes(10))})
    taken = [visit(60)]
    assert [after for after in range(0, 120, 5) if left(capacity, taken, after=after)] == [
        *range(0, 20, 5),
        *range(105, 120, 5),
    ]


def test_what_staff_booked_fills_the_internal_places_first() -> None:
    capacity = Capacity({"a": Places("A", 2, internal=1)})
    inside = visit(0, inside=True)
    assert (left(capacity, []), left(capacity, [], inside=True)) == (2, 3)
    assert (left(capacity, [inside]), left(capacity, [inside], inside=True)) == (2, 2)
    assert (left(capacity, [inside] * 2), left(capacity, [inside] * 2, inside=True)) == (1, 1)
    both = [inside, visit(0), visit(0)]
    assert (left(capacity, both), left(capacity, both, inside=True)) == (0, 0)
    public = [visit(0), visit(0)]
    assert (left(capacity, public), left(capacity, public, inside=True)) == (0, 1)


def test_a_visit_of_several_services_takes_a_place_of_each_during_its_own_part() -> None:
    capacity = Capacity({"a": Places("A", 1), "b": Places("B", 1)})
    taken = [visit(0, part("a", 10), part("b", 20))]
    assert left(capacity, taken, part("a", 10), after=10) == 1
    assert left(capacity, taken, part("b", 10), after=0) == 1
    assert left(capacity, taken, part("b", 10), after=5) == 0
    assert left(capacity, taken, part("b", 10), part("a", 10), after=0) == 1
    assert left(capacity, taken, part("b", 10), part("a", 10), after=10) == 0


def test_a_visit_of_several_services_keeps_one_desk_of_its_first_line_to_the_end() -> None:
    capacity = Capacity({"a": Places("A", 9), "b": Places("B", 9)}, {"A": frozenset("1"), "B": frozenset("2")})
    taken = [visit(0, part("a", 10), part("b", 20))]
    assert left(capacity, taken, part("a", 10), after=20) == 0
    assert left(capacity, taken, part("b", 10), after=20) == 1


def test_what_was_given_keeps_its_length_when_the_service_becomes_shorter() -> None:
    capacity = Capacity({"a": Places("A", 1)})
    assert left(capacity, [visit(0, part("a", 45))], part("a", 15), after=30) == 0


def test_many_lines_that_share_desks_in_every_way_are_still_bounded() -> None:
    lines = {frozenset({str(number), str(number + 1)}) for number in range(40)}
    groups = _groups(frozenset({"0", "1"}), lines)
    assert len(groups) <= MOST_GROUPS
    assert frozenset({"0", "1"}) in groups
    assert frozenset(str(number) for number in range(41)) in groups


# Against the reference


@dataclass(frozen=True)
class Office:
    """Services by line, desks by the lines they serve, and how long a desk stays free around each service."""

    public: dict[str, int]
    internal: dict[str, int]
    line: dict[str, str]
    before: dict[str, int]
    after: dict[str, int]
    desks: tuple[frozenset[str], ...]

    def capacity(self) -> Capacity:
        services = {
            one: Places(
                self.line[one],
                self.public[one],
                self.internal[one],
                minutes(self.before[one]),
                minutes(self.after[one]),
            )
            for one in self.public
        }
        serving = {
            line: frozenset(str(number) for number, lines in enumerate(self.desks) if line in lines)
            for line in LINES
        }
        return Capacity(services, {line: desks for line, desks in serving.items() if desks})

    def busy(self, one: Taken) -> range:
        """The minutes in which it keeps a desk."""
        start = int((one.starts_at - NINE).total_seconds()) // 60
        length = sum(int(part.length.total_seconds()) // 60 for part in one.parts)
        return range(
            start - self.before[one.parts[0].service_id], start + length + self.after[one.parts[-1].service_id]
        )

    def service_at(self, one: Taken, minute: int) -> str | None:
        """Which of its services is being done."""
        if minute not in self.busy(one):
            return None
        begins = int((one.starts_at - NINE).total_seconds()) // 60
        for part in one.parts:
            begins += int(part.length.total_seconds()) // 60
            if minute < begins:
                return part.service_id
        return one.parts[-1].service_id

    def fits(self, taken: Sequence[Taken]) -> bool:
        """Whether all of them together keep within all places and find a desk, at every minute."""
        there = range(min(self.busy(one)[0] for one in taken), max(self.busy(one)[-1] for one in taken) + 1)
        return all(self.fits_at([one for one in taken if minute in self.busy(one)], minute) for minute in there)

    def fits_at(self, there: Sequence[Taken], minute: int) -> bool:
        done = [(self.service_at(one, minute), one.inside) for one in there]
        for service in self.public:
            public, inside = done.count((service, False)), done.count((service, True))
            beyond = max(0, inside - self.internal[service])
            if public + beyond > self.public[service]:
                return False
        return self.seats([self.line[one.parts[0].service_id] for one in there])

    def seats(self, lines: Sequence[str]) -> bool:
        """Whether each gets a desk of their own that serves their line: augmenting paths, one person at a time."""
        at_desk: dict[int, int] = {}

        def seat(person: int, tried: set[int]) -> bool:
            for number, serves in enumerate(self.desks):
                if lines[person] in serves and number not in tried:
                    tried.add(number)
                    if number not in at_desk or seat(at_desk[number], tried):
                        at_desk[number] = person
                        return True
            return False

        return all(seat(person, set()) for person in range(len(lines)))


SERVICES = ("a", "b", "c", "d")
offices = st.builds(
    Office,
    public=st.fixed_dictionaries({one: st.integers(0, 3) for one in SERVICES}),
    internal=st.fixed_dictionaries({one: st.integers(0, 2) for one in SERVICES}),
    line=st.fixed_dictionaries({one: st.sampled_from(LINES) for one in SERVICES}),
    before=st.fixed_dictionaries({one: st.sampled_from([0, 0, 3]) for one in SERVICES}),
    after=st.fixed_dictionaries({one: st.sampled_from([0, 0, 5]) for one in SERVICES}),
    desks=st.lists(st.frozensets(st.sampled_from(LINES), min_size=1), min_size=1, max_size=4).map(tuple),
)
parts = st.lists(
    st.builds(part, st.sampled_from(SERVICES), st.sampled_from([5, 10, 15])),
    min_size=1,
    max_size=3,
    unique_by=lambda one: one.service_id,
).map(tuple)
asked = st.lists(st.tuples(st.integers(0, 12), parts, st.booleans()), max_size=14)


@settings(deadline=None, max_examples=200)
@given(offices, asked, parts, st.booleans())
def test_a_time_is_free_exactly_when_everybody_would_still_fit(
    office: Office, visits: list[tuple[int, tuple[Part, ...], bool]], wanted: tuple[Part, ...], inside: bool
) -> None:
    capacity, taken = office.capacity(), list[Taken]()
    for twelfth, booked, by_staff in visits:  # as whoever takes what is offered
        one = Taken(NINE + minutes(5 * twelfth), booked, by_staff)
        if left(capacity, taken, *booked, after=5 * twelfth, inside=by_staff) > 0:
            taken.append(one)
            assert office.fits(taken), "a visit was given that finds no place"
    length = sum((one.length for one in wanted), timedelta())
    opening = (NINE, NINE + minutes(70))
    limits = capacity.limits(wanted, taken, inside=inside)
    found = {slot.starts_at: slot.left for slot in free_slots([opening], length, minutes(5), limits, NINE)}
    for after in range(0, 75, 5):
        start = NINE + minutes(after)
        within = start + length <= opening[1]
        again = Taken(start, wanted, inside)
        assert (start in found) == (within and office.fits([*taken, again]))
        if start in found:
            assert office.fits([*taken, *[again] * found[start]])
            assert not office.fits([*taken, *[again] * (found[start] + 1)])
