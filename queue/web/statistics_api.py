"""Statistics of an office over HTTP, as JSON or CSV (docs/api.md#statistics). No SQL."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel, Field
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ...core.auth import StaffRole
from ...core.web import authentication, requests
from ...core.web.validation import OptionalCalendarDay, parse_model
from ..domain.line_statistics import DurationDistribution, Proportion, VisitFigures
from ..queries.statistics_report import StatisticsPeriod, measure_period

CSV_MEDIA_TYPE = "text/csv"
COUNT_FIELDS = ("tickets", "walk_ins", "appointments", "served", "left", "expired")
DISTRIBUTION_FIELDS = ("wait", "way", "service", "delay")
DISTRIBUTION_VALUES = ("mean_s", "p50_s", "p90_s", "longest_s")
PROPORTION_FIELDS = ("no_shows", "on_time", "in_range", "by_latest")


class StatisticsQuery(BaseModel):
    """`?from=&to=`: local days, both included; today by default."""

    from_: OptionalCalendarDay = Field(None, alias="from")
    to: OptionalCalendarDay = None


async def get_statistics(request: Request) -> Response:
    """`GET /api/v1/stats/offices/{office}`.

    Managers of the office also get the figures by line and by service.
    """
    query, slug = parse_model(StatisticsQuery, dict(request.query_params)), request.path_params["office"]
    caller = await authentication.current_principal(request)
    detailed = caller is not None and caller.has_role(StaffRole.MANAGER) and caller.can_access_office(slug)
    period = await measure_period(
        requests.current_runtime(request), slug, query.from_, query.to, detailed=detailed
    )
    if _wants_csv(request):
        return _csv_response(period)
    return requests.json_response(_period_json(period), headers={"Vary": "Accept"})


def _wants_csv(request: Request) -> bool:
    """Whether the client accepts CSV by name, and before JSON."""
    accepted = [part.split(";")[0].strip() for part in request.headers.get("accept", "").split(",")]
    return (
        next((kind for kind in accepted if kind == CSV_MEDIA_TYPE or kind.endswith("json")), None)
        == CSV_MEDIA_TYPE
    )


def _period_json(period: StatisticsPeriod) -> dict[str, Any]:
    return {
        "office": period.office.slug,
        "from": period.first.isoformat(),
        "to": period.last.isoformat(),
        "total": _figures_json(period.total),
        "days": [{"day": name, **_figures_json(one)} for name, one in period.days.items()],
        "lines": _named_groups_json(period.lines),
        "services": _named_groups_json(period.services),
    }


def _named_groups_json(groups: Mapping[str, VisitFigures] | None) -> list[dict[str, Any]] | None:
    if groups is None:
        return None
    return [{"slug": name, **_figures_json(one)} for name, one in groups.items()]


def _figures_json(found: VisitFigures) -> dict[str, Any]:
    return {
        **{name: getattr(found, name) for name in COUNT_FIELDS},
        **{name: _distribution_json(getattr(found, name)) for name in DISTRIBUTION_FIELDS},
        **{name: _proportion_json(getattr(found, name)) for name in PROPORTION_FIELDS},
    }


def _distribution_json(found: DurationDistribution) -> dict[str, Any]:
    measured = {name: getattr(found, name) for name in DISTRIBUTION_VALUES}
    return {"count": found.count, **{name: None if one is None else round(one) for name, one in measured.items()}}


def _proportion_json(found: Proportion) -> dict[str, Any]:
    return {"of": found.of, "count": found.count, "share": None if found.share is None else round(found.share, 4)}


def _csv_response(period: StatisticsPeriod) -> Response:
    """Return one row per group, the total first. `wait.p50_s` of the JSON is `wait_p50_s`."""
    text = io.StringIO()
    rows = [
        {"group": group, "name": name, **_flatten(_figures_json(one))}
        for group, name, one in _iterate_groups(period)
    ]
    table = csv.DictWriter(text, rows[0].keys())
    table.writeheader()
    table.writerows(rows)
    name = f"{period.office.slug}-{period.first}-{period.last}.csv"
    headers = {
        "Content-Disposition": f'attachment; filename="{name}"',
        "Cache-Control": "no-store",
        "Vary": "Accept",
    }
    return Response(text.getvalue(), 200, headers, CSV_MEDIA_TYPE)


def _iterate_groups(period: StatisticsPeriod) -> Iterator[tuple[str, str, VisitFigures]]:
    yield "office", period.office.slug, period.total
    for group, found in (("day", period.days), ("line", period.lines), ("service", period.services)):
        for name, one in (found or {}).items():
            yield group, name, one


def _flatten(found: Mapping[str, Any]) -> dict[str, Any]:
    """Convert `{"wait": {"p50_s": 60}}` to `{"wait_p50_s": 60}`."""
    flat: dict[str, Any] = {}
    for name, value in found.items():
        inner = value if isinstance(value, dict) else {"": value}
        flat |= {f"{name}_{word}".rstrip("_"): one for word, one in inner.items()}
    return flat


routes = [Route("/api/v1/stats/offices/{office}", get_statistics, methods=["GET"])]
