"""Grades of single figures and their bounds, with the source of each number. Pure."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum


class Grade(StrEnum):
    """A grade of a gate, or of the whole test."""

    GREEN = "green"
    AMBER = "amber"
    RED = "red"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class GateResult:
    """The result of a gate.

    `value` is None if not measured, `advice` is None unless amber or red. `low` and `high` are the bounds of the
    true value where the measured value is not exact; None means no bound.
    """

    name: str
    value: float | str | bool | None
    unit: str
    grade: Grade
    advice: str | None = None
    low: float | None = None
    high: float | None = None


def build_gate(
    name: str,
    value: float | str | bool | None,
    unit: str,
    grade: Grade,
    advice: str,
    *,
    low: float | None = None,
    high: float | None = None,
) -> GateResult:
    """Build a gate, whose advice is dropped unless it is amber or red."""
    kept = advice if grade in (Grade.AMBER, Grade.RED) else None
    return GateResult(name, value, unit, grade, kept, low, high)


@dataclass(frozen=True, slots=True)
class GradeScale:
    """Bounds of a figure: green up to `green`, amber up to `amber`, red beyond."""

    name: str
    unit: str
    green: float
    amber: float
    advice: str
    is_higher_better: bool = False  # True: green from `green` upwards

    def grade_value(self, value: float | None) -> Grade:
        if value is None or math.isnan(value):
            return Grade.UNKNOWN
        if self._meets(value, self.green):
            return Grade.GREEN
        return Grade.AMBER if self._meets(value, self.amber) else Grade.RED

    def gate_result(self, value: float | None) -> GateResult:
        grade = self.grade_value(value)
        known = None if grade is Grade.UNKNOWN else value
        return build_gate(self.name, known, self.unit, grade, self.advice)

    def _meets(self, value: float, bound: float) -> bool:
        return value >= bound if self.is_higher_better else value <= bound


# Sources of the bounds. Twilio: warnings of its Voice SDK (RTT 400 ms, jitter 30 ms, loss 3 %, MOS 3.5).
# Daily: testCallQuality (good below 5 % loss, 300 ms, from 1.1 Mbps; bad from 10 % and 600 ms).
# LiveKit: its connection-quality scorer (excellent above MOS 4). Healthdirect: minimum of a call, 350 kbps.
# Where two sources differ, the stricter figure holds.
RTT_SCALE = GradeScale(
    "rtt_ms", "ms", green=200, amber=400, advice="nearer_to_router"
)  # Twilio 400; Daily 300 minus a margin
JITTER_SCALE = GradeScale(
    "jitter_ms", "ms", green=30, amber=60, advice="use_cable"
)  # Twilio 30; amber is twice that
LOSS_UP_SCALE = GradeScale(
    "loss_up_pct", "%", green=2, amber=8, advice="nearer_to_router"
)  # Twilio 3 %, Daily 10 %
LOSS_DOWN_SCALE = GradeScale("loss_down_pct", "%", green=2, amber=8, advice="nearer_to_router")  # as for sending
UPLOAD_SCALE = GradeScale(
    "up_kbps", "kbps", green=1_000, amber=350, advice="close_other_programs", is_higher_better=True
)  # Daily; Healthdirect
DOWNLOAD_SCALE = GradeScale(
    "down_kbps", "kbps", green=1_000, amber=350, advice="close_other_programs", is_higher_better=True
)  # as for sending
MOS_SCALE = GradeScale(
    "mos", "", green=4.0, amber=3.3, advice="nearer_to_router", is_higher_better=True
)  # LiveKit 4; Twilio 3.5 minus a margin
MICROPHONE_SCALE = GradeScale(
    "microphone_dbfs", "dBFS", green=-50, amber=-65, advice="speak_louder", is_higher_better=True
)  # our own: room noise is about −65
CLIPPING_SCALE = GradeScale(
    "microphone_clipping_pct", "%", green=1, amber=100, advice="lower_microphone"
)  # our own: at 1 clipped sample in 100 the voice crackles
LUMA_SCALE = GradeScale(
    "camera_luma", "", green=12, amber=0, advice="more_light", is_higher_better=True
)  # our own: of 255; a covered lens stays below 12
CONTRAST_SCALE = GradeScale(
    "camera_std", "", green=3, amber=0, advice="uncover_camera", is_higher_better=True
)  # our own: a lit scene varies by more than 3

# our own: voice takes about 50 kbps with headers, and half as much again under loss
TELEPHONE_BELOW_KBPS = 100
