"""Statistics of an office over HTTP, as JSON or CSV (docs/api.md#statistics). No SQL."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel, Field
from starlette.requests import Request
from starlette.responses import Response

from ...core.auth import StaffRole
from ...core.web import authentication
from ...core.web.api_route import ApiAccess, ApiAnswer, ApiRequest, ApiRoute, NonJsonBody
from ...core.web.validation import OptionalCalendarDay
from ..domain.figure_groups import FigureGrouping, OfficeFigures
from ..queries.figure_report import FigureReport, measure_period
from .figure_json import CSV_MEDIA_TYPE, figures_csv, figures_json, figures_row
from .statistics_schemas import Statistics

LIST_BY_GROUPING = {
    FigureGrouping.DAY: "days",
    FigureGrouping.LINE: "lines",
    FigureGrouping.SERVICE: "services",
    FigureGrouping.HOUR: "hours",
}
KEY_BY_GROUPING = {FigureGrouping.DAY: "day", FigureGrouping.HOUR: "hour"}  # others have a slug


class StatisticsQuery(BaseModel, defer_build=True):
    """`?from=&to=`: local days, both included; today by default."""

    from_: OptionalCalendarDay = Field(None, alias="from")
    to: OptionalCalendarDay = None


async def get_statistics(request: ApiRequest[StatisticsQuery]) -> ApiAnswer | Response:
    """Answer with statistics; for managers of the office also by line and by service."""
    query, slug = request.message, request.path_params["office"]
    caller = await authentication.current_principal(request)
    detailed = caller is not None and caller.has_role(StaffRole.MANAGER) and caller.can_access_office(slug)
    report = await measure_period(request.runtime, slug, query.from_, query.to, detailed=detailed)
    if _wants_csv(request):
        return _csv_response(report, has_calls=detailed)
    return ApiAnswer(_period_json(report, has_calls=detailed), headers={"Vary": "Accept"})


def _wants_csv(request: Request) -> bool:
    """Tell whether the client accepts CSV by name, and before JSON."""
    accepted = [part.split(";")[0].strip() for part in request.headers.get("accept", "").split(",")]
    return (
        next((kind for kind in accepted if kind == CSV_MEDIA_TYPE or kind.endswith("json")), None)
        == CSV_MEDIA_TYPE
    )


def _period_json(report: FigureReport, *, has_calls: bool) -> dict[str, Any]:
    lists = {
        LIST_BY_GROUPING[grouping]: _groups_json(report, grouping, has_calls=has_calls)
        for grouping in LIST_BY_GROUPING
    }
    return {
        "office": report.offices[0].slug,
        "from": report.period.first.isoformat(),
        "to": report.period.last.isoformat(),
        "total": figures_json(report.total, has_calls=has_calls),
        **lists,
    }


def _groups_json(
    report: FigureReport, grouping: FigureGrouping, *, has_calls: bool
) -> list[dict[str, Any]] | None:
    """Return the figures of each group; None if they are for managers only."""
    if grouping not in report.groups:
        return None
    key = KEY_BY_GROUPING.get(grouping, "slug")
    return [
        {key: int(name) if grouping is FigureGrouping.HOUR else name, **figures_json(figures, has_calls=has_calls)}
        for name, figures in report.groups[grouping].items()
    ]


def _csv_response(report: FigureReport, *, has_calls: bool) -> Response:
    """Return a row per group, the total first. `wait.p50_s` of the JSON is `wait_p50_s`."""
    slug = report.offices[0].slug
    rows = [
        {"group": group, "name": name, **figures_row(figures, has_calls=has_calls)}
        for group, name, figures in _iterate_groups(report, slug)
    ]
    headers = {
        "Content-Disposition": f'attachment; filename="{slug}-{report.period.first}-{report.period.last}.csv"',
        "Cache-Control": "no-store",
        "Vary": "Accept",
    }
    return Response(figures_csv(rows), 200, headers, CSV_MEDIA_TYPE)


def _iterate_groups(report: FigureReport, slug: str) -> Iterator[tuple[str, str, OfficeFigures]]:
    yield "office", slug, report.total
    for grouping in LIST_BY_GROUPING:
        for name, figures in report.groups.get(grouping, {}).items():
            yield grouping, name, figures


routes = [
    ApiRoute(
        "GET /stats/offices/{office}",
        get_statistics,
        "Statistics of an office's visits and video calls; managers also get them by line and by service",
        ApiAccess.PUBLIC,
        {200: (Statistics, NonJsonBody(CSV_MEDIA_TYPE))},
        query=StatisticsQuery,
    ),
]
