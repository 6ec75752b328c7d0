"""Name and place of an office, `/staff/manage/o/{office}/details`."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ...core.i18n.catalogues import N_
from ...offices.service import OfficeDocument
from .manage_page import MANAGE_PATH
from .office_form import FormField, OfficeForm, show_office_form, submit_office_form

DETAILS_PATH = MANAGE_PATH + "/o/{office}/details"
FIELDS = (
    FormField("name", ("name",), N_("Name")),
    FormField("address", ("address",), N_("Address")),
    FormField("town", ("town",), N_("Town")),
    FormField("phone", ("phone",), N_("Telephone")),
    FormField("access.es", ("access", "es"), N_("Access, in Spanish")),
    FormField("access.en", ("access", "en"), N_("Access, in English")),
    FormField("timezone", ("timezone",), N_("Time zone")),
    FormField("country", ("country",), N_("Country of its public holidays")),
    FormField("subdivision", ("subdivision",), N_("Region of its public holidays")),
    FormField("listed", ("listed",), N_("Shown in lists for citizens"), "flag"),
)


class DetailsForm(OfficeForm):
    """Name, address, telephone, access, time zone and region of an office."""

    section = "office"
    template = "management/details.html"

    def fields(self, document: OfficeDocument) -> Sequence[FormField]:
        return FIELDS


async def show_details(request: Request) -> Response:
    """`GET /staff/manage/o/{office}/details`."""
    return await show_office_form(DetailsForm(request))


async def submit_details(request: Request) -> Response:
    """`POST /staff/manage/o/{office}/details`: review, save or edit."""
    return await submit_office_form(DetailsForm(request))


routes = [
    Route(DETAILS_PATH, show_details, methods=["GET"]),
    Route(DETAILS_PATH, submit_details, methods=["POST"]),
]
