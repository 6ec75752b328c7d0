"""Forms that add, change, remove and order the lines, services and desks of an office."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Literal

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from ....appointments.service import Appointment
from ....core.db.audit_entries import AuditActor
from ....core.errors import FieldError, Invalid, Malformed
from ....core.i18n.catalogues import N_
from ....core.web import forms, requests
from ....offices.service import REQUIRED_DETAILS, OfficeDocument
from ...actions.change_office import SavedOffice, change_office
from ...domain.document_changes import Path, apply_values
from ...domain.part_edits import move_part, remove_part
from ...domain.proposals import is_slug, propose_slug
from ...queries.office_settings import check_office
from ..manage_page import MANAGE_PATH, require_manager
from ..office_form import FormValues, OfficeForm

PartTable = Literal["lines", "services", "desks", "texts"]
SLUG_FIELD = "slug"
SLUG_LABEL = N_("Short name")
PLACES_BY_WAY = {"up": -1, "down": 1}


class PartForm(OfficeForm):
    """A form of one line, service or desk. `key`: its slug or name."""

    table: PartTable
    key: str

    @property
    def list_path(self) -> str:
        return part_list_path(self.slug, self.table)

    def path(self, *names: str) -> Path:
        """Return the path of a value of the part."""
        return (self.table, self.key, *names)

    def done_url(self, saved: SavedOffice) -> str:
        return self.list_path


class NewPartForm(PartForm):
    """A form that adds a part with a short name, which it proposes from the Spanish name."""

    key = "-"  # until the typed values tell the short name

    def read(self, document: OfficeDocument) -> FormValues:
        return {one.name: one.read({}) for one in self.fields(document)} | {SLUG_FIELD: ""}

    def typed(self, document: OfficeDocument, sent: FormData) -> FormValues:
        return super().typed(document, sent) | {SLUG_FIELD: str(sent.get(SLUG_FIELD) or "").strip()}

    def labels(self, document: OfficeDocument) -> dict[str, str]:
        return super().labels(document) | {SLUG_FIELD: SLUG_LABEL}

    def field_of_path(self, document: OfficeDocument, path: Path) -> str | None:
        return super().field_of_path(document, path) or (SLUG_FIELD if path == (SLUG_FIELD,) else None)

    def write(self, document: OfficeDocument, values: FormValues) -> OfficeDocument:
        taken = document[self.table]
        errors = slug_errors(values[SLUG_FIELD], taken)
        proposed = propose_slug(values["names.es"], taken) or propose_slug(self.table, taken)
        self.key = proposed if errors or not values[SLUG_FIELD] else values[SLUG_FIELD]
        return checked(super().write(document, values), errors)


class RemovePartForm(PartForm):
    """A page that asks before a part is removed.

    `affected`: appointments that no longer fit afterwards.
    """

    template = "management/remove.html"
    affected: Collection[Appointment] = ()

    def fields(self, document: OfficeDocument) -> tuple[()]:
        return ()

    def write(self, document: OfficeDocument, values: FormValues) -> OfficeDocument:
        return remove_part(document, self.table, self.key)


def part_list_path(slug: str, table: PartTable) -> str:
    """Return the page that lists these parts of an office."""
    return f"{MANAGE_PATH}/o/{slug}/{table}"


def slug_errors(slug: str, taken: Collection[str]) -> list[FieldError]:
    """Return what is wrong with a typed short name. Empty is right: it is proposed."""
    if slug and not is_slug(slug):
        return [FieldError(f"office.{SLUG_FIELD}", "not_a_slug")]
    return [FieldError(f"office.{SLUG_FIELD}", "short_name_taken")] if slug in taken else []


def checked(document: Mapping[str, Any], errors: list[FieldError]) -> OfficeDocument:
    """Return the document. Raises Invalid with these errors and those of the document."""
    if not errors:
        return dict(document)
    try:
        check_office(document)
    except Invalid as invalid:
        known = {error.field for error in errors}
        errors += [error for error in invalid.fields if error.field not in known]
    raise Invalid(*errors)


def missing_details(document: Mapping[str, Any]) -> list[FieldError]:
    """Return an error for each detail that citizens need and the document lacks."""
    return [FieldError(f"office.{name}", "required") for name in REQUIRED_DETAILS if not document.get(name)]


def apply_to_part(document: OfficeDocument, path: Path, values: Mapping[str, Any]) -> OfficeDocument:
    """Return a copy with values of one part, by name."""
    return apply_values(document, [((*path, name), value) for name, value in values.items()])


async def submit_move(request: Request, table: PartTable) -> Response:
    """Move a part one place up or down: the button sends `move=up:KEY`.

    Raises NotFound, Malformed.
    """
    slug = request.path_params["office"]
    principal = await require_manager(request, slug)
    sent = await forms.read_form(request)
    way, _, key = str(sent.get("move") or "").partition(":")
    if way not in PLACES_BY_WAY:
        raise Malformed("malformed")

    def edit(document: OfficeDocument) -> OfficeDocument:
        return move_part(document, table, key, PLACES_BY_WAY[way])

    runtime = requests.current_runtime(request)
    saved = await change_office(runtime, AuditActor.from_principal(principal), slug, edit)
    keys = [service.slug for service in saved.office.services] if table == "services" else []
    keys = keys or [desk.name for desk in saved.office.desks]
    return requests.see_other(f"{part_list_path(slug, table)}?moved={way}-{keys.index(key)}")
