"""Forms that add, change, remove and order the lines, services and desks of an office."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any, Literal

from starlette.requests import Request
from starlette.responses import Response

from ....core.db.audit_entries import AuditActor
from ....core.errors import FieldError, Invalid, Malformed
from ....core.i18n.catalogues import N_
from ....core.i18n.languages import LanguageChoice
from ....core.web import requests
from ....core.web.form_page import read_form
from ....offices.service import REQUIRED_DETAILS, OfficeDocument
from ...actions.change_office import change_office
from ...domain.part_edits import move_part, remove_part, require_part
from ...domain.proposals import is_slug, propose_slug
from ...queries.office_settings import check_office
from ..document_form import DocumentForm, OpenedForm, write_fields
from ..form_fields import NEW_KEY, FormField, FormValues, KeyField
from ..manage_page import MANAGE_PATH, require_manager

PartTable = Literal["lines", "services", "desks", "texts"]
SLUG_FIELD = "slug"
SLUG_LABEL = N_("Short name")
Values = Mapping[str, Any]
PLACES_BY_WAY = {"up": -1, "down": 1}


def require_key(opened: OpenedForm, table: PartTable, key: str) -> str:
    """Return the key of a part that exists. Raises NotFound."""
    require_part(opened.document, table, key)
    return key


def slug_field(table: PartTable) -> FormField:
    """Return the field of a new part's short name, which is proposed from its name."""
    return KeyField(SLUG_FIELD, (table, NEW_KEY), SLUG_LABEL)


def add_part(
    opened: OpenedForm, document: OfficeDocument, values: FormValues, table: PartTable, more: Values | None = None
) -> tuple[OfficeDocument, str, list[FieldError]]:
    """Return a copy with the typed part, its key, and what is wrong with a typed short name.

    `more`: values of the part that are not typed.
    """
    taken = document[table]
    slug, errors = values[SLUG_FIELD], slug_errors(values[SLUG_FIELD], taken)
    key = propose_key(opened, values, "names", taken, table) if errors or not slug else slug
    return with_new_part(opened, document, values, table, key, more), key, errors


def propose_key(opened: OpenedForm, values: FormValues, name: str, taken: Collection[str], unnamed: str) -> str:
    """Return a key made of the first typed text with Latin letters, else of `unnamed`."""
    texts = [values[f"{name}.{language}"] for language in opened.languages]
    return next(filter(None, (propose_slug(text, taken) for text in (*texts, unnamed))), "")


def with_new_part(
    opened: OpenedForm,
    document: OfficeDocument,
    values: FormValues,
    table: PartTable,
    key: str,
    more: Values | None = None,
) -> OfficeDocument:
    """Return a copy with the typed part under a key."""
    part = write_fields(opened, document, values)[table].get(NEW_KEY, {})
    return {**document, table: {**document[table], key: {**part, **(more or {})}}}


def removal_form(
    section: str,
    table: PartTable,
    template: str,
    key: Callable[[OpenedForm], str],
    *,
    done: str,
    **more: Any,
) -> DocumentForm:
    """Return the page that asks before a part is removed."""

    def fields(opened: OpenedForm) -> tuple[()]:
        require_key(opened, table, key(opened))
        return ()

    def edit(opened: OpenedForm, document: OfficeDocument, values: FormValues) -> OfficeDocument:
        return remove_part(document, table, key(opened))

    return DocumentForm(section=section, template=template, done=done, **{"fields": fields, "edit": edit, **more})


def part_list_path(slug: str, table: PartTable) -> str:
    """Return the page that lists these parts of an office."""
    return f"{MANAGE_PATH}/o/{slug}/{table}"


def slug_errors(slug: str, taken: Collection[str]) -> list[FieldError]:
    """Return what is wrong with a typed short name. Empty is right: it is proposed."""
    if slug and not is_slug(slug):
        return [FieldError(f"office.{SLUG_FIELD}", "not_a_slug")]
    return [FieldError(f"office.{SLUG_FIELD}", "short_name_taken")] if slug in taken else []


def checked(document: Mapping[str, Any], errors: list[FieldError], languages: LanguageChoice) -> OfficeDocument:
    """Return the document. Raises Invalid with these errors and those of the document."""
    if not errors:
        return dict(document)
    try:
        check_office(document, languages)
    except Invalid as invalid:
        known = {error.field for error in errors}
        errors += [error for error in invalid.fields if error.field not in known]
    raise Invalid(*errors)


def missing_details(document: Mapping[str, Any]) -> list[FieldError]:
    """Return an error for each detail that citizens need and the document lacks."""
    return [FieldError(f"office.{name}", "required") for name in REQUIRED_DETAILS if not document.get(name)]


async def submit_move(request: Request, table: PartTable) -> Response:
    """Move a part a place up or down: the button sends `move=up:KEY`.

    Raises NotFound, Malformed.
    """
    slug = request.path_params["office"]
    principal = await require_manager(request, slug)
    form = await read_form(request)
    way, _, key = form.text("move").partition(":")
    if way not in PLACES_BY_WAY:
        raise Malformed("malformed")

    def edit(document: OfficeDocument) -> OfficeDocument:
        return move_part(document, table, key, PLACES_BY_WAY[way])

    saved = await change_office(form.runtime, AuditActor.from_principal(principal), slug, edit)
    keys = [service.slug for service in saved.office.services] if table == "services" else []
    keys = keys or [desk.name for desk in saved.office.desks]
    return requests.see_other(f"{part_list_path(slug, table)}?moved={way}-{keys.index(key)}")
