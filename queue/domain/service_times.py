"""Measured service times and no-show shares of an office. Pure: no clock, no SQL.

With few measured visits the mean is drawn towards the duration that the office has set, in the proportion of
Bühlmann's credibility (H. Bühlmann, "Experience rating and credibility", ASTIN Bulletin 4, 1967): with n visits
the measured mean has the weight n / (n + K). K is the variance of a visit divided by the variance of the error
of a set duration.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

VISIT_SPREAD = 0.7  # standard deviation of a visit ÷ its mean: visits at counters are skewed to the right
EXPECTATION_SPREAD = 0.3  # standard deviation of the error of a set duration, as a share of it
# K: about five measured visits weigh as much as the set duration
CREDIBILITY_VISITS = (VISIT_SPREAD / EXPECTATION_SPREAD) ** 2

# a measured share is drawn towards its prior as if so many cases of the prior had been counted
PRIOR_COUNT = 20
# Mean of 105 studies: L. F. Dantas et al., "No-shows in appointment scheduling", Health Policy 122 (4), 2018.
PRIOR_NO_SHOW_SHARE = 0.23

DAY_SPREAD = 0.1  # standard deviation of the speed of a whole day: agents and cases differ
LONGEST_VISIT = timedelta(hours=3)  # the agent forgot to end a longer visit


@dataclass(frozen=True, slots=True)
class ServiceTime:
    """Mean and standard deviation of the time that a ticket occupies a desk.

    The time begins with the call.
    """

    mean: timedelta
    deviation: timedelta


@dataclass(frozen=True, slots=True)
class ServiceTimes:
    """The expected service times and shares of future visits.

    `by_service`: by slug. `unanswered_share`: of calls. `no_show_share`: of appointments. `systematic_spread`: the
    standard deviation of a factor that slows or speeds up all visits at once.
    """

    by_service: Mapping[str, ServiceTime] = field(default_factory=dict)
    unanswered_share: float = 0.0
    no_show_share: float = PRIOR_NO_SHOW_SHARE
    systematic_spread: float = math.hypot(EXPECTATION_SPREAD, DAY_SPREAD)

    def visit_time(self, service: str, expected: timedelta, more_services: tuple[str, ...] = ()) -> ServiceTime:
        """Return the service time of a visit.

        `expected`: the duration that the office set, used if a service was not measured.
        """
        measured = [self.by_service[slug] for slug in (service, *more_services) if slug in self.by_service]
        # `expected` is the duration of all services together, and cannot stand for a single service
        if len(measured) == 1 + len(more_services):
            return combine_service_times(measured)
        return ServiceTime(expected, expected * VISIT_SPREAD)


def combine_service_times(parts: Sequence[ServiceTime]) -> ServiceTime:
    """Return the service time of a visit of several services.

    The variances of independent times add up.
    """
    if len(parts) == 1:
        return parts[0]
    deviation_s = math.hypot(*(part.deviation.total_seconds() for part in parts))
    return ServiceTime(sum((part.mean for part in parts), timedelta()), timedelta(seconds=deviation_s))


UNMEASURED_SERVICE_TIMES = ServiceTimes()  # without history: the set durations, and every call is answered


@dataclass(frozen=True, slots=True)
class ServiceHistory:
    """The measurements of an office: durations of visits by service slug, and counts.

    A visit of several services is counted as a call, but has no duration of a service.
    """

    durations_by_service: Mapping[str, tuple[timedelta, ...]] = field(default_factory=dict)
    calls: int = 0
    unanswered: int = 0
    appointments: int = 0
    no_shows: int = 0


def estimate_service_times(history: ServiceHistory, expected: Mapping[str, timedelta]) -> ServiceTimes:
    """Estimate service times from the history and from the durations that the office set."""
    durations = {slug: history.durations_by_service.get(slug, ()) for slug in expected}
    fewest = min((len(measured) for measured in durations.values()), default=0)
    return ServiceTimes(
        by_service={slug: shrink_to_expected(expected[slug], measured) for slug, measured in durations.items()},
        unanswered_share=_shrunk_share(history.unanswered, history.calls, 0.0),
        no_show_share=_shrunk_share(history.no_shows, history.appointments, PRIOR_NO_SHOW_SHARE),
        systematic_spread=math.hypot(EXPECTATION_SPREAD / math.sqrt(1 + fewest / CREDIBILITY_VISITS), DAY_SPREAD),
    )


def shrink_to_expected(expected: timedelta, measured: Iterable[timedelta]) -> ServiceTime:
    """Return the mean of measured visits drawn towards the set duration, and the deviation."""
    seconds = [lasted.total_seconds() for lasted in measured if timedelta() < lasted <= LONGEST_VISIT]
    prior, count = expected.total_seconds(), len(seconds)
    mean = (CREDIBILITY_VISITS * prior + sum(seconds)) / (CREDIBILITY_VISITS + count)
    squares = sum((lasted_s - mean) ** 2 for lasted_s in seconds)
    variance = (CREDIBILITY_VISITS * (VISIT_SPREAD * mean) ** 2 + squares) / (CREDIBILITY_VISITS + count)
    return ServiceTime(timedelta(seconds=mean), timedelta(seconds=math.sqrt(variance)))


def _shrunk_share(found: int, of: int, prior: float) -> float:
    return (found + PRIOR_COUNT * prior) / (of + PRIOR_COUNT)
