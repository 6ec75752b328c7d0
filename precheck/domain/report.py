"""A stored test and its report: the API object with sentences for the page. No SQL."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from ...core.i18n.catalogues import GettextFunction
from ...core.i18n.dates import format_rfc3339
from ...core.i18n.languages import join_list
from ...core.i18n.numbers import format_figure
from . import advice_texts
from .advice_by_place import advice_codes, advice_of_gate
from .deciding_cause import Cause, find_cause
from .fault_location import (
    DEVICE_GATE_NAMES,
    FAULTS,
    Fault,
    FaultHints,
    Link,
    Reason,
    RoomHealth,
    find_network_reason,
    find_reason,
)
from .measurement_times import MeasurementTimes
from .outcomes import OutcomeFacts, TestOutcome, decide_outcome
from .technical_details import TechnicalDetails
from .verdict import ConnectionVerdict, GateResult, Grade, Measurements, grade_measurements


@dataclass(frozen=True, slots=True)
class ConnectionTest:
    """A test of a device.

    The verdict is computed from the measurements with the current rules.
    """

    id: str
    code: str | None
    appointment_id: str | None
    office_slug: str | None
    created_at: datetime
    reported_at: datetime | None = None
    measurements: Measurements = field(default_factory=Measurements)
    hints: FaultHints = field(default_factory=FaultHints)
    room_health: RoomHealth | None = None
    finished: bool = True
    measurement_times: MeasurementTimes = field(default_factory=dict)
    quick: bool = False  # the short test on entering a lobby, which asks the citizen for nothing
    details: TechnicalDetails = field(default_factory=TechnicalDetails)

    @property
    def is_conclusive(self) -> bool:
        """Whether the test says more than an earlier test.

        A short test without a voice is unknown, which must not hide a complete test.
        """
        return self.finished and not (self.quick and self.verdict.grade is Grade.UNKNOWN)

    @property
    def verdict(self) -> ConnectionVerdict:
        return grade_measurements(self.measurements)

    @property
    def fault(self) -> Fault:
        return FAULTS[self.reason]

    @property
    def reason(self) -> Reason:
        return find_reason(self.measurements, self.hints, self.room_health)

    @property
    def network_reason(self) -> Reason:
        """Return how the network's fault was located, even if the device decides the verdict."""
        return find_network_reason(self.measurements, self.hints, self.room_health) or Reason.NONE

    @property
    def advice_codes(self) -> tuple[str, ...]:
        """List the advice that fits the place and the main button."""
        return advice_codes(self.verdict.gates, self.network_reason, self.hints.link, self.outcome.button)

    @property
    def outcome(self) -> TestOutcome:
        """Look up the sentences and the button on top of the result."""
        verdict, reason = self.verdict, self.reason
        cause = find_cause(
            verdict,
            self.measurements,
            reason,
            finished=self.finished,
            reported=self.reported_at is not None,
        )
        facts = OutcomeFacts(
            verdict.grade,
            reason,
            finished=self.finished,
            quick=self.quick,
            is_voice_good=_is_microphone_good(verdict),
            is_cellular=self.hints.link is Link.CELLULAR,
        )
        return decide_outcome(cause, facts)

    @property
    def measured_at(self) -> datetime:
        """When the test was measured, or when it began if it has no report."""
        return self.reported_at or self.created_at


@dataclass(frozen=True, slots=True)
class ConnectionTestSummary:
    """A test as lists show it."""

    code: str | None
    verdict: Grade
    sign_language: Grade
    fault: Fault
    cause: Cause
    advice_codes: tuple[str, ...]
    at: datetime
    finished: bool = True
    quick: bool = False
    start_kbps: int | None = None


# Chromium starts at 300 kbps by itself, which is slow on a good line and too much for a narrow line.
START_SHARE = (
    0.7  # of the slower direction, as in static/core/media/sdp.js: above the capacity the picture collapses
)
# a small picture; VGA at 30 frames a second needs no more
MIN_START_KBPS, MAX_START_KBPS = 150, 1_500
LEAST_KBPS = 60  # the voice and a picture that hardly moves


def call_start_kbps(measurements: Measurements) -> int | None:
    """Return the rate at which a call starts its video on this line; None if unknown."""
    known = [kbps for kbps in (measurements.up_kbps, measurements.down_kbps) if kbps is not None]
    if not known:
        return None
    bounded = min(MAX_START_KBPS, max(MIN_START_KBPS, START_SHARE * min(known)))
    return round(max(LEAST_KBPS, min(bounded, min(known))))  # a narrow line starts with what it has


def summarize_test(test: ConnectionTest) -> ConnectionTestSummary:
    verdict = test.verdict
    return ConnectionTestSummary(
        test.code,
        verdict.grade,
        verdict.sign_language,
        test.outcome.fault,
        test.outcome.cause,
        test.advice_codes,
        test.measured_at,
        test.finished,
        test.quick,
        call_start_kbps(test.measurements),
    )


def build_report_json(test: ConnectionTest, language: str, t: GettextFunction) -> dict[str, Any]:
    """Build the report (docs/api.md).

    `title`, `text` and `shown` are sentences in the reader's language.
    """
    verdict, outcome, advice = test.verdict, test.outcome, test.advice_codes
    network_reason, link = test.network_reason, test.hints.link
    gates = [(gate, advice_of_gate(gate, network_reason, link)) for gate in verdict.gates]
    return {
        "code": test.code,
        "verdict": verdict.grade,
        "sign_language": verdict.sign_language,
        "gates": [_build_gate_json(gate, code, outcome.cause, language, t) for gate, code in gates],
        "fault": outcome.fault,
        "cause": outcome.cause,
        "reason": outcome.reason,
        "button": outcome.button,
        "at": format_rfc3339(test.measured_at, UTC),
        "reported": test.reported_at is not None,
        "finished": test.finished,
        "quick": test.quick,
        "start_kbps": call_start_kbps(test.measurements),
        "measured_at": {part: format_rfc3339(at, UTC) for part, at in test.measurement_times.items()},
        "advice": list(advice),
        "title": t(outcome.title),
        "text": t(outcome.text),
        "advice_texts": [t(advice_texts.advice_text(code, outcome.cause)) for code in advice],
        "grade_text": t(advice_texts.GRADE_TEXTS[verdict.grade]),
        "sign_language_text": t(_sign_language_text(test)),
    }


def _is_microphone_good(verdict: ConnectionVerdict) -> bool:
    """Whether the microphone is green: the title must not promise an untested voice."""
    return any(gate.name == "microphone_dbfs" and gate.grade is Grade.GREEN for gate in verdict.gates)


def _sign_language_text(test: ConnectionTest) -> str:
    """Choose the sentence; without a measured picture only a bad connection says no."""
    grade = test.verdict.sign_language
    is_connection_red = any(
        gate.grade is Grade.RED and gate.name not in DEVICE_GATE_NAMES for gate in test.verdict.gates
    )
    unseen = grade is not Grade.GREEN and test.measurements.video_fps is None and not is_connection_red
    return advice_texts.SIGN_LANGUAGE_TEXTS[Grade.UNKNOWN if unseen else grade]


def _build_gate_json(
    gate: GateResult, advice: str | None, cause: Cause, language: str, t: GettextFunction
) -> dict[str, Any]:
    return {
        "name": gate.name,
        "value": gate.value,
        "low": None if gate.low is None else round(gate.low, 2),
        "high": None if gate.high is None else round(gate.high, 2),
        "unit": gate.unit,
        "grade": gate.grade,
        "advice": advice,
        "title": t(advice_texts.GATE_TITLES[gate.name]),
        "shown": _format_gate_value(gate, language, t),
        "grade_text": t(advice_texts.GRADE_TEXTS[gate.grade]),
        "advice_text": t(advice_texts.advice_text(advice, cause)) if advice else None,
    }


def _format_gate_value(gate: GateResult, language: str, t: GettextFunction) -> str:
    if gate.value is None:
        return t(advice_texts.NOT_MEASURED_TEXT)
    if gate.name == "video":
        return t(advice_texts.UNIT_FORMATS[gate.unit]) % {"value": gate.value}
    if isinstance(gate.value, float | int) and not isinstance(gate.value, bool):
        shown = t(advice_texts.UNIT_FORMATS[gate.unit]) % {"value": _format_number(gate, gate.value, language, t)}
        is_at_least = gate.low is not None and gate.high is None
        return t(advice_texts.AT_LEAST_TEXT) % {"value": shown} if is_at_least else shown
    words = [t(advice_texts.VALUE_TEXTS.get(word, word)) for word in str(gate.value).split(", ")]
    return join_list(words, language)


def _format_number(gate: GateResult, value: float, language: str, t: GettextFunction) -> str:
    """Format the value, or its bounds if they leave the grade open."""
    if gate.grade is not Grade.UNKNOWN or gate.low is None or gate.high is None:
        return format_figure(value, language)
    low, high = (format_figure(bound, language) for bound in (gate.low, gate.high))
    return t(advice_texts.RANGE_TEXT) % {"low": low, "high": high}
