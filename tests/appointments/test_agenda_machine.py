"""Any history of booking, moving, cancelling and coming leaves an agenda that adds up. On the pure rules."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from office360.appointments.appointment import FREES_ITS_PLACE, AppointmentState, move
from office360.appointments.slots import Agenda, Interval, free_slots, grid, nearest, peak
from office360.core.errors import Refused

OPENS = datetime(2026, 11, 27, 8, tzinfo=UTC)
OPENING = (OPENS, OPENS + timedelta(hours=2))
S = AppointmentState


@dataclass
class Visit:
    start: datetime
    end: datetime
    state: AppointmentState = S.CONFIRMED


class AgendaMachine(RuleBasedStateMachine):
    """One service with two places; the length of a visit changes while visits are booked."""

    def __init__(self) -> None:
        super().__init__()
        self.agenda = Agenda(timedelta(minutes=30), 2)
        self.visits: list[Visit] = []

    def busy(self, without: Visit | None = None) -> list[Interval]:
        kept = (one for one in self.visits if one.state not in FREES_ITS_PLACE and one is not without)
        return [(one.start, one.end) for one in kept]

    def take(self, minute: int, without: Visit | None = None) -> Visit | None:
        """A visit at the free slot nearest to this minute, as somebody who takes what is offered."""
        free = free_slots(self.agenda, [OPENING], self.busy(without), OPENS)
        close = nearest(free, OPENS + timedelta(minutes=minute), 1)
        return Visit(close[0].starts_at, close[0].ends_at) if close else None

    @rule(minute=st.integers(0, 120))
    def book(self, minute: int) -> None:
        if (visit := self.take(minute)) is not None:
            self.visits.append(visit)

    @rule(minutes=st.sampled_from([15, 20, 30, 45]))
    def change_the_length(self, minutes: int) -> None:
        self.agenda = Agenda(timedelta(minutes=minutes), 2)

    @precondition(lambda self: self.visits)
    @rule(data=st.data(), minute=st.integers(0, 120))
    def reschedule(self, data: st.DataObject, minute: int) -> None:
        old = data.draw(st.sampled_from(self.visits))
        new = self.take(minute, without=old)
        if new is None or not self.goes(old, S.RESCHEDULED):
            return
        self.visits.append(new)

    @precondition(lambda self: self.visits)
    @rule(data=st.data(), to=st.sampled_from([state for state in S if state != S.RESCHEDULED]))
    def change_the_state(self, data: st.DataObject, to: AppointmentState) -> None:
        self.goes(data.draw(st.sampled_from(self.visits)), to)

    def goes(self, visit: Visit, to: AppointmentState) -> bool:
        before = visit.state
        try:
            visit.state = move(before, to)
        except Refused:
            assert visit.state == before
            return False
        assert before not in FREES_ITS_PLACE, "a place that was given back came back to life"
        return True

    @invariant()
    def never_more_visits_at_once_than_places(self) -> None:
        assert peak(OPENING, self.busy()) <= self.agenda.places

    @invariant()
    def what_is_left_and_what_is_taken_are_all_places(self) -> None:
        busy = self.busy()
        free = {slot.starts_at: slot.left for slot in free_slots(self.agenda, [OPENING], busy, OPENS)}
        for slot in grid([OPENING], self.agenda.length):
            assert free.get(slot[0], 0) + peak(slot, busy) == self.agenda.places


TestAgenda = AgendaMachine.TestCase
TestAgenda.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
