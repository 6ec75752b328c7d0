"""True values of a link, read from the counts of the copier (`calls/packet_copier.py`)."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PEAK_S = 1.0  # a link is called full at the rate of its best second


@dataclass(frozen=True)
class Reading:
    """Counts since the start, at one moment."""

    at: float
    counts: dict[str, dict[str, float]]  # by "up udp", "down tcp" and so on

    def since(self, earlier: Reading, name: str) -> dict[str, float]:
        """Return the counts since an earlier reading."""
        before = earlier.counts[name]
        return {key: value - before[key] for key, value in self.counts[name].items()}


class TrafficHistory:
    """Readings of a test."""

    def __init__(self, readings: list[Reading]) -> None:
        self._readings = readings

    @classmethod
    def read(cls, path: Path, since: float, until: float) -> TrafficHistory:
        """Read the copier's file. `since`, `until`: seconds since 1970."""
        rows: list[dict[str, Any]] = []
        for line in path.read_text().splitlines():
            row = json.loads(line)
            if since - 1 <= row["at"] <= until + 1:
                rows.append(row)
        return cls([Reading(row.pop("at"), row) for row in rows])

    def between(self, since: float, until: float) -> TrafficHistory:
        return TrafficHistory([reading for reading in self._readings if since <= reading.at <= until])

    def loss_pct(self, direction: str, *, overflow: bool) -> float | None:
        """Return the share of UDP packets lost at random, or also in a full queue."""
        if len(self._readings) < 2:
            return None
        seen = self._readings[-1].since(self._readings[0], f"{direction} udp")
        lost = seen["lost"] + (seen["overflowed"] if overflow else 0)
        return 100 * lost / seen["offered"] if seen["offered"] else None

    def worst_loss_pct(self, direction: str, window_s: float) -> float | None:
        """Return the greatest share lost in a period of this length, also in a full queue."""
        shares = [
            self.between(first.at, first.at + window_s).loss_pct(direction, overflow=True)
            for first in self._readings
            if first.at + window_s <= self._readings[-1].at
        ]
        return max((share for share in shares if share is not None), default=None)

    def delay_ms(self) -> float | None:
        """Return the mean delay of UDP, there and back."""
        if len(self._readings) < 2:
            return None
        total = 0.0
        for direction in ("up", "down"):
            seen = self._readings[-1].since(self._readings[0], f"{direction} udp")
            if not seen["passed"]:
                return None
            total += seen["delay_ms"] / seen["passed"]
        return total

    def peak_kbps(self, direction: str) -> float:
        """Return the rate of the best second: everything that passed, with its headers."""
        best = 0.0
        for at, first in enumerate(self._readings):
            for last in self._readings[at + 1 :]:
                if last.at - first.at < PEAK_S:
                    continue
                passed = sum(
                    last.since(first, name)["passed_bytes"] for name in last.counts if name.startswith(direction)
                )
                best = max(best, passed * 8 / (last.at - first.at) / 1000)
                break
        return best
