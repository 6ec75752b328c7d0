"""Lists that staff choose from, `/staff/manage/o/{office}/settings/lists`."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest
from typing import Any

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ....core.errors import FieldError, Invalid, NotFound
from ....core.i18n.catalogues import N_, Catalogues, GettextFunction
from ....core.i18n.languages import LocalizedText
from ....core.web import requests
from ....offices.service import (
    EVACUATION,
    OfficeDocument,
    default_choices,
    default_evacuation,
    evacuation_texts,
    office_by_slug,
    office_choices,
)
from ...actions.change_office import OfficeChange
from ...domain.document_changes import apply_values, value_at
from ..document_form import DocumentForm, EditedForm, OpenedForm, ShownChange, form_routes, only_edit
from ..form_fields import FormField, FormValues, language_label
from ..manage_page import render_manage_page, require_manager
from .settings_pages import SETTINGS_PATH

LISTS_PATH = SETTINGS_PATH + "/lists"
ROWS = "rows"  # the only field of the form: a list of rows
EVACUATION_FIELD = "evacuation"
# characters, as offices/domain/documents/field.py
MAX_TEXT = 300
MAX_KEY = 30  # characters of the words that a key is made of
NEW_KEY = "other"  # for words without a letter


@dataclass(frozen=True, slots=True)
class ListWords:
    """Words of a list."""

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


@dataclass(frozen=True, slots=True, kw_only=True)
class RowsField(FormField):
    """The rows of a list: a text in each of the `languages`, in their order, and their keys.

    `defaults`: the rows of a list that the office does not have. `hidden`: a key that is no row.
    """

    languages: Sequence[str]
    defaults: Mapping[str, LocalizedText]
    hidden: str = ""

    def read(self, document: Mapping[str, Any]) -> Any:
        stored: Mapping[str, LocalizedText] = value_at(document, self.path) or {}
        shown = {key: texts for key, texts in stored.items() if key != self.hidden}
        return [_row(key, texts, self.languages) for key, texts in (shown or self.defaults).items()]

    def typed(self, sent: FormData) -> Any:
        names = ("key", *self.languages)
        columns = [[_typed_text(value) for value in sent.getlist(name)] for name in names]
        return [dict(zip(names, row, strict=True)) for row in zip_longest(*columns, fillvalue="")]

    def error_name(self, dotted: str, typed: Any) -> str:
        """Return the text of a row: `es-2`."""
        path, keys = dotted.split("."), _keys(typed, self.defaults)
        language = path[3] if len(path) > 3 else self.languages[0]
        return f"{language}-{keys.index(path[2])}" if len(path) > 2 and path[2] in keys else self.name

    def labels(self, t: GettextFunction, typed: Any) -> dict[str, str]:
        entries = [t(N_("Entry %(number)s")) % {"number": number} for number in range(1, len(typed) + 1)]
        texts = {
            f"{language}-{place}": language_label(entry, language)
            for language in self.languages
            for place, entry in enumerate(entries)
        }
        return {self.name: t(self.label), **texts}

    def typed_text(self, t: GettextFunction, typed: Any) -> str:
        return "; ".join(" / ".join(_texts(row).values()) for row in typed)


@dataclass(frozen=True, slots=True, kw_only=True)
class EvacuationField(FormField):
    """The text of an evacuation in each of the `languages`. `default`: that of the product."""

    languages: Sequence[str]
    default: LocalizedText

    def read(self, document: Mapping[str, Any]) -> Any:
        return _row(EVACUATION, value_at(document, self.path) or self.default, self.languages)

    def typed(self, sent: FormData) -> Any:
        texts = {each: _typed_text(sent.get(f"{self.name}.{each}")) for each in self.languages}
        return _row(EVACUATION, texts, self.languages)

    def error_name(self, dotted: str, typed: Any) -> str:
        return f"{self.name}.{[*dotted.split('.')[3:4], self.languages[0]][0]}"

    def labels(self, t: GettextFunction, typed: Any) -> dict[str, str]:
        return {f"{self.name}.{each}": language_label(t(self.label), each) for each in self.languages}

    def typed_text(self, t: GettextFunction, typed: Any) -> str:
        return " / ".join(_texts(typed).values())


def _list_fields(opened: OpenedForm) -> Sequence[FormField]:
    """Return the rows, and the text of an evacuation. Raises NotFound for an unknown list."""
    name, translate = opened.part("list"), _catalogues(opened.request).localized
    if name not in LISTS:
        raise NotFound
    path, defaults = ("choices", name), default_choices(name, translate)
    rows = RowsField(ROWS, path, LISTS[name].title, languages=opened.languages, defaults=defaults)
    if name != "pause_messages":
        return [rows]
    return [
        replace(rows, hidden=EVACUATION),
        EvacuationField(
            EVACUATION_FIELD,
            (*path, EVACUATION),
            N_("In an evacuation"),
            languages=opened.languages,
            default=default_evacuation(translate),
        ),
    ]


def _edit_rows(opened: OpenedForm, step: str, typed: FormValues) -> EditedForm | None:
    """Add, remove or move a row, or put the default rows in place."""
    name, _, place = step.partition(":")
    rows = list(typed[ROWS])
    at = int(place) if place.isascii() and place.isdecimal() and int(place) < len(rows) else None
    if step == "add":
        return EditedForm(
            {**typed, ROWS: [*rows, _row("", {}, opened.languages)]}, focus=f"{opened.languages[0]}-{len(rows)}"
        )
    if step == "defaults":
        return EditedForm(opened.read({}))
    if at is None or name not in ("remove", "up", "down"):
        return only_edit(opened, step, typed)
    if name == "remove":
        del rows[at]
        return EditedForm({**typed, ROWS: rows}, focus="add")
    to = max(0, at - 1) if name == "up" else min(len(rows) - 1, at + 1)
    rows.insert(to, rows.pop(at))
    return EditedForm({**typed, ROWS: rows}, focus=f"{name}-{to}")


def _change_list(opened: OpenedForm, document: OfficeDocument, values: FormValues) -> OfficeDocument:
    """Store the rows; the default list is stored as none. Raises Invalid for an empty list."""
    shown = opened.field(ROWS)
    assert isinstance(shown, RowsField)
    keyed = zip(_keys(values[ROWS], shown.defaults), values[ROWS], strict=True)
    stored: Mapping[str, LocalizedText] = value_at(document, shown.path) or {}
    entries = {key: _with_kept(opened, stored.get(key), texts) for key, row in keyed if (texts := _texts(row))}
    if not entries:
        raise Invalid(FieldError(f"office.choices.{shown.path[1]}", "list_empty"))
    if EVACUATION_FIELD in values and values[EVACUATION_FIELD] != opened.field(EVACUATION_FIELD).read({}):
        texts = _texts(values[EVACUATION_FIELD])
        entries[EVACUATION] = _with_kept(opened, stored.get(EVACUATION), texts)
    is_default = entries == shown.defaults and list(entries) == list(shown.defaults)
    return apply_values(document, [(shown.path, None if is_default else entries)])


def _with_kept(opened: OpenedForm, stored: LocalizedText | None, typed: LocalizedText) -> LocalizedText:
    """Return the typed texts, and stored texts of languages that the form does not show."""
    hidden = {language: text for language, text in (stored or {}).items() if language not in opened.languages}
    return {**typed, **hidden}


def _describe_list(opened: OpenedForm, change: OfficeChange) -> list[ShownChange]:
    """Describe the list as a whole: before and after."""
    t, former, present = opened.gettext, _former_rows(opened, change), opened.read(change.document)
    return [
        ShownChange(t(each.label), each.typed_text(t, former[each.name]), each.typed_text(t, present[each.name]))
        for each in opened.fields
        if former[each.name] != present[each.name]
    ]


def _list_notes(opened: OpenedForm, change: OfficeChange) -> list[str]:
    """Say that removed outcomes stay readable."""
    former, present = (
        {row["key"] for row in values[ROWS]}
        for values in (_former_rows(opened, change), opened.read(change.document))
    )
    is_removed = opened.part("list") == "outcomes" and not former <= present
    return [opened.gettext(N_("Visits that have a removed outcome keep its words."))] if is_removed else []


def _former_rows(opened: OpenedForm, change: OfficeChange) -> FormValues:
    """Return the rows as they were before the changes."""
    return opened.read(apply_values(change.document, [(each.path, each.before) for each in change.changes]))


def _list_context(opened: OpenedForm, values: FormValues) -> Mapping[str, Any]:
    name = opened.part("list")
    is_long = name != "outcomes"
    return {"words": LISTS[name], "max_text": MAX_TEXT, "is_long": is_long}


CHOICE_LIST = DocumentForm(
    section="settings",
    template="management/choice_list.html",
    fields=_list_fields,
    done=LISTS_PATH,
    action="settings.changed",
    edit=_change_list,
    steps=_edit_rows,
    context=_list_context,
    describe=_describe_list,
    notes=_list_notes,
)


def _catalogues(request: Request) -> Catalogues:
    catalogues: Catalogues = request.state.catalogues
    return catalogues


def _typed_text(value: Any) -> str:
    return " ".join(str(value or "").split())


def _row(key: str, texts: Mapping[str, str], languages: Sequence[str]) -> dict[str, str]:
    return {"key": key, **{language: texts.get(language, "") for language in languages}}


def _texts(row: Mapping[str, str]) -> dict[str, str]:
    return {language: text for language, text in row.items() if language != "key" and text}


def _keys(rows: Sequence[Mapping[str, str]], defaults: Mapping[str, Any]) -> list[str]:
    """Return the keys of rows; new keys are made of their words and differ from the others."""
    taken = {row["key"] for row in rows} | defaults.keys() | RESERVED_KEYS
    keys = []
    for row in rows:
        key = row["key"]
        if not key:
            stem = _stem(next(iter(_texts(row).values()), ""))
            numbered = (f"{stem}_{number}" for number in range(2, len(taken) + 3))
            key = next(free for free in (stem, *numbered) if free not in taken)
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
    """`GET /staff/manage/o/{office}/settings/lists`: all lists in every language."""
    principal = await require_manager(request, request.path_params["office"])
    async with requests.current_runtime(request).read_session() as session:
        office = await office_by_slug(session, request.path_params["office"])
    translate = _catalogues(request).localized
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
    *form_routes(LISTS_PATH + "/{list}", CHOICE_LIST),
]
