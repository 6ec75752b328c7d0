"""Page `/staff/manage/o/{office}/what-if`: simulated days with other desks or hours.

`GET` only: the address is the question, so that it can be kept and sent to a colleague.
"""

from __future__ import annotations

import time as clock
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ....core.auth import Principal
from ....core.db.process_cache import ProcessCache
from ....core.db.rate_limits import FloodLimit
from ....core.errors import FieldError, Invalid, RateLimited, Refused
from ....core.formats.charts import ChartBar, ChartText, draw_pairs
from ....core.i18n.catalogues import N_, GettextFunction
from ....core.i18n.numbers import format_decimal, format_figure
from ....core.web import requests
from ....offices.service import Office, office_by_slug
from ....queue.service import (
    AWAY_AFTER,
    MAX_MORE_DESKS,
    RECENT,
    TYPED,
    UNRECORDED_GAP,
    HourComparison,
    HourRange,
    PlannedWhatIf,
    WhatIfAnswer,
    WhatIfQuestion,
    WhatIfResult,
    answer_what_if,
    kept_answer,
    recorded_days,
    usual_hours,
)
from ..manage_page import MANAGE_PATH, render_manage_page, require_manager
from .what_if_form import MAX_TARGET_MIN, WhatIfForm, parse_what_if

ONE_MINUTE = timedelta(minutes=1)
WHAT_IF_PATH = MANAGE_PATH + "/o/{office}/what-if"
SIMULATIONS_PER_MINUTE = 6  # of a person: each takes up to eight seconds of a core
WEEKDAY_NAMES = (
    N_("Mondays"),
    N_("Tuesdays"),
    N_("Wednesdays"),
    N_("Thursdays"),
    N_("Fridays"),
    N_("Saturdays"),
    N_("Sundays"),
)
BUSY_CODES = {"simulation_busy": 503, "simulation_failed": 503, "rate_limited": 429}


class WhatIfLimit:
    """Simulations of each person in this process."""

    def __init__(self) -> None:
        self._by_person = FloodLimit(SIMULATIONS_PER_MINUTE)

    def check(self, person_id: str) -> None:
        """Count a simulation. Raises RateLimited."""
        if not self._by_person.take_token(person_id, clock.monotonic()):
            raise RateLimited(retry_after_s=60 // SIMULATIONS_PER_MINUTE)


async def show_what_if(request: Request) -> Response:
    """Show the question, and the answer if the address asks for it."""
    slug = request.path_params["office"]
    principal = await require_manager(request, slug)
    runtime = requests.current_runtime(request)
    async with runtime.read_session() as session:
        office = await office_by_slug(session, slug)
        days = await recorded_days(session, office, runtime.now())
    form = parse_what_if(request.query_params, office, days)
    answer: WhatIfAnswer | None = None
    refused, errors = "", dict(form.errors)
    if form.question is not None:
        try:
            answer = await _answer(request, principal, office, form.question)
        except Invalid as invalid:
            errors = {error.field: error for error in invalid.fields}
        except (Refused, RateLimited) as problem:
            refused = problem.code
    return _render(request, principal, office, days, form, errors, answer, refused)


async def _answer(
    request: Request, principal: Principal, office: Office, question: WhatIfQuestion
) -> WhatIfAnswer:
    """Return the kept answer, which costs nothing, or count a simulation and run it."""
    runtime = requests.current_runtime(request)
    if (kept := kept_answer(runtime, office, question)) is not None:
        return kept
    caches: ProcessCache = runtime.db.process_cache
    caches.get(WhatIfLimit).check(principal.id)
    return await answer_what_if(runtime, office, question)


def _render(
    request: Request,
    principal: Principal,
    office: Office,
    days: Sequence[date],
    form: WhatIfForm,
    errors: Mapping[str, FieldError],
    answer: WhatIfAnswer | None,
    refused: str,
) -> Response:
    t = requests.current_gettext(request)
    planned, result = answer or (None, None)
    status = BUSY_CODES.get(refused, 422 if errors else 200)
    now = requests.current_runtime(request).now()
    return render_manage_page(
        request,
        "management/figures/what_if.html",
        principal,
        section="what-if",
        office=office,
        status_code=status,
        values=form.values,
        arrivals=form.arrivals,
        errors={name: requests.error_text(request, error.code, error.params) for name, error in errors.items()},
        demands=demand_options(t, days),
        day_options=days,
        typed_hours=_typed_hours(office, days, now),
        needs_typing=not days or refused == "little_history",
        max_desks=MAX_MORE_DESKS,
        max_target=MAX_TARGET_MIN,
        refused=refused,
        planned=planned,
        result=result,
        is_told=bool(planned and result and is_told(planned, result)),
        desks=format_decimal(planned.desks, requests.current_language(request)) if planned else "",
        away_after_min=AWAY_AFTER // ONE_MINUTE,
        unrecorded_gap_min=UNRECORDED_GAP // ONE_MINUTE,
        has_change=form.question is not None and has_change(form.question),
        question=form.question,
        headline=headline(t, form.question, result) if form.question and result else "",
        chart=_draw_hours(t, result.hours, requests.current_language(request)) if result else "",
        again=str(request.url.path) + ("?" + request.url.query if request.url.query else ""),
    )


def _draw_hours(t: GettextFunction, hours: Sequence[HourComparison], language: str) -> Markup:
    """Draw two bars for each hour; nothing if no person was called in any."""
    pairs = [
        (f"{hour.hour}:00", _range_bar("as-is", hour.as_is), _range_bar("changed", hour.changed)) for hour in hours
    ]
    if not any(as_is or changed for _, as_is, changed in pairs):
        return Markup()
    text = ChartText(
        "what-if",
        t("Chart of the waits"),
        t("Mean wait in minutes by hour. The table below has the same figures."),
        lambda minutes: format_figure(minutes, language),
    )
    return Markup(draw_pairs(text, pairs))  # noqa: S704 - the module escapes texts


def _range_bar(kind: str, found: HourRange | None) -> ChartBar | None:
    return None if found is None else ChartBar(kind, found.mean, found.low, found.high)


def _typed_hours(office: Office, days: Sequence[date], now: Any) -> range:
    try:
        return usual_hours(office, days, now)
    except Refused:  # the office does not open within a month
        return range(9, 14)


def demand_options(t: GettextFunction, days: Sequence[date]) -> list[tuple[str, str, int]]:
    """Return value, label and number of recorded days of each kind of demand that has any."""
    counts = [sum(1 for day in days if day.weekday() == weekday) for weekday in range(7)]
    options = [(RECENT, t("The last days"), min(10, len(days)))] if days else []
    options += [(str(place), t(name), counts[place]) for place, name in enumerate(WEEKDAY_NAMES) if counts[place]]
    return [*options, (TYPED, t("People that I type in"), 0)]


def has_change(question: WhatIfQuestion) -> bool:
    """Tell whether the question differs from how it is."""
    return bool(question.more_desks or question.opens or question.closes)


def is_told(planned: PlannedWhatIf, result: WhatIfResult) -> bool:
    """Return whether the replay agrees with the recorded days, or there are none."""
    return not planned.days or result.check.is_close


def headline(t: GettextFunction, question: WhatIfQuestion, result: WhatIfResult) -> str:
    """Return the answer as a sentence, about the hour with the longest wait as it is."""
    busiest = result.busiest
    if busiest is None or busiest.as_is is None or busiest.changed is None:
        return t("There is no wait to compare.")
    before, after = round(busiest.as_is.mean), round(busiest.changed.mean)
    facts = {"before": before, "after": after, "hour": f"{busiest.hour}:00"}
    if not has_change(question):
        return t("The wait is longest at %(hour)s: %(before)s min on average.") % facts
    if after < before:
        return t("The wait would fall from %(before)s to %(after)s min at %(hour)s.") % facts
    if after > before:
        return t("The wait would rise from %(before)s to %(after)s min at %(hour)s.") % facts
    return t("The wait would stay at %(before)s min at %(hour)s.") % facts


routes = [Route(WHAT_IF_PATH, show_what_if, methods=["GET"])]
