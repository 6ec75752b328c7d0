"""Services of an office, `/staff/manage/o/{office}/services`: new, copy, change, order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ....appointments.service import Appointment
from ....core.errors import FieldError, NotAllowed
from ....core.i18n.languages import text_in_language
from ....core.web import requests
from ....offices.service import (
    MODE_OPTIONS,
    OfficeDocument,
    OfficeService,
    all_offices,
    office_by_slug,
    office_to_document,
)
from ...actions.change_office import preview_office_change
from ...domain.document_changes import apply_values
from ...domain.part_edits import remove_part, require_part
from ..document_form import OFFICE_PATH, DocumentForm, OpenedForm, form_routes, write_fields
from ..form_fields import NEW_KEY, FormField, FormValues, details_to_show, part_fields
from ..manage_page import render_manage_page, require_manager
from .part_form import add_part, checked, removal_form, require_key, slug_field, submit_move
from .setup_page import render_part_list

SERVICES_PATH = OFFICE_PATH + "/services"
DEFAULT_MINUTES = "10"
MAX_SHOWN_APPOINTMENTS = 50  # named on the page; the count includes all


def _service_fields(opened: OpenedForm, key: str) -> list[FormField]:
    lines = {line.slug: f"{line.letter} · {line.name(opened.language)}" for line in opened.office.lines}
    fields = part_fields(OfficeService, ("services", key), opened.languages)
    return [replace(each, options=lines) if each.name == "line" else each for each in fields]


def _checked_modes(
    opened: OpenedForm, document: OfficeDocument, key: str, values: FormValues, errors: Sequence[FieldError] = ()
) -> OfficeDocument:
    """Remove the places of modes that are not chosen. Raises Invalid, also without any mode."""
    unused = [mode for mode in MODE_OPTIONS if mode not in values["modes"]]
    document = apply_values(document, [(("services", key, "capacity", mode), None) for mode in unused])
    missing = [] if values["modes"] else [FieldError(f"office.services.{key}.modes", "choose_modes")]
    return checked(document, [*errors, *missing], opened.language_choice)


def _service_context(opened: OpenedForm, values: FormValues) -> Mapping[str, Any]:
    details = details_to_show(opened.fields)
    return {"lines": opened.office.lines, "mode_options": MODE_OPTIONS, "details": details}


# A present service


def _changed_service_fields(opened: OpenedForm) -> Sequence[FormField]:
    return _service_fields(opened, require_key(opened, "services", opened.part("service")))


def _change_service(opened: OpenedForm, document: OfficeDocument, values: FormValues) -> OfficeDocument:
    return _checked_modes(opened, write_fields(opened, document, values), opened.part("service"), values)


def _changed_service_context(opened: OpenedForm, values: FormValues) -> Mapping[str, Any]:
    return {**_service_context(opened, values), "service": opened.office.service(opened.part("service"))}


CHANGED_SERVICE = DocumentForm(
    section="services",
    template="management/service.html",
    fields=_changed_service_fields,
    done=SERVICES_PATH,
    edit=_change_service,
    context=_changed_service_context,
)


# A new service; `?copy=OFFICE.SERVICE` fills it from that of another office


@dataclass(frozen=True, slots=True)
class ServiceSource:
    """The service to copy, None for none, and whether other offices have services."""

    service: Mapping[str, Any] | None
    has_others: bool


async def _load_source(session: AsyncSession, opened: OpenedForm) -> ServiceSource:
    allowed = opened.principal.can_access_office
    offices = [office for office in await all_offices(session) if allowed(office.slug)]
    has_others = any(office.services for office in offices if office.slug != opened.office.slug)
    slug, _, service = opened.request.query_params.get("copy", "").partition(".")
    if not slug:
        return ServiceSource(None, has_others)
    if not allowed(slug):
        raise NotAllowed
    document = office_to_document(await office_by_slug(session, slug))
    return ServiceSource(require_part(document, "services", service), has_others)


def _propose_service(opened: OpenedForm) -> FormValues:
    document, lines, source = opened.document, list(opened.document["lines"]), opened.loaded.service
    if source is not None:
        copied = opened.read({**document, "services": {NEW_KEY: source}})
        return copied | {"line": source["line"] if source["line"] in lines else ""}
    return {
        "line": lines[0] if len(lines) == 1 else "",
        "minutes": DEFAULT_MINUTES,
        "modes": ["in_person"],
        "walk_in": True,
        "capacity.in_person": str(max(len(document["desks"]), 1)),
        "capacity.video": "1",
        "capacity.phone": "1",
    }


def _add_service(opened: OpenedForm, document: OfficeDocument, values: FormValues) -> OfficeDocument:
    source = opened.loaded.service
    more = {"agenda": dict(source["agenda"])} if source else {}
    added, key, errors = add_part(opened, document, values, "services", more)
    return _checked_modes(opened, added, key, values, errors)


def _new_service_context(opened: OpenedForm, values: FormValues) -> Mapping[str, Any]:
    source = opened.loaded
    more = {"has_sources": source.has_others, "is_copy": bool(source.service)}
    return {**_service_context(opened, values), **more}


NEW_SERVICE = replace(
    CHANGED_SERVICE,
    template="management/service_new.html",
    fields=lambda opened: [*_service_fields(opened, NEW_KEY), slug_field("services")],
    load=_load_source,
    propose=_propose_service,
    edit=_add_service,
    context=_new_service_context,
)


# Removal of a service with its upcoming appointments


async def _load_affected(session: AsyncSession, opened: OpenedForm) -> list[Appointment]:
    def remove(document: OfficeDocument) -> OfficeDocument:
        return remove_part(document, "services", opened.part("service"))

    change = await preview_office_change(session, opened.office.slug, remove, opened.now, opened.language_choice)
    return list(change.affected)


def _removed_service_context(opened: OpenedForm, values: FormValues) -> Mapping[str, Any]:
    affected: list[Appointment] = opened.loaded
    return {
        "service": opened.office.service(opened.part("service")),
        "affected": affected[:MAX_SHOWN_APPOINTMENTS],
        "affected_count": len(affected),
        "service_names": service_names(opened.request, affected),
    }


REMOVED_SERVICE = removal_form(
    "services",
    "services",
    "management/service_remove.html",
    lambda opened: opened.part("service"),
    done=SERVICES_PATH,
    load=_load_affected,
    context=_removed_service_context,
)


def service_names(request: Request, affected: Sequence[Appointment]) -> dict[str, str]:
    """Return the name of each appointment's service by its id."""
    language = requests.current_language(request)
    return {each.id: text_in_language(each.service_names, language) or each.service_slug for each in affected}


async def list_services(request: Request) -> Response:
    return await render_part_list(request, "services", "management/services.html")


async def order_services(request: Request) -> Response:
    """`POST /staff/manage/o/{office}/services/order`: move a service up or down."""
    return await submit_move(request, "services")


async def show_service_sources(request: Request) -> Response:
    """`GET /staff/manage/o/{office}/services/copy`: services of the reader's other offices."""
    slug = request.path_params["office"]
    principal = await require_manager(request, slug)
    async with requests.current_runtime(request).read_session() as session:
        office = await office_by_slug(session, slug)
        offices = [office for office in await all_offices(session) if principal.can_access_office(office.slug)]
    sources = [office for office in offices if office.slug != slug and office.services]
    return render_manage_page(
        request, "management/service_copy.html", principal, section="services", office=office, sources=sources
    )


routes = [
    Route(SERVICES_PATH, list_services, methods=["GET"]),
    Route(SERVICES_PATH + "/order", order_services, methods=["POST"]),
    Route(SERVICES_PATH + "/copy", show_service_sources, methods=["GET"]),
    *form_routes(SERVICES_PATH + "/new", NEW_SERVICE),
    *form_routes(SERVICES_PATH + "/{service}", CHANGED_SERVICE),
    *form_routes(SERVICES_PATH + "/{service}/remove", REMOVED_SERVICE),
]
