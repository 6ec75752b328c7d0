"""Capacity of an office, compared with a reference model that checks every minute."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st
from office360.appointments.domain.capacity import (
    MAX_DESK_GROUPS,
    OfficeCapacity,
    ServiceCapacity,
    TakenSlot,
    VisitPart,
    _desk_groups,
)
from office360.appointments.domain.slots import free_slots

from ...support.suite.examples import examples

NINE = datetime(2026, 11, 27, 8, tzinfo=UTC)
OPENING = (NINE, NINE + timedelta(hours=2))
LINES = ("A", "B", "C")


def minutes(count: float) -> timedelta:
    return timedelta(minutes=count)


def make_part(service: str, length: int = 30) -> VisitPart:
    return VisitPart(service, minutes(length))


def make_taken_slot(after: int, *parts: VisitPart, inside: bool = False) -> TakenSlot:
    return TakenSlot(NINE + minutes(after), parts or (make_part("a"),), inside)


def places_left(
    capacity: OfficeCapacity, taken: Sequence[TakenSlot], *parts: VisitPart, after: int = 0, inside: bool = False
) -> int:
    """Return how many more visits of these parts can start at this minute."""
    limits = capacity.limits(parts or (make_part("a"),), taken, for_staff=inside)
    return min(limit.places_left(NINE + minutes(after)) for limit in limits)


def test_each_service_has_its_own_capacity() -> None:
    capacity = OfficeCapacity({"a": ServiceCapacity("A", 2), "b": ServiceCapacity("A", 1)})
    taken = [make_taken_slot(0), make_taken_slot(0, make_part("b"))]
    assert places_left(capacity, taken) == 1
    assert places_left(capacity, taken, make_part("b")) == 0


def test_services_of_a_line_never_exceed_its_desks() -> None:
    capacity = OfficeCapacity(
        {"a": ServiceCapacity("A", 2), "b": ServiceCapacity("A", 2), "c": ServiceCapacity("C", 9)},
        {"A": frozenset("12"), "C": frozenset("345")},
    )
    assert places_left(capacity, [make_taken_slot(0)], make_part("b")) == 1
    assert places_left(capacity, [make_taken_slot(0), make_taken_slot(0, make_part("b"))], make_part("b")) == 0
    assert places_left(capacity, [make_taken_slot(0)] * 2, make_part("c")) == 3  # other desks


def test_desk_shared_by_two_lines_counts_once() -> None:
    capacity = OfficeCapacity(
        {"a": ServiceCapacity("A", 9), "b": ServiceCapacity("B", 9)}, {"A": frozenset("12"), "B": frozenset("23")}
    )
    assert places_left(capacity, [make_taken_slot(0)], make_part("b")) == 2
    assert places_left(capacity, [make_taken_slot(0)] * 2, make_part("b")) == 1
    assert (
        places_left(
            capacity, [make_taken_slot(0), make_taken_slot(0), make_taken_slot(0, make_part("b"))], make_part("b")
        )
        == 0
    )


def test_overbooked_line_leaves_other_desks_available() -> None:
    capacity = OfficeCapacity(
        {"a": ServiceCapacity("A", 9), "b": ServiceCapacity("B", 9)}, {"A": frozenset("1"), "B": frozenset("2")}
    )
    assert places_left(capacity, [make_taken_slot(0)] * 3, make_part("b")) == 1


def test_line_without_desk_has_no_in_person_slots() -> None:
    services = {"a": ServiceCapacity("A", 9), "b": ServiceCapacity("B", 9)}
    assert places_left(OfficeCapacity(services, {"B": frozenset("1")}), []) == 0
    assert places_left(OfficeCapacity(services, {"B": frozenset("1")}), [make_taken_slot(0)], make_part("b")) == 1
    assert places_left(OfficeCapacity(services), []) == 9


def test_buffers_keep_the_desk_free_around_a_visit() -> None:
    capacity = OfficeCapacity({"a": ServiceCapacity("A", 1, before=minutes(5), after=minutes(10))})
    taken = [make_taken_slot(60)]
    assert [after for after in range(0, 120, 5) if places_left(capacity, taken, after=after)] == [
        *range(0, 20, 5),
        *range(105, 120, 5),
    ]


def test_staff_bookings_use_internal_places_first() -> None:
    capacity = OfficeCapacity({"a": ServiceCapacity("A", 2, internal=1)})
    inside = make_taken_slot(0, inside=True)
    assert (places_left(capacity, []), places_left(capacity, [], inside=True)) == (2, 3)
    assert (places_left(capacity, [inside]), places_left(capacity, [inside], inside=True)) == (2, 2)
    assert (places_left(capacity, [inside] * 2), places_left(capacity, [inside] * 2, inside=True)) == (1, 1)
    both = [inside, make_taken_slot(0), make_taken_slot(0)]
    assert (places_left(capacity, both), places_left(capacity, both, inside=True)) == (0, 0)
    public = [make_taken_slot(0), make_taken_slot(0)]
    assert (places_left(capacity, public), places_left(capacity, public, inside=True)) == (0, 1)


def test_each_service_is_occupied_during_its_own_part_only() -> None:
    capacity = OfficeCapacity({"a": ServiceCapacity("A", 1), "b": ServiceCapacity("B", 1)})
    taken = [make_taken_slot(0, make_part("a", 10), make_part("b", 20))]
    assert places_left(capacity, taken, make_part("a", 10), after=10) == 1
    assert places_left(capacity, taken, make_part("b", 10), after=0) == 1
    assert places_left(capacity, taken, make_part("b", 10), after=5) == 0
    assert places_left(capacity, taken, make_part("b", 10), make_part("a", 10), after=0) == 1
    assert places_left(capacity, taken, make_part("b", 10), make_part("a", 10), after=10) == 0


def test_multi_service_visit_keeps_its_first_desk_to_the_end() -> None:
    capacity = OfficeCapacity(
        {"a": ServiceCapacity("A", 9), "b": ServiceCapacity("B", 9)}, {"A": frozenset("1"), "B": frozenset("2")}
    )
    taken = [make_taken_slot(0, make_part("a", 10), make_part("b", 20))]
    assert places_left(capacity, taken, make_part("a", 10), after=20) == 0
    assert places_left(capacity, taken, make_part("b", 10), after=20) == 1


def test_existing_visit_keeps_its_length_after_service_change() -> None:
    capacity = OfficeCapacity({"a": ServiceCapacity("A", 1)})
    assert places_left(capacity, [make_taken_slot(0, make_part("a", 45))], make_part("a", 15), after=30) == 0


def test_many_overlapping_desk_groups_stay_bounded() -> None:
    lines = {frozenset({str(number), str(number + 1)}) for number in range(40)}
    groups = _desk_groups(frozenset({"0", "1"}), lines)
    assert len(groups) <= MAX_DESK_GROUPS
    assert frozenset({"0", "1"}) in groups
    assert frozenset(str(number) for number in range(41)) in groups


# Comparison with the reference model


@dataclass(frozen=True)
class ModelOffice:
    """Services by line, desks by the lines that they serve, and buffers by service."""

    public: dict[str, int]
    internal: dict[str, int]
    line: dict[str, str]
    before: dict[str, int]
    after: dict[str, int]
    desks: tuple[frozenset[str], ...]

    def capacity(self) -> OfficeCapacity:
        services = {
            service: ServiceCapacity(
                self.line[service],
                self.public[service],
                self.internal[service],
                minutes(self.before[service]),
                minutes(self.after[service]),
            )
            for service in self.public
        }
        serving = {
            line: frozenset(str(number) for number, lines in enumerate(self.desks) if line in lines)
            for line in LINES
        }
        return OfficeCapacity(services, {line: desks for line, desks in serving.items() if desks})

    def busy_minutes(self, visit: TakenSlot) -> range:
        """Return the minutes in which a visit uses its desk."""
        start = int((visit.starts_at - NINE).total_seconds()) // 60
        length = sum(int(part.length.total_seconds()) // 60 for part in visit.parts)
        return range(
            start - self.before[visit.parts[0].service_id], start + length + self.after[visit.parts[-1].service_id]
        )

    def service_at(self, visit: TakenSlot, minute: int) -> str | None:
        """Return the service of the visit at this minute, None outside of it."""
        if minute not in self.busy_minutes(visit):
            return None
        begins = int((visit.starts_at - NINE).total_seconds()) // 60
        for part in visit.parts:
            begins += int(part.length.total_seconds()) // 60
            if minute < begins:
                return part.service_id
        return visit.parts[-1].service_id

    def fits(self, taken: Sequence[TakenSlot]) -> bool:
        """Return whether all visits have a place and a desk at every minute."""
        there = range(
            min(self.busy_minutes(visit)[0] for visit in taken),
            max(self.busy_minutes(visit)[-1] for visit in taken) + 1,
        )
        return all(
            self.fits_at([visit for visit in taken if minute in self.busy_minutes(visit)], minute)
            for minute in there
        )

    def fits_at(self, there: Sequence[TakenSlot], minute: int) -> bool:
        done = [(self.service_at(visit, minute), visit.by_staff) for visit in there]
        for service in self.public:
            public, inside = done.count((service, False)), done.count((service, True))
            beyond = max(0, inside - self.internal[service])
            if public + beyond > self.public[service]:
                return False
        return self.can_seat_all([self.line[visit.parts[0].service_id] for visit in there])

    def can_seat_all(self, lines: Sequence[str]) -> bool:
        """Return whether each citizen gets a desk of their line, by augmenting paths."""
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
    ModelOffice,
    public=st.fixed_dictionaries({service: st.integers(0, 3) for service in SERVICES}),
    internal=st.fixed_dictionaries({service: st.integers(0, 2) for service in SERVICES}),
    line=st.fixed_dictionaries({service: st.sampled_from(LINES) for service in SERVICES}),
    before=st.fixed_dictionaries({service: st.sampled_from([0, 0, 3]) for service in SERVICES}),
    after=st.fixed_dictionaries({service: st.sampled_from([0, 0, 5]) for service in SERVICES}),
    desks=st.lists(st.frozensets(st.sampled_from(LINES), min_size=1), min_size=1, max_size=4).map(tuple),
)
parts = st.lists(
    st.builds(make_part, st.sampled_from(SERVICES), st.sampled_from([5, 10, 15])),
    min_size=1,
    max_size=3,
    unique_by=lambda part: part.service_id,
).map(tuple)
asked = st.lists(st.tuples(st.integers(0, 12), parts, st.booleans()), max_size=14)


@settings(deadline=None, max_examples=examples(200))
@given(offices, asked, parts, st.booleans())
def test_slot_is_free_exactly_when_all_visits_still_fit(
    office: ModelOffice,
    visits: list[tuple[int, tuple[VisitPart, ...], bool]],
    wanted: tuple[VisitPart, ...],
    inside: bool,
) -> None:
    capacity, taken = office.capacity(), list[TakenSlot]()
    for twelfth, booked, by_staff in visits:  # each citizen books the slot if it is free
        visit = TakenSlot(NINE + minutes(5 * twelfth), booked, by_staff)
        if places_left(capacity, taken, *booked, after=5 * twelfth, inside=by_staff) > 0:
            taken.append(visit)
            assert office.fits(taken), "a visit was accepted that does not fit"
    length = sum((part.length for part in wanted), timedelta())
    opening = (NINE, NINE + minutes(70))
    limits = capacity.limits(wanted, taken, for_staff=inside)
    found = {slot.starts_at: slot.left for slot in free_slots([opening], length, minutes(5), limits, NINE)}
    for after in range(0, 75, 5):
        start = NINE + minutes(after)
        within = start + length <= opening[1]
        again = TakenSlot(start, wanted, inside)
        assert (start in found) == (within and office.fits([*taken, again]))
        if start in found:
            assert office.fits([*taken, *[again] * found[start]])
            assert not office.fits([*taken, *[again] * (found[start] + 1)])
