"""The day of a soak: speed, load, and faults by a seed. Pure: no clock, no process."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

SPEED = 50  # a service of ten minutes takes twelve seconds
MAX_MINUTES = 20.0
FAULT_INTERVAL_S = 20.0
FIRST_FAULT_S = 15.0  # lines must have formed, so that a fault meets people
SETTLING_S = 10.0  # after the begin of the last fault


@dataclass(frozen=True, slots=True)
class SoakPlan:
    """Length and load of a run.

    `load`: 1 is about one new person a second, for whom six desks in each of three offices are enough.
    `fault_length`: of each fault, as a multiple of its usual length.
    """

    seed: int
    seconds: float
    load: float = 1.0
    fault_interval_s: float = FAULT_INTERVAL_S
    first_fault_s: float = FIRST_FAULT_S
    fault_length: float = 1.0

    @property
    def offices(self) -> int:
        return max(1, round(3 * self.load))

    @property
    def desks(self) -> int:
        """The desks of each office."""
        return max(2, round(6 * self.load))

    def random(self, subject: str) -> random.Random:
        """Return the numbers of a subject, which do not depend on the order of other subjects."""
        return random.Random(f"{self.seed} {subject}")

    def fault_times(self) -> list[float]:
        """Return the seconds from the start at which faults begin."""
        last = self.seconds - SETTLING_S
        count = max(0, int((last - self.first_fault_s) // self.fault_interval_s) + 1)
        return [self.first_fault_s + number * self.fault_interval_s for number in range(count)]

    def draw_faults(self, kinds: Sequence[str]) -> list[tuple[float, str]]:
        """Draw a fault for each time. Every kind comes once before any kind comes again."""
        chance = self.random("faults")
        drawn: list[tuple[float, str]] = []
        left: list[str] = []
        for at_s in self.fault_times():
            if not left:
                left = list(kinds)
                chance.shuffle(left)
            drawn.append((at_s, left.pop()))
        return drawn


def to_soak_seconds(minutes: float) -> float:
    """Convert minutes of the city to seconds of the run."""
    return minutes * 60 / SPEED
