"""Overview of an office, `/staff/manage/o/{office}`: first steps, showing it to citizens."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ....core.auth import Principal
from ....core.errors import Refused
from ....core.i18n.catalogues import N_
from ....core.web import requests
from ....offices.service import Office, OfficeDocument, hours
from ...actions.change_office import SavedOffice
from ...domain.document_changes import apply_values
from ...domain.readiness import Readiness
from ..manage_page import MANAGE_PATH, OFFICE_SECTIONS, require_manager
from ..office_form import FormField, FormValues, OfficeForm, form_routes
from .setup_page import judge_offices, load_setup, render_setup_page

OVERVIEW_PATH = MANAGE_PATH + "/o/{office}"
LISTED_PATH = OVERVIEW_PATH + "/listed"
SWITCH_PATH = MANAGE_PATH + "/switch"


async def show_overview(request: Request) -> Response:
    """`GET /staff/manage/o/{office}`."""
    slug = request.path_params["office"]
    principal = await require_manager(request, slug)
    runtime = requests.current_runtime(request)
    async with runtime.read_session() as session:
        setup = await load_setup(session, slug)
    return render_setup_page(
        request,
        "management/overview.html",
        principal,
        setup,
        section="office",
        is_open=hours.is_open(setup.office.hours, runtime.now()),
        opens_at=hours.next_opening_time(setup.office.hours, runtime.now()),
        created="created" in request.query_params,
        copied_from=request.state.manageable_offices.get(request.query_params.get("created", "")),
    )


class ListingForm(OfficeForm):
    """The question whether citizens shall find the office in lists; `listed=1` or `listed=0`."""

    section = "office"
    template = "management/listed.html"
    readiness: Readiness
    people = 0

    async def prepare(self, session: AsyncSession, principal: Principal, office: Office) -> None:
        setup = (await judge_offices(session, [office]))[0]
        self.readiness, self.people = setup.readiness, setup.people

    def fields(self, document: OfficeDocument) -> Sequence[FormField]:
        return (FormField("listed", ("listed",), N_("Shown in lists for citizens"), "flag"),)

    def typed(self, document: OfficeDocument, sent: FormData) -> FormValues:
        return {"listed": sent.get("listed") == "1"}

    def write(self, document: OfficeDocument, values: FormValues) -> OfficeDocument:
        if values["listed"] and not self.readiness.is_ready:
            raise Refused("not_ready")
        return apply_values(document, [(("listed",), values["listed"])])

    def context(self, office: Office, document: OfficeDocument) -> Mapping[str, Any]:
        return {"readiness": self.readiness}

    def done_url(self, saved: SavedOffice) -> str:
        return f"{MANAGE_PATH}/o/{self.slug}"


async def switch_office(request: Request) -> Response:
    """`GET /staff/manage/switch?office=&section=`: the same section of another office."""
    await require_manager(request)
    slug = request.query_params.get("office", "")
    if slug not in request.state.manageable_offices:
        return requests.see_other(MANAGE_PATH)
    sections = {key: path for key, path, _label in OFFICE_SECTIONS}
    path = sections.get(request.query_params.get("section", ""), sections["office"])
    return requests.see_other(path.format(office=slug))


routes = [
    Route(SWITCH_PATH, switch_office, methods=["GET"]),
    Route(OVERVIEW_PATH, show_overview, methods=["GET"]),
    *form_routes(LISTED_PATH, ListingForm),
]
