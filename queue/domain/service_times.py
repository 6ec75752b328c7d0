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

SPREAD = 0.7  # standard deviation of a visit ÷ its mean, skewed to the right, as at most counters
DOUBT = 0.3  # how far off the duration is that an office expects of a service before it has measured it
CREDIBILITY = (SPREAD / DOUBT) ** 2  # K: five visits of one's own weigh as much as what was expected

# A share of those who do not come is drawn towards what is known of others, as if so many had been counted.
PRIOR_COUNT = 20
# Mean of 105 studies: L. F. Dantas et al., "No-shows in appointment scheduling", Health Policy 122 (4), 2018.
NO_SHOW = 0.23

DAY = 0.1  # a whole day is slower or faster than the mean: who works, what people come for
LONGEST = timedelta(hours=3)  # a visit that lasted longer was forgotten, not served


@dataclass(frozen=True, slots=True)
class Visit:
    """How long a desk is busy with one person, from the call on: mean and standard deviation."""

    mean: timedelta
    deviation: timedelta


@dataclass(frozen=True, slots=True)
class Pace:
    """What is expected of the visits to come.

    `visits`: by service. `absent`: the share of calls that nobody answers. `no_show`: of appointments whose person
    never comes. `doubt`: by what share everything may be slower or faster at once.
    """

    visits: Mapping[str, Visit] = field(default_factory=dict)
    absent: float = 0.0
    no_show: float = NO_SHOW
    doubt: float = math.hypot(DOUBT, DAY)

    def visit(self, service: str, expected: timedelta, more: tuple[str, ...] = ()) -> Visit:
        """One visit for a service and `more` after it; `expected` is the duration that its office has set."""
        parts = [self.visits.get(one) for one in (service, *more)] if more else [self.visits.get(service)]
        known = [one for one in parts if one is not None]
        return together(known) if len(known) == len(parts) else Visit(expected, expected * SPREAD)


def together(parts: Sequence[Visit]) -> Visit:
    """One visit in which all of these follow each other: of independent lengths the variances add up."""
    if len(parts) == 1:
        return parts[0]
    deviation = math.hypot(*(one.deviation.total_seconds() for one in parts))
    return Visit(sum((one.mean for one in parts), timedelta()), timedelta(seconds=deviation))


COLD = Pace()
"""Before there is any history: the expected duration of each service, and nobody fails to answer."""


@dataclass(frozen=True, slots=True)
class History:
    """What an office has measured. `visits`: how long each lasted, by service; the rest are counts.

    A visit of several services is counted as a call, and tells of none of them how long it takes.
    """

    visits: Mapping[str, tuple[timedelta, ...]] = field(default_factory=dict)
    calls: int = 0
    unanswered: int = 0
    appointments: int = 0
    no_shows: int = 0


def pace_of(history: History, expected: Mapping[str, timedelta]) -> Pace:
    """What to expect, from the past and from what the office has set for each service."""
    visits = {name: shrunk(minutes, history.visits.get(name, ())) for name, minutes in expected.items()}
    known = min((len(history.visits.get(name, ())) for name in expected), default=0)
    return Pace(
        visits=visits,
        absent=_share(history.unanswered, history.calls, 0.0),
        no_show=_share(history.no_shows, history.appointments, NO_SHOW),
        doubt=math.hypot(DOUBT / math.sqrt(1 + known / CREDIBILITY), DAY),
    )


def shrunk(expected: timedelta, lasted: Iterable[timedelta]) -> Visit:
    """One visit of a service, from those that were and the duration that its office expects."""
    seconds = [one.total_seconds() for one in lasted if timedelta() < one <= LONGEST]
    prior, count = expected.total_seconds(), len(seconds)
    mean = (CREDIBILITY * prior + sum(seconds)) / (CREDIBILITY + count)
    squares = sum((one - mean) ** 2 for one in seconds)
    variance = (CREDIBILITY * (SPREAD * mean) ** 2 + squares) / (CREDIBILITY + count)
    return Visit(timedelta(seconds=mean), timedelta(seconds=math.sqrt(variance)))


def _share(found: int, of: int, prior: float) -> float:
    return (found + PRIOR_COUNT * prior) / (of + PRIOR_COUNT)
