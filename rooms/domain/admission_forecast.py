"""Forecast of admissions from the lobby, as ranges of time. No clock, SQL or sockets."""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import quantiles

MIN_SAMPLES = 10  # with fewer calls, two quantiles say nothing
# eight of ten calls lie between the short and the long length
QUANTILE_TENTHS = (1, 9)
# the agent writes the note of a call before the next
GAP = timedelta(minutes=3)
# an agent waits this long for a citizen who has not come
IDLE_GRACE = timedelta(minutes=10)
OVERRUN_SHARE = (
    0.25  # a call past its long length lasts another quarter, as in appointments/domain/start_forecast.py
)
PUNCTUAL_WITHIN = timedelta(minutes=15)  # after the start, if no agent of the office is in a room yet
ROUNDING = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class CallLengthSpread:
    """Short and long length of a call, as shares of the planned length."""

    short: float = 0.4
    long: float = 1.5


@dataclass(frozen=True, slots=True)
class WaitingVisit:
    """Visit of a citizen in the lobby, with the guests of that room."""

    appointment_id: str
    starts_at: datetime
    duration: timedelta


@dataclass(frozen=True, slots=True)
class OngoingCall:
    """Call that has begun, or that begins now because the agent is in the room."""

    began_at: datetime
    duration: timedelta


@dataclass(frozen=True, slots=True)
class AdmissionRange:
    """When the people of a room are admitted, rounded outwards to five minutes."""

    earliest: datetime
    latest: datetime


def measure_spread(shares: Sequence[float]) -> CallLengthSpread:
    """Return the spread of measured lengths, each as a share of its planned length."""
    if len(shares) < MIN_SAMPLES:
        return CallLengthSpread()
    tenths = quantiles(shares, n=10)
    short, long = (tenths[tenth - 1] for tenth in QUANTILE_TENTHS)
    return CallLengthSpread(short, max(long, short))


def forecast_admissions(
    waiting: Sequence[WaitingVisit],
    ongoing: Sequence[OngoingCall],
    idle_agents: int,
    spread: CallLengthSpread,
    now: datetime,
) -> dict[str, AdmissionRange]:
    """Forecast the admission of each visit by its appointment, in the order of the lobby.

    `idle_agents` are in a room without a citizen. Without any agent, only visits whose start lies
    ahead have a range.
    """
    if not ongoing and not idle_agents:
        return {
            visit.appointment_id: _rounded(visit.starts_at, visit.starts_at + PUNCTUAL_WITHIN)
            for visit in waiting
            if visit.starts_at > now
        }
    soonest = [max(now, call.began_at + call.duration * spread.short) for call in ongoing]
    slowest = [
        max(call.began_at + call.duration * spread.long, now + call.duration * OVERRUN_SHARE) for call in ongoing
    ]
    earliest = _starts(waiting, soonest + [now] * idle_agents, spread.short, timedelta(), now)
    latest = _starts(waiting, slowest + [now + IDLE_GRACE] * idle_agents, spread.long, GAP, now)
    return {
        visit.appointment_id: _rounded(early, late + GAP)
        for visit, early, late in zip(waiting, earliest, latest, strict=True)
    }


def _starts(
    waiting: Sequence[WaitingVisit], free_at: list[datetime], share: float, gap: timedelta, now: datetime
) -> list[datetime]:
    """Return the starts if every call lasts this share of its planned length."""
    heapq.heapify(free_at)
    starts = []
    for visit in waiting:
        start = max(heapq.heappop(free_at), visit.starts_at, now)
        starts.append(start)
        heapq.heappush(free_at, start + visit.duration * share + gap)
    return starts


def _rounded(earliest: datetime, latest: datetime) -> AdmissionRange:
    early_s, late_s = earliest.timestamp(), latest.timestamp()
    step_s = ROUNDING.total_seconds()
    return AdmissionRange(
        earliest - timedelta(seconds=early_s % step_s), latest + timedelta(seconds=-late_s % step_s)
    )
