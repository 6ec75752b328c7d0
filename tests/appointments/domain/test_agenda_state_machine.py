"""Random histories of an agenda never exceed its places. On the pure rules, without SQL."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from office360.appointments.domain.appointment import SLOT_FREEING_STATES, AppointmentState, check_transition
from office360.appointments.domain.capacity import OfficeCapacity, ServiceCapacity, TakenSlot, VisitPart
from office360.appointments.domain.slots import FreeSlot, free_slots, nearest_slots, slot_grid
from office360.core.errors import Refused

from ...support.suite.examples import examples

OPENS = datetime(2026, 11, 27, 8, tzinfo=UTC)
OPENING = (OPENS, OPENS + timedelta(hours=2))
PLACES = 2
S = AppointmentState


@dataclass
class ModelVisit:
    start: datetime
    end: datetime
    state: AppointmentState = S.CONFIRMED


class AgendaMachine(RuleBasedStateMachine):
    """One service with two places; the duration of a visit changes between bookings."""

    def __init__(self) -> None:
        super().__init__()
        self.capacity = OfficeCapacity({"certificate": ServiceCapacity("identity", PLACES)})
        self.length = timedelta(minutes=30)
        self.visits: list[ModelVisit] = []

    def active_visits(self, without: ModelVisit | None = None) -> list[ModelVisit]:
        return [visit for visit in self.visits if visit.state not in SLOT_FREEING_STATES and visit is not without]

    def current_free_slots(self, without: ModelVisit | None = None) -> list[FreeSlot]:
        taken = [
            TakenSlot(visit.start, (VisitPart("certificate", visit.end - visit.start),))
            for visit in self.active_visits(without)
        ]
        limits = self.capacity.limits([VisitPart("certificate", self.length)], taken)
        return free_slots([OPENING], self.length, self.length, limits, OPENS)

    def max_visits_at_once(self, start: datetime, end: datetime) -> int:
        """Count the most visits at one minute of the interval."""
        minutes = range(int((end - start).total_seconds()) // 60)
        instants = [start + timedelta(minutes=minute) for minute in minutes]
        return max(
            sum(visit.start <= instant < visit.end for visit in self.active_visits()) for instant in instants
        )

    def pick_nearest_slot(self, minute: int, without: ModelVisit | None = None) -> ModelVisit | None:
        """Return a visit at the free slot nearest to this minute; None if there is none."""
        close = nearest_slots(self.current_free_slots(without), OPENS + timedelta(minutes=minute), 1)
        return ModelVisit(close[0].starts_at, close[0].ends_at) if close else None

    @rule(minute=st.integers(0, 120))
    def book(self, minute: int) -> None:
        if (visit := self.pick_nearest_slot(minute)) is not None:
            self.visits.append(visit)

    @rule(minutes=st.sampled_from([15, 20, 30, 45]))
    def change_length(self, minutes: int) -> None:
        self.length = timedelta(minutes=minutes)

    @precondition(lambda self: self.visits)
    @rule(data=st.data(), minute=st.integers(0, 120))
    def reschedule(self, data: st.DataObject, minute: int) -> None:
        old = data.draw(st.sampled_from(self.visits))
        new = self.pick_nearest_slot(minute, without=old)
        if new is None or not self.try_transition(old, S.RESCHEDULED):
            return
        self.visits.append(new)

    @precondition(lambda self: self.visits)
    @rule(data=st.data(), to=st.sampled_from([state for state in S if state != S.RESCHEDULED]))
    def change_state(self, data: st.DataObject, to: AppointmentState) -> None:
        self.try_transition(data.draw(st.sampled_from(self.visits)), to)

    def try_transition(self, visit: ModelVisit, to: AppointmentState) -> bool:
        before = visit.state
        try:
            visit.state = check_transition(before, to)
        except Refused:
            assert visit.state == before
            return False
        assert before not in SLOT_FREEING_STATES, "an ended visit became active again"
        return True

    @invariant()
    def visits_at_once_never_exceed_places(self) -> None:
        assert self.max_visits_at_once(*OPENING) <= PLACES

    @invariant()
    def free_plus_taken_equals_places(self) -> None:
        free = {slot.starts_at: slot.left for slot in self.current_free_slots()}
        for start, end in slot_grid([OPENING], self.length, self.length):
            assert free.get(start, 0) + self.max_visits_at_once(start, end) == PLACES


TestAgenda = AgendaMachine.TestCase
TestAgenda.settings = settings(max_examples=examples(60), stateful_step_count=30, deadline=None)
