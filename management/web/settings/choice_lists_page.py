"""Lists that staff choose from, `/staff/manage/o/{office}/settings/lists`."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ....core.errors import FieldError, Invalid, NotFound
from ....core.i18n.catalogues import N_, Catalogues, GettextFunction
from ....core.i18n.languages import LANGUAGES, LocalizedText
from ....core.web import requests
from ....offices.service import (
    EVACUATION,
    Office,
    OfficeDocument,
    default_choices,
    default_evacuation,
    evacuation_texts,
    office_by_slug,
    office_choices,
)
from ...actions.change_office import OfficeChange
from ...domain.document_changes import Path, ValueChange, apply_values, value_at
from ..manage_page import render_manage_page, require_manager
from ..office_form import FormField, FormValues, OfficeForm, ShownChange, form_routes
from .settings_pages import SETTINGS_PATH

LISTS_PATH = SETTINGS_PATH + "/lists"
ROWS = "rows"  # the only field of the form: a list of rows
EVACUATION_FIELD = "evacuation"
MAX_TEXT = 300  # characters, as offices/domain/documents/field.py
MAX_KEY = 30  # characters of the words that a key is made of
NEW_KEY = "other"  # for words without a letter


@dataclass(frozen=True, slots=True)
class ListWords:
    """Words of one list."""

    title: str
    explanation: str


LISTS: Mapping[str, ListWords] = {
    "outcomes": ListWords(
        N_("Outcomes of a visit"),
        N_("Agents choose one when they finish. Visits keep the words of an outcome that you remove."),
    ),
    "desk_pauses": ListWords(
        N_("Reasons to pause a desk"),
        N_("Agents choose one when they pause their desk. Only staff read it."),
    ),
    "pause_messages": ListWords(
        N_("Pause messages"),
        N_("The host chooses one when the office pauses. Phones and the screen show it in each language."),
    ),
    "stop_reasons": ListWords(
        N_("Reasons to stop a queue"),
        N_("The host chooses one when a queue gives no more tickets. People read it before they join the queue."),
    ),
    "cancel_reasons": ListWords(
        N_("Reasons to cancel appointments"),
        N_("The host chooses one when the office cancels. People read it in their language, with another time."),
    ),
}


class ChoiceListForm(OfficeForm):
    """One list: rows with a text in each language, in their order."""

    section = "settings"
    template = "management/choice_list.html"
    action = "settings.changed"

    def __init__(self, request: Request) -> None:
        super().__init__(request)
        self.list: str = request.path_params["list"]
        self.keys: list[str] = []  # of the rows, once they were written
        self.focus = ""

    def fields(self, document: OfficeDocument) -> Sequence[FormField]:
        return ()

    def labels(self, document: OfficeDocument) -> dict[str, str]:
        t = requests.current_gettext(self.request)
        labels = {ROWS: LISTS[self.list].title, EVACUATION_FIELD: N_("In an evacuation")}
        for language, name in LANGUAGE_NAMES.items():
            labels[f"{EVACUATION_FIELD}.{language}"] = f"{t(labels[EVACUATION_FIELD])}, {t(name)}"
            for number, _ in enumerate(self.keys):
                entry = t(N_("Entry %(number)s")) % {"number": number + 1}
                labels[f"{language}-{number}"] = f"{entry}, {t(name)}"
        return labels

    def read(self, document: OfficeDocument) -> FormValues:
        """Return the rows of the stored list, else of the default one.

        Raises NotFound for an unknown list.
        """
        if self.list not in LISTS:
            raise NotFound
        stored: Mapping[str, LocalizedText] = value_at(document, ("choices", self.list)) or {}
        shown = {key: texts for key, texts in stored.items() if not self._is_evacuation(key)}
        rows = [_row(key, texts) for key, texts in (shown or self._defaults()).items()]
        if self.list != "pause_messages":
            return {ROWS: rows}
        return {ROWS: rows, EVACUATION_FIELD: _row(EVACUATION, stored.get(EVACUATION) or self._evacuation())}

    def typed(self, document: OfficeDocument, sent: FormData) -> FormValues:
        """Return the rows that a person sent, with their keys."""
        columns = [[_typed_text(value) for value in sent.getlist(name)] for name in ("key", *LANGUAGES)]
        rows = [dict(zip(("key", *LANGUAGES), row, strict=True)) for row in zip(*columns, strict=False)]
        if self.list != "pause_messages":
            return {ROWS: rows}
        evacuation = {language: _typed_text(sent.get(f"evacuation.{language}")) for language in LANGUAGES}
        return {ROWS: rows, EVACUATION_FIELD: {"key": EVACUATION, **evacuation}}

    def edit_step(self, step: str, typed: FormValues) -> FormValues | None:
        """Add, remove or move a row, or put the default rows in place; see `OfficeForm.edit_step`."""
        name, _, place = step.partition(":")
        rows = list(typed[ROWS])
        at = int(place) if place.isascii() and place.isdecimal() and int(place) < len(rows) else None
        if step == "edit":
            return typed
        if step == "add":
            self.focus = f"es-{len(rows)}"
            return {**typed, ROWS: [*rows, _row("", {})]}
        if step == "defaults":
            restored = {ROWS: [_row(key, texts) for key, texts in self._defaults().items()]}
            if EVACUATION_FIELD in typed:
                restored[EVACUATION_FIELD] = _row(EVACUATION, self._evacuation())  # type: ignore[assignment]
            return restored
        if at is None or name not in ("remove", "up", "down"):
            return None
        if name == "remove":
            del rows[at]
            self.focus = "add"
            return {**typed, ROWS: rows}
        to = max(0, at - 1) if name == "up" else min(len(rows) - 1, at + 1)
        rows.insert(to, rows.pop(at))
        self.focus = f"{name}-{to}"
        return {**typed, ROWS: rows}

    def write(self, document: OfficeDocument, values: FormValues) -> OfficeDocument:
        """Store the rows; the default list is stored as none. Raises Invalid for an empty list."""
        rows = [row for row in values[ROWS] if any(row[language] for language in LANGUAGES)]
        if not rows:
            raise Invalid(FieldError(f"office.choices.{self.list}", "list_empty"))
        self.keys = _keys(values[ROWS], self._defaults())
        entries = {
            key: {language: row[language] for language in LANGUAGES if row[language]}
            for key, row in zip(self.keys, values[ROWS], strict=True)
            if any(row[language] for language in LANGUAGES)
        }
        if EVACUATION_FIELD in values:
            evacuation = {language: values[EVACUATION_FIELD][language] for language in LANGUAGES}
            if evacuation != self._evacuation():
                entries[EVACUATION] = {language: text for language, text in evacuation.items() if text}
        path = ("choices", self.list)
        if entries == self._defaults() and list(entries) == list(self._defaults()):
            return apply_values(document, [(path, None)])
        return apply_values(document, [(path, entries)])

    def field_of_path(self, document: OfficeDocument, path: Path) -> str | None:
        """Return the text of a row: `es-2`, or `evacuation.es`."""
        if path[:2] != ("choices", self.list):
            return None
        if len(path) < 3:
            return ROWS
        language = path[3] if len(path) > 3 else LANGUAGES[0]
        if self._is_evacuation(path[2]):
            return f"{EVACUATION_FIELD}.{language}"
        return f"{language}-{self.keys.index(path[2])}" if path[2] in self.keys else ROWS

    def value_text(self, t: GettextFunction, name: str, value: Any) -> str:
        """Return the rows as people read them."""
        rows = value if isinstance(value, list) else [value]
        return "; ".join(" / ".join(row[language] for language in LANGUAGES if row[language]) for row in rows)

    def describe_changes(self, document: OfficeDocument, changes: Sequence[ValueChange]) -> list[ShownChange]:
        """Describe the list as a whole: before and after."""
        t = requests.current_gettext(self.request)
        former, present = self._former(document, changes), self.read(document)
        labels = self.labels(document)
        return [
            ShownChange(t(labels[name]), self.value_text(t, name, former[name]), self.value_text(t, name, now))
            for name, now in present.items()
            if former[name] != now
        ]

    def notes(self, change: OfficeChange) -> list[str]:
        """Say that removed outcomes stay readable."""
        t = requests.current_gettext(self.request)
        former, present = (
            {row["key"] for row in values[ROWS]}
            for values in (self._former(change.document, change.changes), self.read(change.document))
        )
        is_removed = self.list == "outcomes" and not former <= present
        return [t(N_("Visits that have a removed outcome keep its words."))] if is_removed else []

    def _former(self, document: OfficeDocument, changes: Sequence[ValueChange]) -> FormValues:
        """Return the rows as they were before the changes."""
        return self.read(apply_values(document, [(change.path, change.before) for change in changes]))

    def context(self, office: Office, document: OfficeDocument) -> Mapping[str, Any]:
        words = LISTS[self.list]
        return {
            "words": words,
            "languages": LANGUAGE_NAMES,
            "focus": self.focus,
            "max_text": MAX_TEXT,
            "is_long": self.list != "outcomes",
        }

    def done_url(self, saved: Any) -> str:
        return LISTS_PATH.format(office=self.slug)

    def _is_evacuation(self, key: str) -> bool:
        return self.list == "pause_messages" and key == EVACUATION

    def _defaults(self) -> dict[str, LocalizedText]:
        return default_choices(self.list, _catalogues(self.request).gettext)

    def _evacuation(self) -> LocalizedText:
        return default_evacuation(_catalogues(self.request).gettext)


LANGUAGE_NAMES = {"es": N_("in Spanish"), "en": N_("in English")}


def _catalogues(request: Request) -> Catalogues:
    catalogues: Catalogues = request.state.catalogues
    return catalogues


def _typed_text(value: Any) -> str:
    return " ".join(str(value or "").split())


def _row(key: str, texts: Mapping[str, str]) -> dict[str, str]:
    return {"key": key, **{language: texts.get(language, "") for language in LANGUAGES}}


def _keys(rows: Sequence[Mapping[str, str]], defaults: Mapping[str, Any]) -> list[str]:
    """Return the keys of rows; new ones are made of their words and differ from the others."""
    taken = {row["key"] for row in rows} | defaults.keys() | RESERVED_KEYS
    keys = []
    for row in rows:
        key = row["key"]
        if not key:
            stem = _stem(next((row[language] for language in LANGUAGES if row[language]), ""))
            numbered = (f"{stem}_{number}" for number in range(2, len(taken) + 3))
            key = next(one for one in (stem, *numbered) if one not in taken)
            taken.add(key)
        keys.append(key)
    return keys


# Outcomes of video calls, and the pause that has a button of its own
RESERVED_KEYS = frozenset({"no_show", "technical_problem", EVACUATION})


def _stem(words: str) -> str:
    """Return words in small letters without accents, joined by underscores."""
    plain = unicodedata.normalize("NFKD", words).encode("ascii", "ignore").decode().lower()
    return "_".join(re.findall(r"[a-z0-9]+", plain))[:MAX_KEY].strip("_") or NEW_KEY


# Pages


async def show_lists(request: Request) -> Response:
    """`GET /staff/manage/o/{office}/settings/lists`: all lists in both languages."""
    principal = await require_manager(request, request.path_params["office"])
    async with requests.current_runtime(request).read_session() as session:
        office = await office_by_slug(session, request.path_params["office"])
    translate = _catalogues(request).gettext
    lists = [
        (name, words, office_choices(office, name, translate), bool(office.choices.get(name)))
        for name, words in LISTS.items()
    ]
    return render_manage_page(
        request,
        "management/choice_lists.html",
        principal,
        section="settings",
        office=office,
        lists=lists,
        evacuation=evacuation_texts(office, translate),
    )


routes = [
    Route(LISTS_PATH, show_lists, methods=["GET"]),
    *form_routes(LISTS_PATH + "/{list}", ChoiceListForm),
]
