"""Name and place of an office, `/staff/manage/o/{office}/details`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...offices.service import OFFICE_FACTS, Office, OfficeDocument
from .document_form import OFFICE_PATH, DocumentForm, OpenedForm, form_routes, write_fields
from .form_fields import FormValues, part_fields
from .place_choices import place_choices
from .setup.part_form import checked, missing_details

DETAILS_PATH = OFFICE_PATH + "/details"
KEYS = ("name", "address", "town", "phone", *OFFICE_FACTS, "timezone", "country", "subdivision")


def _show_regions(opened: OpenedForm) -> FormValues:
    """Return the country of `?country=ES`, whose regions the script asks for."""
    country = opened.request.query_params.get("country")
    return {} if country is None else {"country": country}


def _change_details(opened: OpenedForm, document: OfficeDocument, values: FormValues) -> OfficeDocument:
    written = write_fields(opened, document, values)
    return checked(written, missing_details(written), opened.language_choice)


def _places(opened: OpenedForm, values: FormValues) -> Mapping[str, Any]:
    return place_choices(opened.language, opened.now, values)


DETAILS = DocumentForm(
    section="office",
    template="management/details.html",
    fields=lambda opened: part_fields(Office, (), opened.languages, KEYS),
    done=OFFICE_PATH,
    propose=_show_regions,
    edit=_change_details,
    context=_places,
)

routes = form_routes(DETAILS_PATH, DETAILS)
