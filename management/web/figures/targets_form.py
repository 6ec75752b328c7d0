"""Targets of an office, `/staff/manage/o/{office}/targets`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ....offices.service import Office, OfficeDocument
from ..change_texts import PART_LABELS
from ..manage_page import MANAGE_PATH
from ..office_form import FormField, OfficeForm, form_routes
from .figure_query import FIGURES_PATH

TARGETS_PATH = MANAGE_PATH + "/o/{office}/targets"
# Usual targets of offices that publish theirs. They are suggested, and none is set.
SUGGESTED_TARGETS: Mapping[str, int] = {
    "wait_p90_min": 20,
    "wait_within_pct": 80,
    "wait_within_min": 15,
    "way_p90_s": 90,
    "no_show_pct": 10,
    "on_time_pct": 85,
    "promise_pct": 80,
    "good_calls_pct": 90,
}
FIELDS = tuple(FormField(name, ("targets", name), PART_LABELS[name], "number") for name in SUGGESTED_TARGETS)


class TargetsForm(OfficeForm):
    """The figures that an office wants to reach. An empty field sets no target."""

    section = "targets"
    template = "management/figures/targets.html"

    def fields(self, document: OfficeDocument) -> Sequence[FormField]:
        return FIELDS

    def context(self, office: Office, document: OfficeDocument) -> Mapping[str, Any]:
        return {"suggested": SUGGESTED_TARGETS, "figures_url": f"{FIGURES_PATH}?office={office.slug}"}


routes = form_routes(TARGETS_PATH, TargetsForm)
