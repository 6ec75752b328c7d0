"""One test as it is kept, and what is said of it: the contract's object, with words for the page beside it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from babel.numbers import format_decimal

from ...core.i18n.dates import rfc3339
from . import advice_texts
from .fault_location import DEVICE_GATES, Clues, Fault, OurSide, find_fault
from .measurement_times import Moments
from .verdict import Gate, Grade, Measurements, Verdict, judge

Translate = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class ConnectionTest:
    """One test of one device. The verdict follows from the measurements by today's rules."""

    id: str
    code: str | None
    appointment_id: str | None
    office_slug: str | None
    created_at: datetime
    reported_at: datetime | None = None
    measured: Measurements = field(default_factory=Measurements)
    clues: Clues = field(default_factory=Clues)
    our_side: OurSide | None = None
    finished: bool = True
    moments: Moments = field(default_factory=dict)

    @property
    def verdict(self) -> Verdict:
        return judge(self.measured)

    @property
    def fault(self) -> Fault:
        return find_fault(self.measured, self.clues, self.our_side)

    @property
    def at(self) -> datetime:
        """When it was measured; begun, while nothing was reported."""
        return self.reported_at or self.created_at


@dataclass(frozen=True, slots=True)
class TestSummary:
    """What a list says of a test."""

    code: str | None
    verdict: Grade
    sign_language: Grade
    fault: Fault
    advice_codes: tuple[str, ...]
    at: datetime
    finished: bool = True


def summary_of(test: ConnectionTest) -> TestSummary:
    verdict = test.verdict
    advice_codes, at = verdict.advice, test.at
    return TestSummary(
        test.code, verdict.grade, verdict.sign_language, test.fault, advice_codes, at, test.finished
    )


def report_object(test: ConnectionTest, language: str, t: Translate) -> dict[str, Any]:
    """The contract's report. `title`, `text`, `shown` and the like are for people, in their language."""
    verdict, fault = test.verdict, test.fault
    told = () if fault is Fault.US else verdict.advice  # nobody is told to change what is not theirs
    return {
        "code": test.code,
        "verdict": verdict.grade,
        "sign_language": verdict.sign_language,
        "gates": [_gate_object(gate, language, t) for gate in verdict.gates],
        "fault": fault,
        "at": rfc3339(test.at, UTC),
        "reported": test.reported_at is not None,
        "finished": test.finished,
        "measured_at": {part: rfc3339(at, UTC) for part, at in test.moments.items()},
        "advice": list(told),
        "title": t(_title(verdict, finished=test.finished)),
        "text": t(advice_texts.CAUSES[fault]),
        "advice_texts": [t(advice_texts.ADVICE[code]) for code in told],
        "grade_text": t(advice_texts.GRADES[verdict.grade]),
        "sign_language_text": t(_signing(test)),
    }


def _title(verdict: Verdict, *, finished: bool) -> str:
    bad = {gate.name: gate for gate in verdict.gates if gate.grade is verdict.grade}
    if verdict.grade is Grade.RED:
        return _red_title(verdict, bad)
    if verdict.grade is Grade.AMBER and bad.keys() <= DEVICE_GATES:
        return advice_texts.DEVICE_AMBER
    if verdict.grade is Grade.AMBER and not _is_heard(verdict):
        return advice_texts.MAY_FALTER
    if verdict.grade is Grade.UNKNOWN and not finished:
        return advice_texts.NOT_FINISHED
    return advice_texts.TITLES[verdict.grade]


def _red_title(verdict: Verdict, bad: Mapping[str, Gate]) -> str:
    if "permissions" in bad and bad["permissions"].advice != "allow_devices":  # nobody refused anything
        return advice_texts.RED_TITLES["devices"] if "devices" in bad else advice_texts.IN_USE
    exact = next((text for name, text in advice_texts.RED_TITLES.items() if name in bad), None)
    voice = verdict.advice[:1] == ("audio_only",)
    return exact or (advice_texts.VOICE_ONLY if voice else advice_texts.TITLES[Grade.RED])


def _is_heard(verdict: Verdict) -> bool:
    """Nobody is promised to be heard whose voice has not been."""
    return any(gate.name == "microphone_dbfs" and gate.grade is Grade.GREEN for gate in verdict.gates)


def _signing(test: ConnectionTest) -> str:
    """Just enough is said of a picture that was seen."""
    grade = test.verdict.sign_language
    unseen = grade is Grade.AMBER and test.measured.video_fps is None
    return advice_texts.SIGN_LANGUAGE[Grade.UNKNOWN if unseen else grade]


def _gate_object(gate: Gate, language: str, t: Translate) -> dict[str, Any]:
    return {
        "name": gate.name,
        "value": gate.value,
        "unit": gate.unit,
        "grade": gate.grade,
        "advice": gate.advice,
        "title": t(advice_texts.GATES[gate.name]),
        "shown": _shown(gate, language, t),
        "grade_text": t(advice_texts.GRADES[gate.grade]),
        "advice_text": t(advice_texts.ADVICE[gate.advice]) if gate.advice else None,
    }


def _shown(gate: Gate, language: str, t: Translate) -> str:
    if gate.value is None:
        return t(advice_texts.NOT_MEASURED)
    if gate.name == "video":
        return t(advice_texts.UNITS[gate.unit]) % {"value": gate.value}
    if isinstance(gate.value, float | int) and not isinstance(gate.value, bool):
        return t(advice_texts.UNITS[gate.unit]) % {"value": _figure(gate.value, language)}
    words = [t(advice_texts.VALUES.get(word, word)) for word in str(gate.value).split(", ")]
    return ", ".join(words)


def _figure(value: float, language: str) -> str:
    """Small figures with one decimal, others whole; a true minus sign."""
    rounded = round(value, 1) if abs(value) < 10 else round(value)
    return format_decimal(rounded, format="#,##0.#", locale=language).replace("-", "\N{MINUS SIGN}")
