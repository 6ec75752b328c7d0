"""Statistics of video appointments.

Pure: no clock, no SQL.
A statistic without a case is None, never 0, as for visits (queue/domain/line_statistics.py).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from statistics import median

from ...appointments.domain.appointment import ON_TIME_WITHIN, AppointmentState
from ...queue.domain.line_statistics import DurationDistribution, Proportion, distribution
from ...queue.domain.tally import Tally
from ...rooms.domain.call_quality import CallQuality
from ...rooms.domain.call_record import CallRecord
from ...rooms.domain.call_survey import Rating, SurveyAnswer

NOT_TESTED = "none"
TEST_GRADES = ("green", "amber", "red", "unknown", NOT_TESTED)

# Names in the tally of calls; stored in `figure_days`. Those of a grade of the test follow its prefix.
APPOINTMENTS, HELD, NO_SHOWS, BY_PHONE = "appointments", "held", "no_shows", "by_phone"
MEASURED, GOOD, ANSWERS = "measured", "good", "answers"
WAIT, PUNCTUAL_WAIT, LENGTH, RTT_MS, LOSS_PCT = "wait", "punctual_wait", "length", "rtt_ms", "loss_pct"
TEST_PREFIX, END_PREFIX, OUTCOME_PREFIX = "test ", "end ", "outcome "
RATED_PREFIX, GOOD_PREFIX = "rated ", "good "
SURVEY_SUBJECTS = ("overall", "sound", "picture")  # in the order of SurveyFigures


@dataclass(frozen=True, slots=True)
class MeasuredCall:
    """An appointment by video with the known facts of its call.

    `hour`: the local hour of its start. `due_at`: its start, or the latest start announced. `test`: the grade of
    the last connection test before the call. `answers`: of the survey.
    """

    service: str
    day: date
    hour: int
    state: AppointmentState
    starts_at: datetime
    due_at: datetime
    record: CallRecord | None = None
    quality: CallQuality | None = None
    test: str = NOT_TESTED
    answers: Sequence[SurveyAnswer] = ()

    @property
    def is_held(self) -> bool:
        """Tell whether citizen and office spoke.

        Served; or admitted or telephoned, with nothing else known.
        """
        if self.state is AppointmentState.SERVED:
            return True
        has_begun = self.admitted_at is not None or self.is_by_phone
        return self.state is AppointmentState.CHECKED_IN and has_begun

    @property
    def is_by_phone(self) -> bool:
        """Tell whether the conversation went on by telephone."""
        return self.record is not None and self.record.by_phone_at is not None

    @property
    def is_no_show(self) -> bool:
        return self.state is AppointmentState.NO_SHOW

    @property
    def admitted_at(self) -> datetime | None:
        return self.record.admitted_at if self.record else None

    @property
    def wait_s(self) -> float | None:
        """Return the seconds in the lobby, from the start or the later arrival to the admission."""
        if self.record is None or self.record.admitted_at is None or not self.is_held:
            return None
        since = max(self.starts_at, self.record.joined_at or self.starts_at)
        return max(0.0, (self.record.admitted_at - since).total_seconds())

    @property
    def is_in_time(self) -> bool:
        """Return whether the citizen was in the lobby on time."""
        joined = self.record.joined_at if self.record else None
        return joined is not None and joined <= self.due_at + ON_TIME_WITHIN

    @property
    def length_s(self) -> float | None:
        """Return the seconds from the first admission of a guest to the end of the room."""
        if self.record is None or not self.is_held or self.record.began_at is None or self.record.ended_at is None:
            return None
        return max(0.0, (self.record.ended_at - self.record.began_at).total_seconds())

    @property
    def has_problems(self) -> bool | None:
        """Return whether the connection was bad; None without measurements."""
        return self.quality.has_problems if self.quality and self.is_held else None


@dataclass(frozen=True, slots=True)
class TestedCalls:
    """The calls whose last connection test had the same grade, and how they went."""

    appointments: int
    held: int
    no_shows: Proportion
    good: Proportion


@dataclass(frozen=True, slots=True)
class SurveyFigures:
    """The ratings of calls by citizens, on three faces.

    Each share counts the good answers among the answers that rated its subject.
    """

    answers: int
    satisfied: Proportion
    good_sound: Proportion
    good_picture: Proportion


@dataclass(frozen=True, slots=True)
class CallFigures:
    """The statistics of some calls.

    `appointments`: not cancelled. `no_shows`: out of the held calls and the no-shows. `on_time`: of the citizens
    who were in the lobby on time, those admitted within ON_TIME_WITHIN. `good`: of the held calls with
    measurements, those without problems. `rtt_ms`, `loss_pct`: the medians of the calls' medians. `ends`: held
    calls by the reason of the end (`ended`, `time_over`, `open`), `outcomes` by the outcome that the agent chose.
    `by_phone`: of the held calls, those that went on by telephone.
    """

    appointments: int
    held: int
    no_shows: Proportion
    wait: DurationDistribution
    length: DurationDistribution
    on_time: Proportion
    good: Proportion
    rtt_ms: float | None
    loss_pct: float | None
    survey: SurveyFigures
    tests: Mapping[str, TestedCalls] = field(default_factory=dict)
    ends: Mapping[str, int] = field(default_factory=dict)
    outcomes: Mapping[str, int] = field(default_factory=dict)
    by_phone: int = 0


def tally_call(tally: Tally, call: MeasuredCall) -> None:
    """Add a call to the tally from which `tallied_call_figures` computes."""
    tally.add(APPOINTMENTS)
    tally.add(TEST_PREFIX + call.test)
    for prefix in ("", TEST_PREFIX + call.test + " "):
        if call.is_no_show:
            tally.add(prefix + NO_SHOWS)
        if call.is_held:
            tally.add(prefix + HELD)
            if (has_problems := call.has_problems) is not None:
                tally.add(prefix + MEASURED)
                if not has_problems:
                    tally.add(prefix + GOOD)
    for answer in call.answers:
        tally.add(ANSWERS)
        for subject in SURVEY_SUBJECTS:
            if (rating := getattr(answer, subject)) is not None:
                tally.add(RATED_PREFIX + subject)
                if rating is Rating.GOOD:
                    tally.add(GOOD_PREFIX + subject)
    if call.is_held:
        _tally_held_call(tally, call)


def _tally_held_call(tally: Tally, call: MeasuredCall) -> None:
    tally.measure(WAIT, call.wait_s)
    tally.measure(LENGTH, call.length_s)
    if call.is_in_time:
        tally.measure(PUNCTUAL_WAIT, call.wait_s)
    if call.quality is not None:
        tally.measure(RTT_MS, call.quality.rtt_ms)
        tally.measure(LOSS_PCT, call.quality.loss_pct)
    if call.record is not None:
        tally.add(END_PREFIX + ((call.record.end_reason or "ended") if call.record.ended_at else "open"))
        if call.record.outcome:
            tally.add(OUTCOME_PREFIX + call.record.outcome)
    if call.is_by_phone:
        tally.add(BY_PHONE)


def tallied_call_figures(tally: Tally) -> CallFigures:
    """Compute the statistics of the calls in a tally."""
    punctual = tally.measured(PUNCTUAL_WAIT)
    return CallFigures(
        appointments=tally.count(APPOINTMENTS),
        held=tally.count(HELD),
        no_shows=_no_shows(tally),
        wait=distribution(tally.measured(WAIT)),
        length=distribution(tally.measured(LENGTH)),
        on_time=Proportion(len(punctual), sum(1 for wait in punctual if wait <= ON_TIME_WITHIN.total_seconds())),
        good=_good_calls(tally),
        rtt_ms=_median(tally.measured(RTT_MS)),
        loss_pct=_median(tally.measured(LOSS_PCT)),
        tests={grade: _tested_calls(tally, grade) for grade in TEST_GRADES},
        ends=_counts_by_word(tally, END_PREFIX),
        outcomes=_counts_by_word(tally, OUTCOME_PREFIX),
        by_phone=tally.count(BY_PHONE),
        survey=SurveyFigures(
            tally.count(ANSWERS), *(_good_ratings(tally, subject) for subject in SURVEY_SUBJECTS)
        ),
    )


def _good_ratings(tally: Tally, subject: str) -> Proportion:
    return Proportion(tally.count(RATED_PREFIX + subject), tally.count(GOOD_PREFIX + subject))


def _no_shows(tally: Tally, prefix: str = "") -> Proportion:
    missed = tally.count(prefix + NO_SHOWS)
    return Proportion(tally.count(prefix + HELD) + missed, missed)


def _good_calls(tally: Tally, prefix: str = "") -> Proportion:
    return Proportion(tally.count(prefix + MEASURED), tally.count(prefix + GOOD))


def _tested_calls(tally: Tally, grade: str) -> TestedCalls:
    prefix = TEST_PREFIX + grade + " "
    return TestedCalls(
        tally.count(TEST_PREFIX + grade),
        tally.count(prefix + HELD),
        _no_shows(tally, prefix),
        _good_calls(tally, prefix),
    )


def _median(values: Sequence[float]) -> float | None:
    return median(values) if values else None


def _counts_by_word(tally: Tally, prefix: str) -> dict[str, int]:
    """Return the counts whose names begin with a prefix, by the rest of the name."""
    found = {name.removeprefix(prefix): n for name, n in tally.counts.items() if name.startswith(prefix)}
    return dict(sorted(found.items()))
