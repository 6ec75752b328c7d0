"""The page on which a host cancels for the office: first who is meant, then how many are told, then it is done."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, time
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ...appointments.service import (
    ClosedSpan,
    SpanMessage,
    cancel_by_office,
    cancel_span,
    closed_to_come,
    on_closed_days,
    open_again,
    services_of,
    span_of,
    to_cancel,
)
from ...core.auth import Principal, Role, require
from ...core.errors import Invalid, NotFound, Refused
from ...core.web import requests
from ...core.web.validation import parse
from ...offices.service import Office, hours, office_by_slug
from .host_pages import HOST
from .messages_page import day_in

PATH = "/staff/host/{office}/cancel"
FIELDS = ("date", "from", "until", "service", "mode", "reason")
SHOWN = 200  # people named on the page; the number counts all
DIGITS = 6  # of a number of people


@dataclass(frozen=True, slots=True)
class Asked:
    """What was typed, and what is wrong with it. `ready`: it says who is meant and why."""

    typed: Mapping[str, str]
    errors: Mapping[str, str]
    message: SpanMessage | None

    @property
    def ready(self) -> bool:
        return self.message is not None


async def show(request: Request) -> Response:
    """The form, for today or the `date` of the address; above it the days that closed after people had booked.

    Below it what is closed so, each to be opened again.
    """
    who = await _host(request)
    if who is None:
        return requests.see_other(f"/staff/?next={request.url.path}")
    now = requests.runtime(request).now()
    async with requests.runtime(request).reading() as session:
        office = await office_by_slug(session, request.path_params["office"])
        days = await on_closed_days(session, office, now)
        spans = await closed_to_come(session, office, now)
    day = day_in(request.query_params.get("date"), hours.local_day(office.hours, now))
    typed = dict.fromkeys(FIELDS, "") | {"date": day.isoformat()}
    said: dict[str, Any] = {
        "told": _told(request.query_params.get("told", "")),
        "opened": "opened" in request.query_params,
    }
    return _page(request, office, Asked(typed, {}, None), days=days, spans=_spans(office, spans), **said)


def _told(text: str) -> int | None:
    """How many people the last press told; None where the address does not say."""
    return int(text) if text.isdecimal() and len(text) <= DIGITS else None


async def submit(request: Request) -> Response:
    """`step=who` shows who would be told; `step=all` cancels them; `one` cancels that one."""
    who = await _host(request)
    form = await requests.form(request)
    slug, runtime = request.path_params["office"], requests.runtime(request)
    require(who, Role.HOST, slug)
    asked = _asked(request, {name: str(form.get(name) or "").strip() for name in FIELDS})
    async with runtime.reading() as session:
        office = await office_by_slug(session, slug)
        if asked.message is None:
            return _page(request, office, asked, status_code=422)
        if not form.get("one") and form.get("step") != "all":
            return await _who(request, session, office, asked)
    told = await _cancel(request, who, slug, asked.message, str(form.get("one") or ""))
    return requests.see_other(f"{PATH.format(office=slug)}?told={told}")


def _spans(office: Office, closed: Sequence[ClosedSpan]) -> list[Mapping[str, Any]]:
    """What is closed, as the page lists it: the service's own object, and whether it is a whole day."""
    services = {one.id: one for one in office.services}
    return [
        {
            "id": one.id,
            "starts_at": one.starts_at,
            "ends_at": one.ends_at,
            "mode": one.mode,
            "service": services.get(one.service_id or ""),
            "whole_day": (one.starts_at, one.ends_at)
            == hours.day_bounds(office.hours, hours.local_day(office.hours, one.starts_at)),
        }
        for one in closed
    ]


async def open_span(request: Request) -> Response:
    """What was closed is given again, and the page says so; also to the second press."""
    who, slug = await _host(request), request.path_params["office"]
    await requests.form(request)
    require(who, Role.HOST, slug)
    with suppress(NotFound):
        await open_again(requests.runtime(request), who, slug, request.path_params["id"])
    return requests.see_other(f"{PATH.format(office=slug)}?opened")


async def _cancel(request: Request, who: Principal | None, slug: str, message: SpanMessage, one: str) -> int:
    """How many were told. Somebody who has cancelled or come meanwhile is not."""
    if not one:
        return len(await cancel_span(requests.runtime(request), who, slug, span_of(message), message.reason))
    try:
        await cancel_by_office(requests.runtime(request), who, one, message.reason)
    except (Refused, NotFound):
        return 0
    return 1


async def _who(request: Request, session: AsyncSession, office: Office, asked: Asked) -> Response:
    assert asked.message is not None
    meant = await to_cancel(session, office, span_of(asked.message), requests.runtime(request).now())
    return _page(request, office, asked, meant=meant[:SHOWN], count=len(meant))


def _asked(request: Request, typed: Mapping[str, str]) -> Asked:
    try:
        return Asked(typed, {}, parse(SpanMessage, typed))
    except Invalid as invalid:
        return Asked(typed, requests.field_texts(request, invalid), None)


def _page(request: Request, office: Office, asked: Asked, *, status_code: int = 200, **shown: Any) -> Response:
    """`shown`: whatever else this step of the page has to say."""
    nothing = {"meant": None, "count": 0, "told": None, "opened": False, "days": None, "spans": ()}
    return requests.render(
        request,
        "staff/cancel.html",
        status_code=status_code,
        office=office,
        services_of=services_of,
        asked=asked,
        noon=_noon(office, asked),
        back=f"{HOST}?office={office.slug}",
        **nothing | shown,
    )


def _noon(office: Office, asked: Asked) -> datetime | None:
    """A moment of the day that is meant, by which a page can name it."""
    return datetime.combine(asked.message.date, time(12), office.timezone) if asked.message else None


async def _host(request: Request) -> Principal | None:
    found = await requests.principal(request)
    if found is None or found.key:
        return None
    return require(found, Role.HOST, request.path_params["office"])


routes = [
    Route(PATH, show),
    Route(PATH, submit, methods=["POST"]),
    Route(f"{PATH}/{{id}}/open", open_span, methods=["POST"]),
]
