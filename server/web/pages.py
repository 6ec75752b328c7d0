"""The pages that belong to no feature: home, accessibility, privacy."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ...core.web import requests
from ...offices.service import Office, all_offices, hours
from ...queue.service import LineWait, waits


@dataclass(frozen=True, slots=True)
class OfficeNow:
    """One office as the home page shows it: open, and when one would be called; or when it opens."""

    office: Office
    open: bool
    opens_at: datetime | None
    waits: list[LineWait]

    @property
    def eta(self) -> tuple[datetime, datetime] | None:
        """The range of the shortest line; None when no line has one."""
        ranges = [wait.eta for wait in self.waits if wait.eta is not None]
        return min(ranges, default=None)


async def offices_now(request: Request) -> list[OfficeNow]:
    """All offices with their waits at this moment."""
    now = requests.runtime(request).now()
    async with requests.runtime(request).reading() as session:
        return [
            OfficeNow(
                office=office,
                open=hours.is_open(office.hours, now),
                opens_at=hours.next_opening(office.hours, now),
                waits=await waits(session, office, now, requests.language(request)),
            )
            for office in await all_offices(session)
        ]


async def home(request: Request) -> Response:
    """What do you need today?"""
    offices = await offices_now(request)
    return requests.render(request, "home.html", offices=offices, first_open=_first_open(offices))


def _first_open(offices: list[OfficeNow]) -> OfficeNow | None:
    open_now = [one for one in offices if one.open and not one.office.paused]
    return open_now[0] if open_now else None


async def choose_office(request: Request) -> Response:
    """Where do you want to take your turn? For those who come without the office's poster."""
    offices = await offices_now(request)
    context: dict[str, Any] = {"offices": offices, "with_appointment": "appointment" in request.query_params}
    return requests.render(request, "turn.html", **context)


async def accessibility(request: Request) -> Response:
    """How the site is made accessible, and whom to ask."""
    return requests.render(request, "accessibility.html")


async def privacy(request: Request) -> Response:
    """Which data are kept, what for, and for how long."""
    return requests.render(request, "privacy.html")


routes = [
    Route("/", home),
    Route("/turn", choose_office),
    Route("/accessibility", accessibility),
    Route("/privacy", privacy),
]
