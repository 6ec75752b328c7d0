"""Input and results of a figure: rows of a table, each with target and verdict."""

from __future__ import annotations

import json
import statistics
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from .tools import BenchmarkTools


@dataclass(frozen=True, slots=True)
class BenchmarkContext:
    """A run of the benchmarks.

    `data` is a folder for databases, `profile` a folder for py-spy or None. `before` is the Python of an earlier
    installation, whose server is measured too, or None.
    """

    tools: BenchmarkTools
    data: Path
    redis_url: str
    postgres_url: str
    rounds: int
    phones: int = 2_000
    profile: Path | None = None
    before: Path | None = None


@dataclass(frozen=True, slots=True)
class FigureResult:
    """A measured value.

    `peers` and `ceiling` are of the same run; `met` is None without a target.
    """

    figure: int
    what: str
    unit: str
    ours: float | None
    target: str
    met: bool | None
    ceiling: float | None = None
    peers: Mapping[str, float] = field(default_factory=dict)
    note: str = ""

    @property
    def ratio(self) -> float | None:
        return self.ours / self.ceiling if self.ours is not None and self.ceiling else None

    def to_json(self) -> str:
        return json.dumps({**asdict(self), "ratio": self.ratio}, ensure_ascii=False)


MeasureFigure = Callable[[BenchmarkContext], Awaitable[list[FigureResult]]]


def median(figures: Sequence[float]) -> float:
    """Return the median of the rounds."""
    return statistics.median(figures)


def percentile(figures: Sequence[float], p: float) -> float:
    """Return the value below which a share `p` of a non-empty list lies."""
    ordered = sorted(figures)
    return ordered[min(len(ordered) - 1, int(p * len(ordered)))]
