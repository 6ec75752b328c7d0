"""Statistics of video appointments.

Pure: no clock, no SQL.
A statistic without a case is None, never 0, as for visits (queue/domain/line_statistics.py).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from statistics import median

from ...appointments.domain.appointment import ON_TIME_WITHIN, AppointmentState
from ...queue.domain.line_statistics import DurationDistribution, Proportion, distribution
from ...rooms.domain.call_quality import CallQuality
from ...rooms.domain.call_record import CallRecord
from ...rooms.domain.call_survey import Rating, SurveyAnswer

NOT_TESTED = "none"
TEST_GRADES = ("green", "amber", "red", "unknown", NOT_TESTED)


@dataclass(frozen=True, slots=True)
class MeasuredCall:
    """An appointment by video with what is known of its call.

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
        """Whether citizen and office spoke.

        Served; or admitted or telephoned, with nothing else known.
        """
        if self.state is AppointmentState.SERVED:
            return True
        has_begun = self.admitted_at is not None or self.is_by_phone
        return self.state is AppointmentState.CHECKED_IN and has_begun

    @property
    def is_by_phone(self) -> bool:
        """Whether the conversation went on by telephone."""
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
    """How the calls went whose last test had one grade."""

    appointments: int
    held: int
    no_shows: Proportion
    good: Proportion


@dataclass(frozen=True, slots=True)
class SurveyFigures:
    """How people rated calls, by one of three faces.

    Each share is of the answers that rated it, and counts the good ones.
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


def call_figures(calls: Sequence[MeasuredCall]) -> CallFigures:
    """Compute the statistics of these calls."""
    held = [call for call in calls if call.is_held]
    waits = [wait for call in held if (wait := call.wait_s) is not None]
    punctual = [wait for call in held if call.is_in_time and (wait := call.wait_s) is not None]
    lengths = [length for call in held if (length := call.length_s) is not None]
    records = [call.record for call in held if call.record is not None]
    return CallFigures(
        appointments=len(calls),
        held=len(held),
        no_shows=_no_shows(calls),
        wait=distribution(waits),
        length=distribution(lengths),
        on_time=Proportion(len(punctual), sum(1 for wait in punctual if wait <= ON_TIME_WITHIN.total_seconds())),
        good=_good_calls(held),
        rtt_ms=_median(call.quality.rtt_ms for call in held if call.quality),
        loss_pct=_median(call.quality.loss_pct for call in held if call.quality),
        tests={grade: _tested_calls([call for call in calls if call.test == grade]) for grade in TEST_GRADES},
        ends=_counts((record.end_reason or "ended") if record.ended_at else "open" for record in records),
        outcomes=_counts(record.outcome for record in records if record.outcome),
        by_phone=sum(1 for call in held if call.is_by_phone),
        survey=survey_figures([answer for call in calls for answer in call.answers]),
    )


def survey_figures(answers: Sequence[SurveyAnswer]) -> SurveyFigures:
    """Compute how people rated calls."""
    return SurveyFigures(
        answers=len(answers),
        satisfied=_good_ratings(answer.overall for answer in answers),
        good_sound=_good_ratings(answer.sound for answer in answers),
        good_picture=_good_ratings(answer.picture for answer in answers),
    )


def _good_ratings(ratings: Iterable[Rating | None]) -> Proportion:
    given = [rating for rating in ratings if rating is not None]
    return Proportion(len(given), given.count(Rating.GOOD))


def _no_shows(calls: Iterable[MeasuredCall]) -> Proportion:
    ended = [call for call in calls if call.is_held or call.is_no_show]
    return Proportion(len(ended), sum(1 for call in ended if call.is_no_show))


def _good_calls(calls: Iterable[MeasuredCall]) -> Proportion:
    measured = [call for call in calls if call.has_problems is not None]
    return Proportion(len(measured), sum(1 for call in measured if not call.has_problems))


def _tested_calls(calls: Sequence[MeasuredCall]) -> TestedCalls:
    held = sum(1 for call in calls if call.is_held)
    return TestedCalls(len(calls), held, _no_shows(calls), _good_calls(calls))


def _median(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return median(known) if known else None


def _counts(words: Iterable[str]) -> dict[str, int]:
    return dict(sorted(Counter(words).items()))
