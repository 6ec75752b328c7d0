"""Figures of an office or of all, `/staff/manage/figures`: marks, charts, tables, CSV."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from babel.dates import format_date
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ....core.auth import Principal
from ....core.errors import MovedTo, NotFound
from ....core.i18n.catalogues import N_
from ....core.web import requests
from ....figures.service import (
    FigureGrouping,
    FigurePeriod,
    FigureReport,
    OfficeFigures,
    measure_figures,
)
from ....offices.service import Office, all_offices, choice_text
from ....queue.service import measure_desk_times
from ..manage_page import MANAGE_PATH, render_manage_page, require_manager
from .desk_time_table import build_desk_time_table
from .figure_columns import figures_file
from .figure_metrics import METRIC_BY_KEY, METRICS, WITHIN_LABEL, WITHIN_NOTE, FigureFormat, ShownVerdict, Unit
from .figure_query import (
    COMPARISON_LABELS,
    FIGURES_PATH,
    GROUPING_LABELS,
    OWN_DAYS,
    PRESET_LABELS,
    FigureQuery,
    parse_figure_query,
)
from .figure_sections import END_LABELS, SectionBuilder
from .report_sections import FigureNames, ShownFigureTable, time_grouping

# What a manager asks first; all others stand behind a press.
KEY_MARKS = ("served", "wait_p50", "wait_p90", "no_shows", "promise")
VISIT_MARKS = ("way_p90", "service_p50", "on_time")
VIDEO_MARKS = ("video_held", "video_wait", "video_length", "video_on_time", "video_no_shows", "video_good")
PHONE_MARKS = ("phone_held", "phone_attempts", "phone_on_time", "phone_length", "phone_not_reached")


@dataclass(frozen=True, slots=True)
class ShownMark:
    """A figure on top of the page."""

    label: str
    value: str
    note: str = ""
    change: str = ""
    verdict: ShownVerdict | None = None


async def show_figures(request: Request) -> Response:
    principal, query = await _load_query(request)
    context: dict[str, Any] = {}
    if not query.errors and query.period.first <= query.today:
        context = await _measured_context(request, query)
    t = requests.current_gettext(request)
    return render_manage_page(
        request,
        "management/figures/figures.html",
        principal,
        section="figures",
        status_code=422 if query.errors else 200,
        query=query,
        presets=PRESET_LABELS,
        own_days=OWN_DAYS,
        comparisons=COMPARISON_LABELS,
        groupings=GROUPING_LABELS,
        csv_url=query.link(FIGURES_PATH + ".csv"),
        period_text=_period_text(query.period, requests.current_language(request)),
        other_text=_period_text(query.other, requests.current_language(request)) if query.other else "",
        is_future=query.period.first > query.today,
        definitions=[(t(metric.label), t(metric.note)) for metric in METRICS],
        within_note=t(WITHIN_NOTE),
        **context,
    )


async def download_figures(request: Request) -> Response:
    """`GET /staff/manage/figures.csv`: the total, then the groups, in the reader's language."""
    _, query = await _load_query(request)
    if query.errors:
        return requests.see_other(f"{FIGURES_PATH}?{request.url.query}")  # the page says what is wrong
    report = await _measure(request, query, query.period, (query.grouping,))
    name = query.office.slug if query.office else "all"
    t, language = requests.current_gettext(request), requests.current_language(request)
    total = query.office.name if query.office else t(N_("All my offices"))
    file = figures_file(t, language, report, query.grouping, total)
    filename = f"{name}-{query.grouping}-{query.period.first}-{query.period.last}.csv"
    headers = {"Content-Disposition": f'attachment; filename="{filename}"', "Cache-Control": "no-store"}
    return Response(file, headers=headers, media_type="text/csv; charset=utf-8")


async def _load_query(request: Request) -> tuple[Principal, FigureQuery]:
    """Return the caller and the choices of the address.

    Raises MovedTo the login, NotAllowed for another office, NotFound.
    """
    slug = request.query_params.get("office") or None
    principal = await require_manager(request, slug)
    runtime = requests.current_runtime(request)
    async with runtime.read_session() as session:
        offices = [office for office in await all_offices(session) if principal.can_access_office(office.slug)]
    office = offices[0] if len(offices) == 1 else None
    if slug is not None:
        office = next((each for each in offices if each.slug == slug), None)
        if office is None:
            raise NotFound("not_found")
    if not offices:
        raise MovedTo(MANAGE_PATH)  # which says that there is no office yet
    t = requests.current_gettext(request)
    return principal, parse_figure_query(request.query_params, offices, office, runtime.now(), t)


async def _measure(
    request: Request, query: FigureQuery, period: FigurePeriod, groupings: Sequence[FigureGrouping]
) -> FigureReport:
    offices = [query.office] if query.office else query.offices
    return await measure_figures(requests.current_runtime(request), offices, period, groupings)


async def _measured_context(request: Request, query: FigureQuery) -> dict[str, Any]:
    over_time = time_grouping(query.period.length)
    wanted = {FigureGrouping.HOUR, FigureGrouping.SERVICE, FigureGrouping.LINE, over_time, query.grouping}
    report = await _measure(request, query, query.period, tuple(wanted))
    compared = None
    if query.other:
        compared = await _measure(
            request, query, query.other, tuple({FigureGrouping.HOUR, FigureGrouping.LINE, over_time})
        )
    is_other_empty = compared is not None and not compared.total.has_cases
    compared = None if is_other_empty else compared
    other = compared.total if compared else None
    t, language = requests.current_gettext(request), requests.current_language(request)
    formats = FigureFormat(t, language)
    targets = query.office.targets if query.office else {}
    builder = SectionBuilder(report, formats, FigureNames(report, language), targets, compared)
    by_office = {office.slug: office.targets for office in query.offices}
    return {
        "is_other_empty": is_other_empty,
        "has_cases": report.total.has_cases,
        "marks": _marks(KEY_MARKS, report.total, other, formats, targets),
        "has_visits": bool(report.total.visits.tickets),
        "visit_marks": _visit_marks(report, other, formats, query.office),
        "video_marks": _marks(VIDEO_MARKS, report.total, other, formats, targets)
        if _has_calls(report.total)
        else [],
        "phone_marks": _marks(PHONE_MARKS, report.total, other, formats, targets)
        if report.total.phone.appointments
        else [],
        "call_facts": _call_facts(report, formats, language),
        "desk_times": await _desk_times(request, query, formats),
        "sections": builder.sections(),
        "breakdown": builder.breakdown(
            query.grouping, by_office if query.grouping is FigureGrouping.OFFICE else {}
        ),
    }


async def _desk_times(request: Request, query: FigureQuery, formats: FigureFormat) -> ShownFigureTable:
    offices, period = [query.office] if query.office else query.offices, query.period
    runtime = requests.current_runtime(request)
    async with runtime.read_session() as session:
        found = await measure_desk_times(session, offices, period.first, period.last, runtime.now())
    return build_desk_time_table(found, offices, formats)


def _has_calls(found: OfficeFigures) -> bool:
    return bool(found.video.appointments)


def _visit_marks(
    report: FigureReport, other: OfficeFigures | None, formats: FigureFormat, office: Office | None
) -> list[ShownMark]:
    """Return the further marks on visits.

    The share of short waits is shown if its target is set.
    """
    targets = office.targets if office else {}
    marks = _marks(VISIT_MARKS, report.total, other, formats, targets)
    within = report.total.within
    if within is not None:
        label = formats.t(WITHIN_LABEL) % {"minutes": targets["wait_within_min"]}
        verdict = formats.verdicts(targets, report.total).get("wait_within_pct")
        marks.insert(0, ShownMark(label, formats.value(Unit.SHARE, within.share), verdict=verdict))
    return marks


def _marks(
    keys: Sequence[str],
    found: OfficeFigures,
    other: OfficeFigures | None,
    formats: FigureFormat,
    targets: Any,
) -> list[ShownMark]:
    verdicts = formats.verdicts(targets, found)
    metrics = [METRIC_BY_KEY[key] for key in keys]
    return [
        ShownMark(
            formats.t(metric.label),
            formats.metric(metric, found),
            _mark_note(metric.key, found, formats),
            formats.change(metric, found, other),
            verdicts.get(metric.target or ""),
        )
        for metric in metrics
    ]


def _mark_note(key: str, found: OfficeFigures, formats: FigureFormat) -> str:
    if key == "served":
        return formats.t(N_("Visits: %(count)s")) % {"count": formats.metric(METRIC_BY_KEY["tickets"], found)}
    if key in ("video_held", "phone_held"):
        calls = found.video if key == "video_held" else found.phone
        appointments = formats.value(Unit.COUNT, calls.appointments)
        return formats.t(N_("Appointments: %(count)s")) % {"count": appointments}
    if key == "phone_attempts":
        count = formats.value(Unit.COUNT, found.phone.attempts.count)
        return formats.t(N_("%(count)s without an answer")) % {"count": count}
    return ""


def _call_facts(report: FigureReport, formats: FigureFormat, language: str) -> list[tuple[str, str]]:
    """Return delay, loss, ends and outcomes of the video calls."""
    found, t = report.total, formats.t
    facts = []
    if _has_calls(found):
        facts += [
            (t(METRIC_BY_KEY[key].label), formats.metric(METRIC_BY_KEY[key], found))
            for key in ("video_rtt", "video_loss")
        ]
        if found.video.by_phone:
            facts.append((t(N_("Went on by telephone")), formats.value(Unit.COUNT, found.video.by_phone)))
        facts += [
            (t(END_LABELS[reason]) if reason in END_LABELS else reason, formats.value(Unit.COUNT, count))
            for reason, count in found.video.ends.items()
        ]
        facts += [
            (
                choice_text(report.offices[0], "outcomes", outcome, language, t),
                formats.value(Unit.COUNT, count),
            )
            for outcome, count in found.video.outcomes.items()
        ]
    return facts


def _period_text(period: FigurePeriod, language: str) -> str:
    first, last = (format_date(day, "d MMM y", locale=language) for day in (period.first, period.last))
    return first if period.length == 1 else f"{first} – {last}"


routes = [
    Route(FIGURES_PATH, show_figures, methods=["GET"]),
    Route(FIGURES_PATH + ".csv", download_figures, methods=["GET"]),
]
