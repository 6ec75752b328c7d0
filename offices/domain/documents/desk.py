"""Snapshot of a desk, whose fields are those of its document. Frozen; no clock, no SQL."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ....core.i18n.catalogues import N_
from ....core.i18n.languages import LocalizedText
from .field import DETAILS, Flag, Localized, SingleChoice, TextList, field

ARROWS = {"left": N_("To the left"), "ahead": N_("Straight on"), "right": N_("To the right")}


@dataclass(frozen=True, slots=True)
class OfficeDesk:
    """A desk. `way` describes how to get there, `arrow` the direction from the waiting room."""

    id: str
    name: str
    way: LocalizedText = field(Localized(N_("How to get there"), required=True))
    arrow: Literal["left", "right", "ahead"] = field(SingleChoice(N_("Arrow"), options=ARROWS))
    line_ids: tuple[str, ...] = field(TextList(N_("Queue"), key="lines", column=None))
    removed: bool = False
    hearing_loop: bool = field(
        Flag(N_("Has a hearing loop"), hint=N_("For people with a hearing aid."), column=DETAILS), default=False
    )
