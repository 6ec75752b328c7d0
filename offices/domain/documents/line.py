"""Snapshot of a line, whose fields are those of its document. Frozen; no clock, no SQL."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from ....core.i18n.catalogues import N_
from ....core.i18n.languages import LocalizedText, text_in_language
from .field import MAX_NAME, FreeTable, Localized, Number, Text, field

MAX_QUOTA = 10_000  # walk-ins of a line in a day


@dataclass(frozen=True, slots=True)
class OfficeLine:
    """A waiting line. `version` increases with every change of the line or its tickets.

    A removed line has an empty letter.

    `rules` overrides the queue's default settings (`queue.service.LineSettings`). `stop_reason` is shown in
    languages that `stop_texts` lacks.
    """

    id: str
    slug: str
    stopped: bool
    version: int
    letter: str = field(
        Text(
            N_("Letter of the queue"),
            longest=1,
            required=True,
            is_essential=True,
            accepts=re.compile("[A-Z]").fullmatch,
            refusal="not_a_letter",
        )
    )
    names: LocalizedText = field(Localized(N_("Name"), longest=MAX_NAME, required=True))
    daily_quota: int | None = field(Number(N_("Most people without appointment in a day"), most=MAX_QUOTA))
    rules: Mapping[str, int] = field(FreeTable(N_("Settings"), key="settings"), default_factory=dict)
    stop_reason: str | None = None
    removed: bool = False
    stop_texts: LocalizedText | None = None

    def name(self, language: str) -> str:
        return text_in_language(self.names, language)

    def stop_text(self, language: str) -> str | None:
        """Return why the line is stopped, in this language; None without a reason."""
        return (self.stop_texts or {}).get(language, self.stop_reason)
