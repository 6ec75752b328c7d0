"""Services of an office, `/staff/manage/o/{office}/services`: new, copy, change, order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ....core.auth import Principal
from ....core.errors import FieldError, NotAllowed
from ....core.i18n.catalogues import N_
from ....core.web import requests
from ....offices.service import (
    STAFF_MODE_NAMES,
    Office,
    OfficeDocument,
    all_offices,
    office_by_slug,
    office_to_document,
)
from ...actions.change_office import preview_office_change
from ...domain.document_changes import apply_values
from ...domain.part_edits import require_part
from ..manage_page import MANAGE_PATH, render_manage_page, require_manager
from ..office_form import (
    MAX_SHOWN_APPOINTMENTS,
    FormField,
    FormValues,
    form_routes,
    service_names,
)
from .part_form import SLUG_FIELD, NewPartForm, PartForm, RemovePartForm, checked, submit_move
from .setup_page import render_part_list

SERVICES_PATH = MANAGE_PATH + "/o/{office}/services"
MODE_OPTIONS = {**STAFF_MODE_NAMES, "phone": N_("By telephone: an agent calls")}
DEFAULT_MINUTES = "10"


class ServiceForm(PartForm):
    """Names, line, minutes, modes, capacity, what to bring, price and words of a service."""

    section = "services"
    table = "services"
    template = "management/service.html"

    def fields(self, document: OfficeDocument) -> Sequence[FormField]:
        lines = {slug: f"{line['letter']} · {line['names']['es']}" for slug, line in document["lines"].items()}
        return (
            FormField("names.es", self.path("names", "es"), N_("Name in Spanish")),
            FormField("names.en", self.path("names", "en"), N_("Name in English")),
            FormField("line", self.path("line"), N_("Queue"), options=lines),
            FormField("minutes", self.path("minutes"), N_("Minutes of a visit"), "number"),
            FormField("modes", self.path("modes"), N_("How it is given"), "choices", MODE_OPTIONS),
            FormField("walk_in", self.path("walk_in"), N_("Also without an appointment"), "flag"),
            FormField(
                "capacity.in_person",
                self.path("capacity", "in_person"),
                N_("Appointments at the same time, in person"),
                "number",
            ),
            FormField(
                "capacity.video",
                self.path("capacity", "video"),
                N_("Appointments at the same time, by video"),
                "number",
            ),
            FormField(
                "capacity.phone",
                self.path("capacity", "phone"),
                N_("Appointments at the same time, by telephone"),
                "number",
            ),
            FormField("bring.es", self.path("bring", "es"), N_("What to bring, in Spanish")),
            FormField("bring.en", self.path("bring", "en"), N_("What to bring, in English")),
            FormField("price.es", self.path("price", "es"), N_("Price, in Spanish")),
            FormField("price.en", self.path("price", "en"), N_("Price, in English")),
            FormField("words.es", self.path("words", "es"), N_("Everyday words, in Spanish"), "lines"),
            FormField("words.en", self.path("words", "en"), N_("Everyday words, in English"), "lines"),
        )

    def write(self, document: OfficeDocument, values: FormValues) -> OfficeDocument:
        changed = super().write(document, values)
        unused = [mode for mode in MODE_OPTIONS if mode not in values["modes"]]
        changed = apply_values(changed, [(self.path("capacity", mode), None) for mode in unused])
        modes = ".".join(("office", *self.path("modes")))
        return checked(changed, [] if values["modes"] else [FieldError(modes, "choose_modes")])

    def context(self, office: Office, document: OfficeDocument) -> Mapping[str, Any]:
        return {"lines": office.lines, "mode_options": MODE_OPTIONS}


class NewServiceForm(NewPartForm, ServiceForm):
    """The form of a new service; `?copy=OFFICE.SERVICE` fills it from one of another office."""

    template = "management/service_new.html"
    source: Mapping[str, Any] | None = None
    has_sources = False

    async def prepare(self, session: AsyncSession, principal: Principal, office: Office) -> None:
        offices = [one for one in await all_offices(session) if principal.can_access_office(one.slug)]
        self.has_sources = any(one.services for one in offices if one.slug != office.slug)
        source_office, _, service = self.request.query_params.get("copy", "").partition(".")
        if not source_office:
            return
        if not principal.can_access_office(source_office):
            raise NotAllowed
        document = office_to_document(await office_by_slug(session, source_office))
        self.source = require_part(document, "services", service)

    def proposed(self, document: OfficeDocument) -> FormValues:
        lines = list(document["lines"])
        defaults = {
            "line": lines[0] if len(lines) == 1 else "",
            "minutes": DEFAULT_MINUTES,
            "modes": ["in_person"],
            "walk_in": True,
            "capacity.in_person": str(max(len(document["desks"]), 1)),
            "capacity.video": "1",
            "capacity.phone": "1",
        }
        if self.source is None:
            return self.read(document) | defaults
        source = {**document, "services": {self.key: self.source}}
        copied = {one.name: one.read(source) for one in self.fields(document)}
        return copied | {"line": self.source["line"] if self.source["line"] in lines else "", SLUG_FIELD: ""}

    def write(self, document: OfficeDocument, values: FormValues) -> OfficeDocument:
        changed = super().write(document, values)
        agenda = dict(self.source["agenda"]) if self.source else {}
        return apply_values(changed, [(self.path("agenda"), agenda)]) if agenda else changed

    def context(self, office: Office, document: OfficeDocument) -> Mapping[str, Any]:
        return {**super().context(office, document), "has_sources": self.has_sources, "is_copy": bool(self.source)}


class ChangedServiceForm(ServiceForm):
    """The form of a present service."""

    def __init__(self, request: Request) -> None:
        super().__init__(request)
        self.key = request.path_params["service"]

    def fields(self, document: OfficeDocument) -> Sequence[FormField]:
        require_part(document, self.table, self.key)
        return super().fields(document)

    def context(self, office: Office, document: OfficeDocument) -> Mapping[str, Any]:
        return {**super().context(office, document), "service": office.service(self.key)}


class RemoveServiceForm(RemovePartForm):
    """The question whether a service is removed, with its upcoming appointments."""

    section = "services"
    table = "services"
    template = "management/service_remove.html"

    def __init__(self, request: Request) -> None:
        super().__init__(request)
        self.key = request.path_params["service"]

    async def prepare(self, session: AsyncSession, principal: Principal, office: Office) -> None:
        now = requests.current_runtime(self.request).now()
        change = await preview_office_change(session, self.slug, lambda document: self.write(document, {}), now)
        self.affected = change.affected

    def context(self, office: Office, document: OfficeDocument) -> Mapping[str, Any]:
        return {
            "service": office.service(self.key),
            "affected": list(self.affected)[:MAX_SHOWN_APPOINTMENTS],
            "affected_count": len(self.affected),
            "service_names": service_names(self.request, list(self.affected)),
        }


async def list_services(request: Request) -> Response:
    """`GET /staff/manage/o/{office}/services`."""
    return await render_part_list(request, "services", "management/services.html")


async def order_services(request: Request) -> Response:
    """`POST /staff/manage/o/{office}/services/order`: move one up or down."""
    return await submit_move(request, "services")


async def show_service_sources(request: Request) -> Response:
    """`GET /staff/manage/o/{office}/services/copy`: services of the reader's other offices."""
    slug = request.path_params["office"]
    principal = await require_manager(request, slug)
    async with requests.current_runtime(request).read_session() as session:
        office = await office_by_slug(session, slug)
        offices = [one for one in await all_offices(session) if principal.can_access_office(one.slug)]
    sources = [one for one in offices if one.slug != slug and one.services]
    return render_manage_page(
        request, "management/service_copy.html", principal, section="services", office=office, sources=sources
    )


routes = [
    Route(SERVICES_PATH, list_services, methods=["GET"]),
    Route(SERVICES_PATH + "/order", order_services, methods=["POST"]),
    Route(SERVICES_PATH + "/copy", show_service_sources, methods=["GET"]),
    *form_routes(SERVICES_PATH + "/new", NewServiceForm),
    *form_routes(SERVICES_PATH + "/{service}", ChangedServiceForm),
    *form_routes(SERVICES_PATH + "/{service}/remove", RemoveServiceForm),
]
