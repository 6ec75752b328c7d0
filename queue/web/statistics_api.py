"""`GET /api/v1/stats/offices/{office}`: an office's days in figures, as JSON or as a table (contract.md)."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel, Field
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ...core.auth import Role
from ...core.web import requests
from ...core.web.validation import OptionalDay, parse
from .. import service
from ..domain.line_statistics import Figures, Share, Spread
from ..queries.statistics_report import Period

CSV = "text/csv"
COUNTS = ("tickets", "walk_ins", "appointments", "served", "left", "expired")
SPREADS = ("wait", "way", "service", "delay")
MEASURED = ("mean_s", "p50_s", "p90_s", "longest_s")
MEASURED = ("mean_s", "p50_s", "p90_s", "longest_s")
SHARES = ("no_shows", "on_time", "in_range", "by_latest")


class StatisticsQuery(BaseModel):
    """`?from=&to=`: local days, both included; today without them."""

    from_: OptionalDay = Field(None, alias="from")
    to: OptionalDay = None


async def show(request: Request) -> Response:
    """The whole for everybody; for the office's managers also line by line and service by service."""
    query, slug = parse(StatisticsQuery, dict(request.query_params)), request.path_params["office"]
    caller = await requests.principal(request)
    detailed = caller is not None and caller.at_least(Role.MANAGER) and caller.works_in(slug)
    period = await service.measure(requests.runtime(request), slug, query.from_, query.to, detailed=detailed)
    if _wants_csv(request):
        return _csv(period)
    return requests.json_response(_object(period), headers={"Vary": "Accept"})


def _wants_csv(request: Request) -> bool:
    """A table only for whoever asks for it by name, before JSON."""
    accepted = [part.split(";")[0].strip() for part in request.headers.get("accept", "").split(",")]
    return next((one for one in accepted if one == CSV or one.endswith("json")), None) == CSV


def _object(period: Period) -> dict[str, Any]:
    return {
        "office": period.office.slug,
        "from": period.first.isoformat(),
        "to": period.last.isoformat(),
        "total": _figures(period.total),
        "days": [{"day": name, **_figures(one)} for name, one in period.days.items()],
        "lines": _named(period.lines),
        "services": _named(period.services),
    }


def _named(groups: Mapping[str, Figures] | None) -> list[dict[str, Any]] | None:
    if groups is None:
        return None
    return [{"slug": name, **_figures(one)} for name, one in groups.items()]


def _figures(found: Figures) -> dict[str, Any]:
    return {
        **{name: getattr(found, name) for name in COUNTS},
        **{name: _spread(getattr(found, name)) for name in SPREADS},
        **{name: _share(getattr(found, name)) for name in SHARES},
    }


def _spread(found: Spread) -> dict[str, Any]:
    measured = {name: getattr(found, name) for name in MEASURED}
    return {"count": found.count, **{name: None if one is None else round(one) for name, one in measured.items()}}


def _share(found: Share) -> dict[str, Any]:
    return {"of": found.of, "count": found.count, "share": None if found.share is None else round(found.share, 4)}


def _csv(period: Period) -> Response:
    """One row a group, the whole first; figures as in JSON, `wait_p50_s` for `wait.p50_s`."""
    text = io.StringIO()
    rows = [{"group": group, "name": name, **_flat(_figures(one))} for group, name, one in _groups(period)]
    table = csv.DictWriter(text, rows[0].keys())
    table.writeheader()
    table.writerows(rows)
    name = f"{period.office.slug}-{period.first}-{period.last}.csv"
    headers = {
        "Content-Disposition": f'attachment; filename="{name}"',
        "Cache-Control": "no-store",
        "Vary": "Accept",
    }
    return Response(text.getvalue(), 200, headers, CSV)


def _groups(period: Period) -> Iterator[tuple[str, str, Figures]]:
    yield "office", period.office.slug, period.total
    for group, found in (("day", period.days), ("line", period.lines), ("service", period.services)):
        for name, one in (found or {}).items():
            yield group, name, one


def _flat(found: Mapping[str, Any]) -> dict[str, Any]:
    """`{"wait": {"p50_s": 60}}` as `{"wait_p50_s": 60}`."""
    flat: dict[str, Any] = {}
    for name, value in found.items():
        inner = value if isinstance(value, dict) else {"": value}
        flat |= {f"{name}_{word}".rstrip("_"): one for word, one in inner.items()}
    return flat


routes = [Route("/api/v1/stats/offices/{office}", show, methods=["GET"])]
