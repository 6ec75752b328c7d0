"""Targets of an office, `/staff/manage/o/{office}/targets`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ....offices.service import OfficeTargets, declared_fields
from ..document_form import OFFICE_PATH, DocumentForm, OpenedForm, form_routes
from ..form_fields import FormField, FormValues
from .figure_query import FIGURES_PATH

TARGETS_PATH = OFFICE_PATH + "/targets"
FIELDS = tuple(
    FormField(name, ("targets", name), target.label, "number")
    for name, target in declared_fields(OfficeTargets).items()
)


def _targets_context(opened: OpenedForm, values: FormValues) -> Mapping[str, Any]:
    suggested = {name: target.example for name, target in declared_fields(OfficeTargets).items()}
    return {"suggested": suggested, "figures_url": f"{FIGURES_PATH}?office={opened.office.slug}"}


# An empty field sets no target
TARGETS = DocumentForm(
    section="targets",
    template="management/figures/targets.html",
    fields=lambda opened: FIELDS,
    context=_targets_context,
)

routes = form_routes(TARGETS_PATH, TARGETS)
