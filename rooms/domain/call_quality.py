"""Quality of a call, from the measurements that its clients sent. Pure.

A client sends the figures of its connection every 30 s. A measurement is bad when a person notices it: the bounds
are those above which the test room says red (docs/figures.md#video-calls).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from statistics import median
from typing import Any

from ...precheck.domain.grade_scales import JITTER_SCALE, LOSS_DOWN_SCALE, LOSS_UP_SCALE, RTT_SCALE

CONCEALED_BAD_PCT = (
    8  # of a voice; above this whole syllables are missing (static/rooms/voice/voice_protection.js)
)
BAD_ABOVE: Mapping[str, float] = {
    "rtt_ms": RTT_SCALE.amber,
    "jitter_ms": JITTER_SCALE.amber,
    "loss_up_pct": LOSS_UP_SCALE.amber,
    "loss_down_pct": LOSS_DOWN_SCALE.amber,
    "concealed_up_pct": CONCEALED_BAD_PCT,
    "concealed_down_pct": CONCEALED_BAD_PCT,
}
NO_PATH = "none"
# one bad half minute in five is remembered; a single bad half minute in a long call is not
PROBLEM_SHARE = 0.1


@dataclass(frozen=True, slots=True)
class CallQuality:
    """The measurements of a call: their number, bad measurements, and medians.

    The loss of a measurement is that of its worse direction.
    """

    samples: int
    bad_samples: int
    rtt_ms: float | None
    loss_pct: float | None

    @property
    def has_problems(self) -> bool:
        """Whether a tenth of the measurements or more are bad."""
        return self.bad_samples >= PROBLEM_SHARE * self.samples


def measure_quality(samples: Iterable[Mapping[str, Any]]) -> CallQuality | None:
    """Summarise the measurements of a call, of all its clients together; None without any."""
    measured = list(samples)
    if not measured:
        return None
    rtts = [sample["rtt_ms"] for sample in measured if sample.get("rtt_ms") is not None]
    losses = [loss for sample in measured if (loss := _worse_loss(sample)) is not None]
    return CallQuality(
        samples=len(measured),
        bad_samples=sum(1 for sample in measured if is_bad_sample(sample)),
        rtt_ms=median(rtts) if rtts else None,
        loss_pct=median(losses) if losses else None,
    )


def is_bad_sample(sample: Mapping[str, Any]) -> bool:
    """Tell whether a person notices the connection of this measurement."""
    if sample.get("path") == NO_PATH:
        return True
    return any((sample.get(name) or 0) > bound for name, bound in BAD_ABOVE.items())


def _worse_loss(sample: Mapping[str, Any]) -> float | None:
    known = [sample[name] for name in ("loss_up_pct", "loss_down_pct") if sample.get(name) is not None]
    return max(known) if known else None
