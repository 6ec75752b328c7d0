"""Targets of an office against its figures. Pure.

A figure that misses its target by at most a tenth of it is near. A figure without a case has no verdict.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from ...offices.domain.documents.targets import WAIT_WITHIN_MIN, WAIT_WITHIN_PCT
from .figure_groups import OfficeFigures

NEAR_SHARE = 0.1  # of the target
MINUTE_S = 60


class TargetVerdict(StrEnum):
    """Whether a figure reaches its target."""

    REACHED = "reached"
    NEAR = "near"
    MISSED = "missed"


@dataclass(frozen=True, slots=True)
class TargetRule:
    """How the figure of a target is measured, in the unit of the target."""

    measure: Callable[[OfficeFigures], float | None]
    is_most: bool  # True: at most the target; False: at least


@dataclass(frozen=True, slots=True)
class JudgedTarget:
    """A target of an office with its figure."""

    name: str
    target: int
    value: float
    verdict: TargetVerdict


def _minutes(seconds: float | None) -> float | None:
    return None if seconds is None else seconds / MINUTE_S


def _percent(share: float | None) -> float | None:
    return None if share is None else share * 100


TARGET_RULES: Mapping[str, TargetRule] = {
    "wait_p90_min": TargetRule(lambda found: _minutes(found.visits.wait.p90_s), is_most=True),
    WAIT_WITHIN_PCT: TargetRule(
        lambda found: _percent(found.within.share) if found.within else None, is_most=False
    ),
    "way_p90_s": TargetRule(lambda found: found.visits.way.p90_s, is_most=True),
    "no_show_pct": TargetRule(lambda found: _percent(found.visits.no_shows.share), is_most=True),
    "on_time_pct": TargetRule(lambda found: _percent(found.visits.on_time.share), is_most=False),
    "promise_pct": TargetRule(lambda found: _percent(found.visits.in_range.share), is_most=False),
    "good_calls_pct": TargetRule(lambda found: _percent(found.video.good.share), is_most=False),
}


def judge_targets(targets: Mapping[str, int], found: OfficeFigures) -> dict[str, JudgedTarget]:
    """Judge the figures that have a target and a case, by the target's name."""
    judged = {}
    for name, rule in TARGET_RULES.items():
        value = rule.measure(found)
        if name in targets and value is not None:
            verdict = judge_figure(value, targets[name], is_most=rule.is_most)
            judged[name] = JudgedTarget(name, targets[name], value, verdict)
    return judged


def judge_figure(value: float, target: float, *, is_most: bool) -> TargetVerdict:
    """Compare a figure with its target, both in the same unit."""
    missed_by = value - target if is_most else target - value
    if missed_by <= 0:
        return TargetVerdict.REACHED
    return TargetVerdict.NEAR if missed_by <= NEAR_SHARE * target else TargetVerdict.MISSED


def wait_within_s(targets: Mapping[str, int]) -> float | None:
    """Return the wait of the target `wait_within_pct`, in seconds."""
    minutes = targets.get(WAIT_WITHIN_MIN)
    return None if minutes is None else minutes * MINUTE_S
