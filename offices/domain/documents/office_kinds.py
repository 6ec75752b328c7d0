"""Kinds of fields that only an office has: time zone, lists to choose from, texts. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from ....core.i18n.catalogues import N_
from ....core.i18n.languages import LocalizedText
from .field import MAX_NAME, MAX_PARTS, Localized, Path, TableReader, Text, Words, field, has_values

MAX_ACCEPTED_TEXT = 4_000  # characters of a text that a citizen reads to its end in a call
MAX_CHOICE_KEY = 40  # the column rooms.outcome
CHOICE_KEY = re.compile(r"[a-z0-9]+([_-][a-z0-9]+)*")
CHOICE_LISTS: Mapping[str, str] = {
    "outcomes": N_("Outcome"),
    "desk_pauses": N_("Reason to pause a desk"),
    "pause_messages": N_("Pause message"),
    "stop_reasons": N_("Reason to stop a queue"),
    "cancel_reasons": N_("Reason to cancel appointments"),
}


@dataclass(frozen=True, slots=True)
class AcceptedText:
    """A text that citizens accept in a video call."""

    title: LocalizedText = field(Localized(N_("Title"), longest=MAX_NAME, required=True))
    body: LocalizedText = field(Localized(N_("Text"), longest=MAX_ACCEPTED_TEXT, required=True, has_lines=True))


def is_timezone(name: str) -> bool:
    """Tell whether the tz database has this zone."""
    try:
        ZoneInfo(name)
    except (ValueError, OSError, KeyError):
        # a name with `..`, a folder, ZoneInfoNotFoundError
        return False
    return True


@dataclass(frozen=True, kw_only=True)
class TimeZone(Text):
    """A name of the tz database, such as Europe/Madrid."""

    longest: int = 64

    def check(self, table: TableReader, name: str, given: Any) -> Any:
        value = super().check(table, name, given)
        if value and not is_timezone(value):
            table.refuse(name, "unknown_timezone")
        return value

    def dump(self, value: Any) -> Any:
        return value.key

    def row_problem(self, value: Any) -> str:
        return "" if isinstance(value, str) and value and is_timezone(value) else "unknown_timezone"


@dataclass(frozen=True, kw_only=True)
class ChoiceTables(Localized):
    """Texts by language, by key, by list. A missing list has its default."""

    def read(self, table: TableReader, name: str) -> Any:
        inner = table.table(name)
        inner.refuse_unknown(CHOICE_LISTS)
        return {each: self._read_list(inner.table(each)) for each in CHOICE_LISTS if each in inner.source}

    def _read_list(self, table: TableReader) -> dict[str, Any]:
        if len(table.source) > MAX_PARTS:
            table.refuse("", "too_many", max=MAX_PARTS)
        for key in table.source:
            if not CHOICE_KEY.fullmatch(key) or len(key) > MAX_CHOICE_KEY:
                table.refuse(key, "not_a_slug")
        text = Localized(self.label, required=True)
        return {key: text.read(table, key) for key in table.source}

    def load(self, plain: Any) -> Any:
        return plain

    def dump(self, value: Any) -> Any:
        return {name: dict(value[name]) for name in CHOICE_LISTS if name in value}

    def words(self, path: Path) -> Words:
        """Return `Lists to choose from, Outcome, resolved, in Spanish` for the path to a text."""
        lists = [(CHOICE_LISTS.get(name, name), True) for name in path[:1]]
        return [(self.label, True), *lists, *((key, False) for key in path[1:2]), *super().words(path[2:])[1:]]

    def row_problem(self, value: Any) -> str:
        text = Localized(self.label, required=True)
        is_usable = has_values(value, dict) and not any(
            not isinstance(choices, dict) or any(map(text.row_problem, choices.values()))
            for choices in value.values()
        )
        return "" if is_usable else "not_texts"
