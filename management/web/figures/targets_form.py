"""Targets of an office, `/staff/manage/o/{office}/targets`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ....offices.service import Office, OfficeDocument, OfficeTargets, declared_fields
from ..manage_page import MANAGE_PATH
from ..office_form import FormField, OfficeForm, form_routes
from .figure_query import FIGURES_PATH

TARGETS_PATH = MANAGE_PATH + "/o/{office}/targets"
FIELDS = tuple(
    FormField(name, ("targets", name), target.label, "number")
    for name, target in declared_fields(OfficeTargets).items()
)


class TargetsForm(OfficeForm):
    """The figures that an office wants to reach. An empty field sets no target."""

    section = "targets"
    template = "management/figures/targets.html"

    def fields(self, document: OfficeDocument) -> Sequence[FormField]:
        return FIELDS

    def context(self, office: Office, document: OfficeDocument) -> Mapping[str, Any]:
        suggested = {name: target.example for name, target in declared_fields(OfficeTargets).items()}
        return {"suggested": suggested, "figures_url": f"{FIGURES_PATH}?office={office.slug}"}


routes = form_routes(TARGETS_PATH, TargetsForm)
