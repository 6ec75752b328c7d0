"""The figures that the pages show: words, units, values and targets. No SQL."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from ....core.i18n.catalogues import N_, GettextFunction
from ....core.i18n.numbers import format_figure, format_percent
from ....figures.service import OfficeFigures, TargetVerdict, judge_targets

NO_VALUE = "–"  # a statistic without a case is no 0
MINUTE_S = 60


class Unit(StrEnum):
    """How a value is written."""

    MINUTES = "minutes"  # of seconds
    SECONDS = "seconds"
    SHARE = "share"  # from 0 to 1
    COUNT = "count"
    MILLISECONDS = "milliseconds"
    PERCENT = "percent"  # from 0 to 100, with a decimal


@dataclass(frozen=True, slots=True)
class Metric:
    """A figure.

    `head`: the label of a column. `note`: what counts, for the definitions. `target`: the name of its target.
    """

    key: str
    label: str
    head: str
    unit: Unit
    value: Callable[[OfficeFigures], float | None]
    note: str
    target: str | None = None


METRICS: tuple[Metric, ...] = (
    Metric(
        "tickets",
        N_("Visits"),
        N_("Visits"),
        Unit.COUNT,
        lambda found: found.visits.tickets,
        N_("Every ticket that was given, with or without appointment, on the day of the ticket."),
    ),
    Metric(
        "served",
        N_("People attended"),
        N_("People attended"),
        Unit.COUNT,
        lambda found: found.visits.served,
        N_("Visits that an agent finished at a desk."),
    ),
    Metric(
        "wait_p50",
        N_("Usual wait"),
        N_("Usual wait"),
        Unit.MINUTES,
        lambda found: found.visits.wait.p50_s,
        N_(
            "Half of the people waited at most this long (median). From the arrival to the first call; who comes"
            " on time for an appointment waits from its time on."
        ),
    ),
    Metric(
        "wait_p90",
        N_("Nine in ten waited at most"),
        N_("9 in 10 waited"),
        Unit.MINUTES,
        lambda found: found.visits.wait.p90_s,
        N_("The wait that only one in ten people exceeded (90th percentile)."),
        "wait_p90_min",
    ),
    Metric(
        "way_p90",
        N_("Nine in ten were at the desk within"),
        N_("9 in 10 at the desk"),
        Unit.SECONDS,
        lambda found: found.visits.way.p90_s,
        N_("From the call that was answered to the start of the service: the way to the desk."),
        "way_p90_s",
    ),
    Metric(
        "service_p50",
        N_("Usual time at the desk"),
        N_("At the desk"),
        Unit.MINUTES,
        lambda found: found.visits.service.p50_s,
        N_(
            "Half of the visits took at most this long at all desks together. By service, only the time spent on"
            " that service alone."
        ),
    ),
    Metric(
        "no_shows",
        N_("Called and did not come"),
        N_("Absent"),
        Unit.SHARE,
        lambda found: found.visits.no_shows.share,
        N_("Called people who did not come to the desk, of those and the attended ones together."),
        "no_show_pct",
    ),
    Metric(
        "on_time",
        N_("Appointments called on time"),
        N_("On time"),
        Unit.SHARE,
        lambda found: found.visits.on_time.share,
        N_(
            "Of the people who came on time for their appointment, those called at most ten minutes after its"
            " time."
        ),
        "on_time_pct",
    ),
    Metric(
        "promise",
        N_("Called inside the range shown"),
        N_("Promise kept"),
        Unit.SHARE,
        lambda found: found.visits.in_range.share,
        N_(
            "Each ticket shows between which times the call will come. This is the share that was called between"
            " them. Tickets that a person postponed or a host put first do not count."
        ),
        "promise_pct",
    ),
    Metric(
        "video_held",
        N_("Video calls held"),
        N_("Held"),
        Unit.COUNT,
        lambda found: found.video.held,
        N_("Video appointments in which citizen and office spoke, on the day of the appointment."),
    ),
    Metric(
        "video_no_shows",
        N_("Did not come to the video call"),
        N_("Absent"),
        Unit.SHARE,
        lambda found: found.video.no_shows.share,
        N_("Video appointments marked as not attended, of those and the held ones together."),
    ),
    Metric(
        "video_wait",
        N_("Usual wait in the lobby"),
        N_("Lobby"),
        Unit.MINUTES,
        lambda found: found.video.wait.p50_s,
        N_("Median from the time of the appointment, or a later arrival, to the admission to the call."),
    ),
    Metric(
        "video_length",
        N_("Usual length of a call"),
        N_("Length"),
        Unit.MINUTES,
        lambda found: found.video.length.p50_s,
        N_("Median from the first admission to the end of the call."),
    ),
    Metric(
        "video_on_time",
        N_("Video calls on time"),
        N_("On time"),
        Unit.SHARE,
        lambda found: found.video.on_time.share,
        N_("Of the people who were in the lobby on time, those admitted at most ten minutes later."),
    ),
    Metric(
        "video_good",
        N_("Video calls with a good connection"),
        N_("Good connection"),
        Unit.SHARE,
        lambda found: found.video.good.share,
        N_(
            "Both devices measure the call every half minute. A call has a good connection if fewer than one in"
            " ten measurements are bad: more than 400 ms of delay, 60 ms of jitter or 8 % of loss, or no"
            " connection. Calls without measurements do not count."
        ),
        "good_calls_pct",
    ),
    Metric(
        "video_rtt",
        N_("Usual delay of the connection"),
        N_("Delay"),
        Unit.MILLISECONDS,
        lambda found: found.video.rtt_ms,
        N_("Median of the calls, of the median round trip of each call."),
    ),
    Metric(
        "video_loss",
        N_("Usual loss of the connection"),
        N_("Loss"),
        Unit.PERCENT,
        lambda found: found.video.loss_pct,
        N_("Median of the calls, of the median loss of each call in its worse direction."),
    ),
    Metric(
        "survey_answers",
        N_("Answers to the survey"),
        N_("Answers"),
        Unit.COUNT,
        lambda found: found.video.survey.answers,
        N_("People who rated a video call on the page after it."),
    ),
    Metric(
        "survey_satisfied",
        N_("Satisfied with the video call"),
        N_("Satisfied"),
        Unit.SHARE,
        lambda found: found.video.survey.satisfied.share,
        N_("Of the answers, those with the good one of three faces."),
    ),
    Metric(
        "survey_sound",
        N_("Good sound, as people rate it"),
        N_("Good sound"),
        Unit.SHARE,
        lambda found: found.video.survey.good_sound.share,
        N_("Of the answers that rate the sound, the good ones."),
    ),
    Metric(
        "survey_picture",
        N_("Good picture, as people rate it"),
        N_("Good picture"),
        Unit.SHARE,
        lambda found: found.video.survey.good_picture.share,
        N_("Of the answers that rate the picture, the good ones."),
    ),
    Metric(
        "phone_held",
        N_("Telephone calls held"),
        N_("Held"),
        Unit.COUNT,
        lambda found: found.phone.held,
        N_("Appointments by telephone in which the citizen answered, on the day of the appointment."),
    ),
    Metric(
        "phone_attempts",
        N_("Attempts to call"),
        N_("Attempts"),
        Unit.COUNT,
        lambda found: found.phone.attempts.of,
        N_("Calls that an agent made, with or without an answer. A call that was withdrawn does not count."),
    ),
    Metric(
        "phone_not_reached",
        N_("Not reached by telephone"),
        N_("Not reached"),
        Unit.SHARE,
        lambda found: found.phone.not_reached.share,
        N_("Appointments by telephone that were given up, of those and the held ones together."),
    ),
    Metric(
        "phone_on_time",
        N_("Telephone calls on time"),
        N_("On time"),
        Unit.SHARE,
        lambda found: found.phone.on_time.share,
        N_("Of the citizens who were called, those called first at most ten minutes after the time they knew."),
    ),
    Metric(
        "phone_length",
        N_("Usual length of a telephone call"),
        N_("Length"),
        Unit.MINUTES,
        lambda found: found.phone.length.p50_s,
        N_("Median of the calls that were held, from the call to its end."),
    ),
)
METRIC_BY_KEY: Mapping[str, Metric] = {metric.key: metric for metric in METRICS}
# The share of short waits: its label needs the minutes of the target.
WITHIN_LABEL = N_("Waited at most %(minutes)s min")
WITHIN_NOTE = N_("The share of the people who waited at most the minutes of the office's target.")

GRADE_BY_VERDICT: Mapping[TargetVerdict, str] = {
    TargetVerdict.REACHED: "green",
    TargetVerdict.NEAR: "amber",
    TargetVerdict.MISSED: "red",
}
VERDICT_TEXTS: Mapping[TargetVerdict, str] = {
    TargetVerdict.REACHED: N_("Within the target: %(target)s"),
    TargetVerdict.NEAR: N_("Close to the target: %(target)s"),
    TargetVerdict.MISSED: N_("Outside the target: %(target)s"),
}


@dataclass(frozen=True, slots=True)
class ShownVerdict:
    """The verdict of a target as a chip."""

    grade: str
    text: str


@dataclass(frozen=True, slots=True)
class FigureFormat:
    """Values in the reader's language."""

    t: GettextFunction
    language: str

    def value(self, unit: Unit, value: float | None) -> str:
        """Format a value with its unit; a dash without a value."""
        if value is None:
            return NO_VALUE
        if unit is Unit.SHARE:
            return format_percent(value, self.language)
        figure = format_figure(value / MINUTE_S if unit is Unit.MINUTES else value, self.language)
        if unit is Unit.PERCENT:
            figure = format_figure(round(value, 1), self.language)
        return self.t(UNIT_TEXTS[unit]) % {"figure": figure} if unit in UNIT_TEXTS else figure

    def metric(self, metric: Metric, found: OfficeFigures) -> str:
        return self.value(metric.unit, metric.value(found))

    def change(self, metric: Metric, found: OfficeFigures, before: OfficeFigures | None) -> str:
        """Describe the difference to another period; empty unless both have a case."""
        value = metric.value(found)
        if before is None or value is None:
            return ""
        other = metric.value(before)
        if other is None:
            return ""
        params = {"change": self.difference(metric.unit, value - other), "before": self.value(metric.unit, other)}
        return self.t(N_("%(change)s, before %(before)s")) % params

    def difference(self, unit: Unit, difference: float) -> str:
        """Format a difference with its sign; shares differ by points."""
        if unit is Unit.SHARE:
            figure = self._signed(round(difference * 100))
            return self.t(N_("%(figure)s points")) % {"figure": figure}
        in_unit = difference / MINUTE_S if unit is Unit.MINUTES else difference
        figure = self._signed(round(in_unit, 1) if abs(in_unit) < 10 else round(in_unit))
        return self.t(UNIT_TEXTS[unit]) % {"figure": figure} if unit in UNIT_TEXTS else figure

    def _signed(self, value: float) -> str:
        sign = "+" if value > 0 else "±" if value == 0 else ""
        return sign + format_figure(value, self.language)

    def verdicts(self, targets: Mapping[str, int], found: OfficeFigures) -> dict[str, ShownVerdict]:
        """Return the verdict of each target that is set and has a case, by its name."""
        return {
            name: ShownVerdict(
                GRADE_BY_VERDICT[judged.verdict],
                self.t(VERDICT_TEXTS[judged.verdict]) % {"target": self.target(name, judged.target)},
            )
            for name, judged in judge_targets(targets, found).items()
        }

    def target(self, name: str, target: int) -> str:
        """Format a target in its unit, which is the last part of its name."""
        return self.t(TARGET_UNIT_TEXTS[name.rpartition("_")[2]]) % {"figure": target}


UNIT_TEXTS: Mapping[Unit, str] = {
    Unit.MINUTES: N_("%(figure)s min"),
    Unit.SECONDS: N_("%(figure)s s"),
    Unit.MILLISECONDS: N_("%(figure)s ms"),
    Unit.PERCENT: N_("%(figure)s%%"),
}
TARGET_UNIT_TEXTS: Mapping[str, str] = {
    "min": N_("%(figure)s min"),
    "s": N_("%(figure)s s"),
    "pct": N_("%(figure)s%%"),
}
