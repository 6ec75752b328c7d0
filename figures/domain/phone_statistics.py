"""Statistics of appointments by telephone, computed from the calls of agents. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from ...appointments.domain.appointment import ON_TIME_WITHIN, AppointmentState
from ...appointments.domain.phone_call import PhoneCall, PhoneCallResult
from ...queue.domain.line_statistics import DurationDistribution, Proportion, distribution


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
        """Return the calls that count: a withdrawn one was a mistake."""
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
        """Return the seconds of the call that was held; None without one."""
        held = [call for call in self.calls if call.result is PhoneCallResult.HELD and call.ended_at]
        ends = [(call.called_at, call.ended_at) for call in held if call.ended_at is not None]
        return sum((ended - called).total_seconds() for called, ended in ends) if ends else None


@dataclass(frozen=True, slots=True)
class PhoneFigures:
    """The statistics of some appointments by telephone.

    `appointments`: not cancelled. `not_reached`: out of the held ones and the no-shows. `attempts`: ended calls,
    and how many of them had no answer. `delay`: from the time announced last to the first call, `on_time`: those
    called within ON_TIME_WITHIN. `length`: of the held calls.
    """

    appointments: int
    held: int
    not_reached: Proportion
    attempts: Proportion
    delay: DurationDistribution
    on_time: Proportion
    length: DurationDistribution


def phone_figures(visits: Sequence[MeasuredPhoneVisit]) -> PhoneFigures:
    """Compute the statistics of these appointments."""
    held = sum(1 for visit in visits if visit.state is AppointmentState.SERVED)
    missed = sum(1 for visit in visits if visit.state is AppointmentState.NO_SHOW)
    results = [call.result for visit in visits for call in visit.counted_calls if call.result is not None]
    delays = [delay for visit in visits if (delay := visit.delay_s) is not None]
    return PhoneFigures(
        appointments=len(visits),
        held=held,
        not_reached=Proportion(held + missed, missed),
        attempts=Proportion(len(results), results.count(PhoneCallResult.NO_ANSWER)),
        delay=distribution(delays),
        on_time=Proportion(len(delays), sum(1 for delay in delays if delay <= ON_TIME_WITHIN.total_seconds())),
        length=distribution([length for visit in visits if (length := visit.length_s) is not None]),
    )
