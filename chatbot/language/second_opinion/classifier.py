"""Linear classifier of the intents of a message. Pure but for its file of weights.

`make train-assistant` writes the file; docs/decisions/0051 says why a classifier stands beside the grammar.
"""

from __future__ import annotations

import json
import math
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from operator import add
from pathlib import Path

from .features import feature_groups

WEIGHTS_FILE = Path(__file__).parent / "weights.bin"
PARTS_SHARE, WORDS_SHARE, QUESTION_SHARE = (
    1.5,
    1.0,
    1.2,
)  # influence of the groups, by cross-validation
LINE_END = b"\n"


@dataclass(frozen=True, slots=True)
class LinearClassifier:
    """Weights of all labels by bucket, as signed bytes in units of `unit`.

    `trained_on`: the checksum of the training data.
    """

    labels: tuple[str, ...]
    intercepts: tuple[float, ...]
    unit: float
    weights: memoryview
    trained_on: str

    def probabilities(self, text: str, asked: str | None = None) -> dict[str, float]:
        """Return the probability of each label, for a message that answers the question `asked`."""
        scores = list(self.intercepts)
        for buckets, share in weighted_features(text, asked):
            sums = self._sum_rows(buckets)
            scores = [score + share * self.unit * total for score, total in zip(scores, sums, strict=True)]
        return _softmax(dict(zip(self.labels, scores, strict=True)))

    def _sum_rows(self, buckets: Iterable[int]) -> list[int]:
        width = len(self.labels)
        sums = [0] * width
        for bucket in buckets:
            sums = list(map(add, sums, self.weights[bucket * width : (bucket + 1) * width]))
        return sums


def weighted_features(text: str, asked: str | None) -> list[tuple[set[int], float]]:
    """Return the three groups of buckets of a message, each with the value of its features."""
    shares = (PARTS_SHARE, WORDS_SHARE, QUESTION_SHARE)
    groups = feature_groups(text, asked)
    return [(group, share / math.sqrt(len(group) or 1)) for group, share in zip(groups, shares, strict=True)]


@cache
def load_classifier() -> LinearClassifier:
    """Load the weights at the first message that needs them."""
    return parse_classifier(WEIGHTS_FILE.read_bytes())


def parse_classifier(content: bytes) -> LinearClassifier:
    """Read a file of weights: a line of JSON, then the weights, compressed."""
    header, _, weights = zlib.decompress(content).partition(LINE_END)
    described = json.loads(header)
    return LinearClassifier(
        tuple(described["labels"]),
        tuple(described["intercepts"]),
        described["unit"],
        memoryview(weights).cast("b"),
        described["trained_on"],
    )


def _softmax(scores: Mapping[str, float]) -> dict[str, float]:
    highest = max(scores.values())
    powers = {label: math.exp(score - highest) for label, score in scores.items()}
    total = sum(powers.values())
    return {label: power / total for label, power in powers.items()}
