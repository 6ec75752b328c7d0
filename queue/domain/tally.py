"""Counts and measured values of some cases, which can be added up. Pure: no clock, no SQL.

Counts alone give no percentile, so every value is kept. Tallies of days give the figures of a year exactly.
"""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(slots=True)
class Tally:
    """Counts and values of some cases by name. A name without a case is missing."""

    counts: dict[str, int] = field(default_factory=dict)
    values: dict[str, list[float]] = field(default_factory=dict)

    def add(self, name: str) -> None:
        """Count a case."""
        self.counts[name] = self.counts.get(name, 0) + 1

    def measure(self, name: str, value: float | None) -> None:
        """Keep the value of a case; None is no case."""
        if value is not None:
            self.values.setdefault(name, []).append(value)

    def count(self, name: str) -> int:
        return self.counts.get(name, 0)

    def measured(self, name: str) -> list[float]:
        return self.values.get(name, [])

    def include(self, other: Tally) -> None:
        """Add the cases of another tally."""
        for name, count in other.counts.items():
            self.counts[name] = self.counts.get(name, 0) + count
        for name, measured in other.values.items():
            self.values.setdefault(name, []).extend(measured)

    def sort(self) -> None:
        """Sort the values of each name. Sorted runs merge several times faster into later tallies."""
        for measured in self.values.values():
            measured.sort()
