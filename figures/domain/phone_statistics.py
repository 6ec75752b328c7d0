"""Statistics of appointments by telephone, computed from the calls of agents. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from ...appointments.domain.appointment import ON_TIME_WITHIN, AppointmentState
from ...appointments.domain.phone_call import PhoneCall, PhoneCallResult
from ...queue.domain.line_statistics import DurationDistribution, Proportion, distribution
from ...queue.domain.tally import Tally

# Names in the tally of appointments by telephone; stored in `figure_days`.
APPOINTMENTS, HELD, NOT_REACHED = "appointments", "held", "not_reached"
ATTEMPTS, NO_ANSWER, DELAY, LENGTH = "attempts", "no_answer", "delay", "length"


@dataclass(frozen=True, slots=True)
class MeasuredPhoneVisit:
    """An appointment by telephone with the calls of agents, oldest first.

    `hour`: the local hour of its start. `due_at`: its start, or the latest start announced.
    """

    service: str
    day: date
    hour: int
    state: AppointmentState
    due_at: datetime
    calls: tuple[PhoneCall, ...] = ()

    @property
    def counted_calls(self) -> list[PhoneCall]:
        """Return the calls that count: a withdrawn call was a mistake."""
        return [call for call in self.calls if call.result is not PhoneCallResult.WITHDRAWN]

    @property
    def delay_s(self) -> float | None:
        """Return the seconds from the time that the citizen knew to the first call."""
        if not self.counted_calls:
            return None
        first = self.counted_calls[0]
        return max(0.0, (first.called_at - (first.expected_at or self.due_at)).total_seconds())

    @property
    def length_s(self) -> float | None:
        """Return the seconds of the call that was held; None if no call was held."""
        held = [call for call in self.calls if call.result is PhoneCallResult.HELD and call.ended_at]
        ends = [(call.called_at, call.ended_at) for call in held if call.ended_at is not None]
        return sum((ended - called).total_seconds() for called, ended in ends) if ends else None


@dataclass(frozen=True, slots=True)
class PhoneFigures:
    """The statistics of some appointments by telephone.

    `appointments`: not cancelled. `not_reached`: out of the held appointments and the no-shows. `attempts`: ended
    calls, and how many of them had no answer. `delay`: from the time announced last to the first call, `on_time`:
    those called within ON_TIME_WITHIN. `length`: of the held calls.
    """

    appointments: int
    held: int
    not_reached: Proportion
    attempts: Proportion
    delay: DurationDistribution
    on_time: Proportion
    length: DurationDistribution


def tally_phone_visit(tally: Tally, visit: MeasuredPhoneVisit) -> None:
    """Add an appointment to the tally from which `tallied_phone_figures` computes."""
    tally.add(APPOINTMENTS)
    if visit.state is AppointmentState.SERVED:
        tally.add(HELD)
    if visit.state is AppointmentState.NO_SHOW:
        tally.add(NOT_REACHED)
    for call in visit.counted_calls:
        if call.result is not None:
            tally.add(ATTEMPTS)
        if call.result is PhoneCallResult.NO_ANSWER:
            tally.add(NO_ANSWER)
    tally.measure(DELAY, visit.delay_s)
    tally.measure(LENGTH, visit.length_s)


def tallied_phone_figures(tally: Tally) -> PhoneFigures:
    """Compute the statistics of the appointments in a tally."""
    held, missed, delays = tally.count(HELD), tally.count(NOT_REACHED), tally.measured(DELAY)
    return PhoneFigures(
        appointments=tally.count(APPOINTMENTS),
        held=held,
        not_reached=Proportion(held + missed, missed),
        attempts=Proportion(tally.count(ATTEMPTS), tally.count(NO_ANSWER)),
        delay=distribution(delays),
        on_time=Proportion(len(delays), sum(1 for delay in delays if delay <= ON_TIME_WITHIN.total_seconds())),
        length=distribution(tally.measured(LENGTH)),
    )
