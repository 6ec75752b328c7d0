"""Name and place of an office, `/staff/manage/o/{office}/details`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...core.i18n.catalogues import N_
from ...offices.service import OfficeDocument
from .document_form import OFFICE_PATH, DocumentForm, OpenedForm, form_routes, write_fields
from .form_fields import FormField, FormValues
from .place_choices import place_choices
from .setup.part_form import checked, missing_details

DETAILS_PATH = OFFICE_PATH + "/details"
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


def _show_regions(opened: OpenedForm) -> FormValues:
    """Return the country of `?country=ES`, whose regions the script asks for."""
    country = opened.request.query_params.get("country")
    return {} if country is None else {"country": country}


def _change_details(opened: OpenedForm, document: OfficeDocument, values: FormValues) -> OfficeDocument:
    written = write_fields(opened, document, values)
    return checked(written, missing_details(written))


def _places(opened: OpenedForm, values: FormValues) -> Mapping[str, Any]:
    return place_choices(opened.language, opened.now, values)


DETAILS = DocumentForm(
    section="office",
    template="management/details.html",
    fields=lambda opened: FIELDS,
    done=OFFICE_PATH,
    propose=_show_regions,
    edit=_change_details,
    context=_places,
)

routes = form_routes(DETAILS_PATH, DETAILS)
