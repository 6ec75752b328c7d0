"""Any history of booking, moving, cancelling and coming leaves an agenda that adds up. On the pure rules."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from office360.appointments.domain.appointment import FREES_ITS_PLACE, AppointmentState, move
from office360.appointments.domain.capacity import Capacity, Part, Places, Taken
from office360.appointments.domain.slots import Slot, free_slots, grid, nearest
from office360.core.errors import Refused

OPENS = datetime(2026, 11, 27, 8, tzinfo=UTC)
OPENING = (OPENS, OPENS + timedelta(hours=2))
PLACES = 2
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
        self.capacity = Capacity({"certificate": Places("identity", PLACES)})
        self.length = timedelta(minutes=30)
        self.visits: list[Visit] = []

    def kept(self, without: Visit | None = None) -> list[Visit]:
        return [one for one in self.visits if one.state not in FREES_ITS_PLACE and one is not without]

    def free(self, without: Visit | None = None) -> list[Slot]:
        taken = [Taken(one.start, (Part("certificate", one.end - one.start),)) for one in self.kept(without)]
        limits = self.capacity.limits([Part("certificate", self.length)], taken)
        return free_slots([OPENING], self.length, self.length, limits, OPENS)

    def at_once(self, start: datetime, end: datetime) -> int:
        """The most visits at one minute of these."""
        minutes = range(int((end - start).total_seconds()) // 60)
        instants = [start + timedelta(minutes=minute) for minute in minutes]
        return max(sum(one.start <= instant < one.end for one in self.kept()) for instant in instants)

    def take(self, minute: int, without: Visit | None = None) -> Visit | None:
        """A visit at the free slot nearest to this minute, as somebody who takes what is offered."""
        close = nearest(self.free(without), OPENS + timedelta(minutes=minute), 1)
        return Visit(close[0].starts_at, close[0].ends_at) if close else None

    @rule(minute=st.integers(0, 120))
    def book(self, minute: int) -> None:
        if (visit := self.take(minute)) is not None:
            self.visits.append(visit)

    @rule(minutes=st.sampled_from([15, 20, 30, 45]))
    def change_the_length(self, minutes: int) -> None:
        self.length = timedelta(minutes=minutes)

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
        assert self.at_once(*OPENING) <= PLACES

    @invariant()
    def what_is_left_and_what_is_taken_are_all_places(self) -> None:
        free = {slot.starts_at: slot.left for slot in self.free()}
        for start, end in grid([OPENING], self.length, self.length):
            assert free.get(start, 0) + self.at_once(start, end) == PLACES


TestAgenda = AgendaMachine.TestCase
TestAgenda.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
