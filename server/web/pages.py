"""Pages of no feature: home, office choice, accessibility, privacy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ...core.i18n.catalogues import N_
from ...core.web import requests
from ...offices.service import (
    SEARCHED_FROM_OFFICES,
    Office,
    find_offices_by_place,
    hours,
    public_offices,
    searched_place,
)
from ...queue.service import LineWait, line_waits
from .privacy_facts import COOKIES, STORED, STORED_IN_BROWSER

# By code and whether it lasts today. An office with services for appointments only says so at any hour.
NO_TURNS_TEXTS: Mapping[tuple[str, bool], str] = {
    ("no_capacity", False): N_("There are too many people at the moment. Try again later."),
    ("no_capacity", True): N_("There is no time left today to see anyone else."),
    ("walk_ins_stopped", False): N_("Only with an appointment for now."),
    ("quota_reached", True): N_("Only with an appointment today."),
    ("appointment_only", True): N_("Only with an appointment."),
}


@dataclass(frozen=True, slots=True)
class OfficeStatus:
    """An office on the home page: its waits now, or when it opens."""

    office: Office
    open: bool
    opens_at: datetime | None
    waits: list[LineWait]

    @property
    def no_turns_text(self) -> str | None:
        """Return why no line gives a turn, by the refusal that ends first; else None."""
        refusals = [wait.refusal for wait in self.waits if wait.refusal]
        keys = {(refusal.code, refusal.lasts_today) for refusal in refusals}
        if len(refusals) < len(self.waits):
            return None
        return next((text for key, text in NO_TURNS_TEXTS.items() if key in keys), None)

    @property
    def eta(self) -> tuple[datetime, datetime] | None:
        """Return the expected call of the shortest line; None if no line has a forecast."""
        ranges = [wait.eta for wait in self.waits if wait.eta is not None]
        return min(ranges, default=None)


async def load_office_statuses(request: Request) -> list[OfficeStatus]:
    """Load the public offices with their current waits."""
    now = requests.current_runtime(request).now()
    async with requests.current_runtime(request).read_session() as session:
        return [
            OfficeStatus(
                office=office,
                open=hours.is_open(office.hours, now),
                opens_at=hours.next_opening_time(office.hours, now),
                waits=await line_waits(session, office, now, requests.current_language(request)),
            )
            for office in await public_offices(session)
        ]


async def show_home(request: Request) -> Response:
    """`GET /`: the home page."""
    return requests.render_page(request, "home.html", **await _searched_offices(request))


async def _searched_offices(request: Request) -> dict[str, Any]:
    """Load the offices, those that the address searches for if the list is long."""
    statuses = await load_office_statuses(request)
    query = searched_place(request.query_params) if len(statuses) >= SEARCHED_FROM_OFFICES else None
    found = {office.slug for office in find_offices_by_place((status.office for status in statuses), query or "")}
    return {"offices": [status for status in statuses if status.office.slug in found], "query": query}


async def show_office_choice(request: Request) -> Response:
    """`GET /turn`: the choice of an office, for citizens without the code of its poster."""
    with_appointment = "appointment" in request.query_params
    offices = await _searched_offices(request)
    return requests.render_page(request, "turn.html", with_appointment=with_appointment, **offices)


async def show_accessibility(request: Request) -> Response:
    site_url = requests.current_runtime(request).public_url
    return requests.render_page(request, "accessibility.html", site_url=site_url)


async def show_privacy(request: Request) -> Response:
    settings = request.state.settings
    return requests.render_page(
        request,
        "privacy.html",
        kept_days=settings.contacts_kept_days,
        acceptances_kept_days=max(settings.acceptances_kept_days, settings.contacts_kept_days),
        stored=STORED,
        channels=[offer for offer in requests.offered_channels(request) if offer.texts.privacy],
        model_operator=settings.chat_model_operator.strip() if settings.chat_model_url else "",
        on_device=(*COOKIES, *STORED_IN_BROWSER),
    )


routes = [
    Route("/", show_home),
    Route("/turn", show_office_choice),
    Route("/accessibility", show_accessibility),
    Route("/privacy", show_privacy),
]
