"""Plots of the technical report: delay, loss and speed over the seconds of a test. No SQL."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from markupsafe import Markup

from ...core.formats.charts import ChartText, PlotLine, draw_series
from ...core.i18n.catalogues import N_, GettextFunction
from ...core.i18n.numbers import format_figure
from ..domain.advice_texts import GRADE_TEXTS, UNIT_FORMATS
from ..domain.grade_scales import LOSS_UP_SCALE, RTT_SCALE, UPLOAD_SCALE, GradeScale
from ..domain.series_plot import plot_bands, summarize_series
from ..domain.technical_details import Series, SeriesPoint

PLOT_PREFIX = "plot-"  # of the ids in the page


@dataclass(frozen=True, slots=True)
class PlotKind:
    """A plot: its lines, its grades, and the least end of its scale."""

    name: str
    title: str
    unit: str
    grades: GradeScale
    least_top: float
    lines: Mapping[Series, tuple[str, str]]  # class and name


SENDING, RECEIVING = ("up", N_("Sending")), ("down", N_("Receiving"))
PLOT_KINDS = (
    PlotKind("rtt", N_("There and back"), "ms", RTT_SCALE, 100, {Series.RTT: ("only", N_("There and back"))}),
    PlotKind("loss", N_("Loss"), "%", LOSS_UP_SCALE, 2, {Series.LOSS_UP: SENDING, Series.LOSS_DOWN: RECEIVING}),
    PlotKind("speed", N_("Speed"), "kbps", UPLOAD_SCALE, 1_000, {Series.UP: SENDING, Series.DOWN: RECEIVING}),
)


@dataclass(frozen=True, slots=True)
class LineSummary:
    """A line's class and name, and its figures in words."""

    kind: str
    name: str
    text: str


@dataclass(frozen=True, slots=True)
class ReportPlot:
    """A drawn plot with its lines in words."""

    title: str
    unit: str
    lines: tuple[LineSummary, ...]
    svg: Markup


def build_report_plots(
    series: Mapping[Series, tuple[SeriesPoint, ...]], language: str, t: GettextFunction
) -> list[ReportPlot]:
    """Draw a plot for each kind that was recorded. All have the same time axis."""
    seconds = max((at for points in series.values() for at, _value in points), default=0.0)
    plots = (_build_plot(kind, series, seconds, language, t) for kind in PLOT_KINDS)
    return [plot for plot in plots if plot is not None]


def _build_plot(
    kind: PlotKind,
    series: Mapping[Series, tuple[SeriesPoint, ...]],
    seconds: float,
    language: str,
    t: GettextFunction,
) -> ReportPlot | None:
    known = {name: points for name in kind.lines if (points := series.get(name))}
    if not known:
        return None
    lines = tuple(
        LineSummary(kind.lines[name][0], t(kind.lines[name][1]), _summary_text(points, kind.unit, language, t))
        for name, points in known.items()
    )
    text = ChartText(
        id=f"{PLOT_PREFIX}{kind.name}",
        title=t("%(measure)s during the test") % {"measure": t(kind.title)},
        description=" ".join(f"{line.name}: {line.text}." for line in lines),
        format_value=lambda value: format_figure(value, language),
    )
    drawn = [PlotLine(kind.lines[name][0], points) for name, points in known.items()]
    svg = draw_series(
        text,
        drawn,
        plot_bands(kind.grades, {grade: t(word) for grade, word in GRADE_TEXTS.items()}),
        seconds=seconds,
        least_top=kind.least_top,
        format_seconds=lambda at: t("%(seconds)s s") % {"seconds": format_figure(at, language)},
    )
    return ReportPlot(t(kind.title), _unit_name(kind.unit, t), lines, Markup(svg))  # noqa: S704 - escaped there


def _summary_text(points: tuple[SeriesPoint, ...], unit: str, language: str, t: GettextFunction) -> str:
    found = summarize_series(points)
    figures = {
        "least": format_figure(found.least, language),
        "most": t(UNIT_FORMATS[unit]) % {"value": format_figure(found.most, language)},
        "usual": t(UNIT_FORMATS[unit]) % {"value": format_figure(found.usual, language)},
    }
    return t("from %(least)s to %(most)s, usually %(usual)s") % figures


def _unit_name(unit: str, t: GettextFunction) -> str:
    """Return the unit alone, as the language writes it."""
    return (t(UNIT_FORMATS[unit]) % {"value": ""}).strip()
