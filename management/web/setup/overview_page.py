"""Overview of an office, `/staff/manage/o/{office}`: first steps, showing it to citizens."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ....core.errors import Refused
from ....core.i18n.catalogues import N_
from ....core.web import requests
from ....offices.service import OfficeDocument, hours
from ...domain.readiness import Readiness
from ..document_form import OFFICE_PATH, DocumentForm, OpenedForm, form_routes, write_fields
from ..form_fields import FormField, FormValues
from ..manage_page import MANAGE_PATH, OFFICE_SECTIONS, require_manager
from .setup_page import judge_offices, load_setup, render_setup_page

OVERVIEW_PATH = OFFICE_PATH
LISTED_PATH = OVERVIEW_PATH + "/listed"
SWITCH_PATH = MANAGE_PATH + "/switch"


async def show_overview(request: Request) -> Response:
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


@dataclass(frozen=True, slots=True)
class ListedField(FormField):
    """Whether citizens shall find the office in lists: `listed=1` or `listed=0`."""

    def typed(self, sent: FormData) -> Any:
        return sent.get(self.name) == "1"


async def _load_readiness(session: AsyncSession, opened: OpenedForm) -> Readiness:
    return (await judge_offices(session, [opened.office]))[0].readiness


def _change_listing(opened: OpenedForm, document: OfficeDocument, values: FormValues) -> OfficeDocument:
    if values["listed"] and not opened.loaded.is_ready:
        raise Refused("not_ready")
    return write_fields(opened, document, values)


LISTING = DocumentForm(
    section="office",
    template="management/listed.html",
    fields=lambda opened: [ListedField("listed", ("listed",), N_("Shown in lists for citizens"), "flag")],
    done=OVERVIEW_PATH,
    load=_load_readiness,
    edit=_change_listing,
    context=lambda opened, values: {"readiness": opened.loaded},
)


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
    *form_routes(LISTED_PATH, LISTING),
]
