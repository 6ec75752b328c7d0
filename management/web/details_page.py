"""Name and place of an office, `/staff/manage/o/{office}/details`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from starlette.datastructures import FormData

from ...core.i18n.catalogues import N_
from ...core.web import requests
from ...offices.service import Office, OfficeDocument
from ..actions.change_office import SavedOffice
from .manage_page import MANAGE_PATH
from .office_form import FormField, FormValues, OfficeForm, form_routes
from .place_choices import place_choices
from .setup.part_form import checked, missing_details

DETAILS_PATH = MANAGE_PATH + "/o/{office}/details"
FIELDS = (
    FormField("name", ("name",), N_("Name")),
    FormField("address", ("address",), N_("Address")),
    FormField("town", ("town",), N_("Town")),
    FormField("phone", ("phone",), N_("Telephone")),
    FormField("phone_hours.es", ("phone_hours", "es"), N_("Telephone hours, in Spanish")),
    FormField("phone_hours.en", ("phone_hours", "en"), N_("Telephone hours, in English")),
    FormField("access.es", ("access", "es"), N_("Access, in Spanish")),
    FormField("access.en", ("access", "en"), N_("Access, in English")),
    FormField("transport.es", ("transport", "es"), N_("How to get there, in Spanish")),
    FormField("transport.en", ("transport", "en"), N_("How to get there, in English")),
    FormField("parking.es", ("parking", "es"), N_("Parking, in Spanish")),
    FormField("parking.en", ("parking", "en"), N_("Parking, in English")),
    FormField("timezone", ("timezone",), N_("Time zone")),
    FormField("country", ("country",), N_("Country of its public holidays")),
    FormField("subdivision", ("subdivision",), N_("Region of its public holidays")),
)


class DetailsForm(OfficeForm):
    """Name, address, telephone, facts for citizens, time zone and region of an office."""

    section = "office"
    template = "management/details.html"
    shown: FormValues

    def fields(self, document: OfficeDocument) -> Sequence[FormField]:
        return FIELDS

    def proposed(self, document: OfficeDocument) -> FormValues:
        """Return the stored values; `?country=ES` shows the regions of a country, for the script."""
        stored = self.read(document)
        self.shown = stored | {"country": self.request.query_params.get("country", stored["country"])}
        return self.shown

    def typed(self, document: OfficeDocument, sent: FormData) -> FormValues:
        self.shown = super().typed(document, sent)
        return self.shown

    def write(self, document: OfficeDocument, values: FormValues) -> OfficeDocument:
        written = super().write(document, values)
        return checked(written, missing_details(written))

    def context(self, office: Office, document: OfficeDocument) -> Mapping[str, Any]:
        now = requests.current_runtime(self.request).now()
        return place_choices(requests.current_language(self.request), now, self.shown)

    def done_url(self, saved: SavedOffice) -> str:
        return f"{MANAGE_PATH}/o/{self.slug}"


routes = form_routes(DETAILS_PATH, DetailsForm)
