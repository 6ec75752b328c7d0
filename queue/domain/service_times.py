"""How fast an office works, as its own past tells: minutes at a desk, who does not come. Pure: no clock, no SQL.

While an office has little past of its own, what it shows is drawn towards what it expects, in the proportion of
Bühlmann's credibility (H. Bühlmann, "Experience rating and credibility", ASTIN Bulletin 4, 1967): with n visits
the office's own mean counts n / (n + K), K being the variance of one visit over the variance of what an expected
duration can be wrong by.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

VISIT_SPREAD = 0.7  # standard deviation of a visit ÷ its mean, skewed to the right, as at most counters
EXPECTATION_SPREAD = (
    0.3  # how far off the duration is that an office expects of a service before it has measured it
)
CREDIBILITY_VISITS = (
    VISIT_SPREAD / EXPECTATION_SPREAD
) ** 2  # K: five visits of one's own weigh as much as what was expected

# A share of those who do not come is drawn towards what is known of others, as if so many had been counted.
PRIOR_COUNT = 20
# Mean of 105 studies: L. F. Dantas et al., "No-shows in appointment scheduling", Health Policy 122 (4), 2018.
PRIOR_NO_SHOW_SHARE = 0.23

DAY_SPREAD = 0.1  # a whole day is slower or faster than the mean: who works, what people come for
LONGEST_VISIT = timedelta(hours=3)  # a visit that lasted longer was forgotten, not served


@dataclass(frozen=True, slots=True)
class ServiceTime:
    """How long a desk is busy with one person, from the call on: mean and standard deviation."""

    mean: timedelta
    deviation: timedelta


@dataclass(frozen=True, slots=True)
class ServiceTimes:
    """What is expected of the visits to come.

    `visits`: by service. `absent`: the share of calls that nobody answers. `no_show`: of appointments whose person
    never comes. `doubt`: by what share everything may be slower or faster at once.
    """

    by_service: Mapping[str, ServiceTime] = field(default_factory=dict)
    unanswered_share: float = 0.0
    no_show_share: float = PRIOR_NO_SHOW_SHARE
    systematic_spread: float = math.hypot(EXPECTATION_SPREAD, DAY_SPREAD)

    def visit_time(self, service: str, expected: timedelta, more_services: tuple[str, ...] = ()) -> ServiceTime:
        """One visit for a service and `more` after it; `expected` is the duration that its office has set."""
        parts = (
            [self.by_service.get(one) for one in (service, *more_services)]
            if more_services
            else [self.by_service.get(service)]
        )
        known = [one for one in parts if one is not None]
        return (
            combine_service_times(known)
            if len(known) == len(parts)
            else ServiceTime(expected, expected * VISIT_SPREAD)
        )


def combine_service_times(parts: Sequence[ServiceTime]) -> ServiceTime:
    """One visit in which all of these follow each other: of independent lengths the variances add up."""
    if len(parts) == 1:
        return parts[0]
    deviation = math.hypot(*(one.deviation.total_seconds() for one in parts))
    return ServiceTime(sum((one.mean for one in parts), timedelta()), timedelta(seconds=deviation))


UNMEASURED_SERVICE_TIMES = ServiceTimes()
"""Before there is any history: the expected duration of each service, and nobody fails to answer."""


@dataclass(frozen=True, slots=True)
class ServiceHistory:
    """What an office has measured. `visits`: how long each lasted, by service; the rest are counts.

    A visit of several services is counted as a call, and tells of none of them how long it takes.
    """

    durations_by_service: Mapping[str, tuple[timedelta, ...]] = field(default_factory=dict)
    calls: int = 0
    unanswered: int = 0
    appointments: int = 0
    no_shows: int = 0


def estimate_service_times(history: ServiceHistory, expected: Mapping[str, timedelta]) -> ServiceTimes:
    """What to expect, from the past and from what the office has set for each service."""
    visits = {
        name: shrink_to_expected(minutes, history.durations_by_service.get(name, ()))
        for name, minutes in expected.items()
    }
    known = min((len(history.durations_by_service.get(name, ())) for name in expected), default=0)
    return ServiceTimes(
        by_service=visits,
        unanswered_share=_shrunk_share(history.unanswered, history.calls, 0.0),
        no_show_share=_shrunk_share(history.no_shows, history.appointments, PRIOR_NO_SHOW_SHARE),
        systematic_spread=math.hypot(EXPECTATION_SPREAD / math.sqrt(1 + known / CREDIBILITY_VISITS), DAY_SPREAD),
    )


def shrink_to_expected(expected: timedelta, measured: Iterable[timedelta]) -> ServiceTime:
    """One visit of a service, from those that were and the duration that its office expects."""
    seconds = [one.total_seconds() for one in measured if timedelta() < one <= LONGEST_VISIT]
    prior, count = expected.total_seconds(), len(seconds)
    mean = (CREDIBILITY_VISITS * prior + sum(seconds)) / (CREDIBILITY_VISITS + count)
    squares = sum((one - mean) ** 2 for one in seconds)
    variance = (CREDIBILITY_VISITS * (VISIT_SPREAD * mean) ** 2 + squares) / (CREDIBILITY_VISITS + count)
    return ServiceTime(timedelta(seconds=mean), timedelta(seconds=math.sqrt(variance)))


def _shrunk_share(found: int, of: int, prior: float) -> float:
    return (found + PRIOR_COUNT * prior) / (of + PRIOR_COUNT)
