"""A stored test and its report: the API object with sentences for the page. No SQL."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from ...core.i18n.catalogues import GettextFunction
from ...core.i18n.dates import format_rfc3339
from ...core.i18n.numbers import format_figure
from . import advice_texts
from .fault_location import DEVICE_GATE_NAMES, Fault, FaultHints, RoomHealth, find_fault
from .measurement_times import MeasurementTimes
from .technical_details import TechnicalDetails
from .verdict import ConnectionVerdict, GateResult, Grade, Measurements, grade_measurements


@dataclass(frozen=True, slots=True)
class ConnectionTest:
    """One test of one device.

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
        """Whether the test says more than an earlier one.

        A short test without a voice is unknown, which must not hide a complete test.
        """
        return self.finished and not (self.quick and self.verdict.grade is Grade.UNKNOWN)

    @property
    def verdict(self) -> ConnectionVerdict:
        return grade_measurements(self.measurements)

    @property
    def fault(self) -> Fault:
        return find_fault(self.measurements, self.hints, self.room_health)

    @property
    def measured_at(self) -> datetime:
        """When it was measured, or when it began if nothing was reported."""
        return self.reported_at or self.created_at


@dataclass(frozen=True, slots=True)
class ConnectionTestSummary:
    """A test as lists show it."""

    code: str | None
    verdict: Grade
    sign_language: Grade
    fault: Fault
    advice_codes: tuple[str, ...]
    at: datetime
    finished: bool = True
    quick: bool = False


def summarize_test(test: ConnectionTest) -> ConnectionTestSummary:
    verdict = test.verdict
    advice_codes, at = verdict.advice, test.measured_at
    return ConnectionTestSummary(
        test.code, verdict.grade, verdict.sign_language, test.fault, advice_codes, at, test.finished, test.quick
    )


def build_report_json(test: ConnectionTest, language: str, t: GettextFunction) -> dict[str, Any]:
    """Build the report (docs/api.md).

    `title`, `text` and `shown` are sentences in the reader's language.
    """
    verdict, fault = test.verdict, test.fault
    advice = () if fault is Fault.US else verdict.advice  # a citizen cannot repair the service
    return {
        "code": test.code,
        "verdict": verdict.grade,
        "sign_language": verdict.sign_language,
        "gates": [_build_gate_json(gate, language, t) for gate in verdict.gates],
        "fault": fault,
        "at": format_rfc3339(test.measured_at, UTC),
        "reported": test.reported_at is not None,
        "finished": test.finished,
        "quick": test.quick,
        "measured_at": {part: format_rfc3339(at, UTC) for part, at in test.measurement_times.items()},
        "advice": list(advice),
        "title": t(_verdict_title(verdict, finished=test.finished)),
        "text": t(advice_texts.FAULT_TEXTS[fault]),
        "advice_texts": [t(advice_texts.ADVICE_TEXTS[code]) for code in advice],
        "grade_text": t(advice_texts.GRADE_TEXTS[verdict.grade]),
        "sign_language_text": t(_sign_language_text(test)),
    }


def _verdict_title(verdict: ConnectionVerdict, *, finished: bool) -> str:
    bad = {gate.name: gate for gate in verdict.gates if gate.grade is verdict.grade}
    if verdict.grade is Grade.RED:
        return _red_title(verdict, bad)
    if verdict.grade is Grade.AMBER and bad.keys() <= DEVICE_GATE_NAMES:
        return advice_texts.DEVICE_AMBER_TITLE
    if verdict.grade is Grade.AMBER and not _is_microphone_good(verdict):
        return advice_texts.MAY_FALTER_TITLE
    if verdict.grade is Grade.UNKNOWN and not finished:
        return advice_texts.NOT_FINISHED_TITLE
    return advice_texts.VERDICT_TITLES[verdict.grade]


def _red_title(verdict: ConnectionVerdict, bad: Mapping[str, GateResult]) -> str:
    if "permissions" in bad and bad["permissions"].advice != "allow_devices":  # the device failed
        return advice_texts.RED_TITLES_BY_GATE["devices"] if "devices" in bad else advice_texts.DEVICE_IN_USE_TITLE
    exact = next((text for name, text in advice_texts.RED_TITLES_BY_GATE.items() if name in bad), None)
    voice = verdict.advice[:1] == ("audio_only",)
    return exact or (advice_texts.VOICE_ONLY_TITLE if voice else advice_texts.VERDICT_TITLES[Grade.RED])


def _is_microphone_good(verdict: ConnectionVerdict) -> bool:
    """Whether the microphone is green: the title must not promise an untested voice."""
    return any(gate.name == "microphone_dbfs" and gate.grade is Grade.GREEN for gate in verdict.gates)


def _sign_language_text(test: ConnectionTest) -> str:
    """Choose the sentence; amber without a measured picture counts as unknown."""
    grade = test.verdict.sign_language
    unseen = grade is Grade.AMBER and test.measurements.video_fps is None
    return advice_texts.SIGN_LANGUAGE_TEXTS[Grade.UNKNOWN if unseen else grade]


def _build_gate_json(gate: GateResult, language: str, t: GettextFunction) -> dict[str, Any]:
    return {
        "name": gate.name,
        "value": gate.value,
        "unit": gate.unit,
        "grade": gate.grade,
        "advice": gate.advice,
        "title": t(advice_texts.GATE_TITLES[gate.name]),
        "shown": _format_gate_value(gate, language, t),
        "grade_text": t(advice_texts.GRADE_TEXTS[gate.grade]),
        "advice_text": t(advice_texts.ADVICE_TEXTS[gate.advice]) if gate.advice else None,
    }


def _format_gate_value(gate: GateResult, language: str, t: GettextFunction) -> str:
    if gate.value is None:
        return t(advice_texts.NOT_MEASURED_TEXT)
    if gate.name == "video":
        return t(advice_texts.UNIT_FORMATS[gate.unit]) % {"value": gate.value}
    if isinstance(gate.value, float | int) and not isinstance(gate.value, bool):
        return t(advice_texts.UNIT_FORMATS[gate.unit]) % {"value": format_figure(gate.value, language)}
    words = [t(advice_texts.VALUE_TEXTS.get(word, word)) for word in str(gate.value).split(", ")]
    return ", ".join(words)
