"""Public page `/o/{office}/punctuality`: how punctual an office was in the last weeks."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ...core.web import requests
from ..domain.punctuality import MIN_HOUR_WALK_INS, MIN_VISITS, ON_TIME_MIN, WEEKS, PunctualityReport
from ..queries.punctuality_cache import load_punctuality

SCALE_STEPS_MIN = (10, 15, 20, 30, 45, 60, 90, 120, 180, 240)  # ends of the scale of waits


async def show_punctuality(request: Request) -> Response:
    """Show the figures of an office, or that there are too few visits."""
    office, report = await load_punctuality(requests.current_runtime(request), request.path_params["office"])
    return requests.render_page(
        request,
        "figures/punctuality.html",
        office=office,
        report=report,
        weeks=WEEKS,
        min_visits=MIN_VISITS,
        min_hour_walk_ins=MIN_HOUR_WALK_INS,
        on_time_min=ON_TIME_MIN,
        scale_min=scale_end_min(report),
    )


def scale_end_min(report: PunctualityReport) -> int:
    """Return the minutes at the end of the bars."""
    longest = max((hour.long_min for hour in report.hours), default=0)
    return next((step for step in SCALE_STEPS_MIN if step >= longest), longest)


routes = [Route("/o/{office}/punctuality", show_punctuality, methods=["GET"])]
