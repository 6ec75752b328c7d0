"""Fields of document forms: what they show of a document, and what a person typed. No SQL."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal

from starlette.datastructures import FormData
from starlette.requests import Request

from ...core.errors import FieldError
from ...core.i18n.catalogues import GettextFunction
from ...core.i18n.languages import own_name
from ...core.web import requests
from ...core.web.validation import SUPPORTED_YEARS
from ...offices.service import (
    DETAILS,
    Field,
    Flag,
    Localized,
    LocalizedWords,
    MultipleChoice,
    Number,
    Numbers,
    OfficeDocument,
    SingleChoice,
    Text,
    declared_fields,
)
from ..domain.document_changes import Path, value_at
from .change_texts import value_text

# what the fields show or a person typed, by field
FormValues = dict[str, Any]
FieldKind = Literal["text", "number", "flag", "lines", "choices"]
NUMBER = re.compile(r"-?[0-9]{1,11}")
NEW_KEY = "-"  # of a part that a form adds, until the typed values tell its name


@dataclass(frozen=True, slots=True)
class FormField:
    """A field of a form and the value of the document that it shows.

    `path`: empty for a value that is not in the document. `kind`: `lines` is a list with an entry a line,
    `choices` a list of ticked boxes. `options`: the labels of the values that can be chosen. `covers`: the table
    whose errors stand at this field too.
    """

    name: str
    path: Path
    label: str
    kind: FieldKind = "text"
    options: Mapping[str, str] = field(default_factory=dict)
    covers: str = ""

    def read(self, document: Mapping[str, Any]) -> Any:
        """Return what the form shows for the stored value."""
        value = value_at(document, self.path) if self.path else None
        if self.kind == "flag":
            return value is True
        if self.kind == "choices":
            return list(value or [])
        if self.kind == "lines":
            return "\n".join(value or [])
        return "" if value is None else str(value)

    def typed(self, sent: FormData) -> Any:
        """Return what a person sent for this field."""
        if self.kind == "flag":
            return self.name in sent
        if self.kind == "choices":
            return [str(value) for value in sent.getlist(self.name)]
        return str(sent.get(self.name) or "").replace("\r\n", "\n").strip()

    def to_value(self, typed: Any) -> Any:
        """Convert a typed value for the document, which checks it. Empty means no value."""
        if self.kind == "lines":
            return [line.strip() for line in typed.splitlines() if line.strip()]
        if self.kind == "number" and NUMBER.fullmatch(typed):
            return int(typed)
        if self.kind == "text":
            return typed
        return None if typed == "" else typed

    def written(self, typed: Any) -> list[tuple[Path, Any]]:
        """Return what a typed value writes into the document, by path. May raise Invalid."""
        return [(self.path, self.to_value(typed))] if self.path else []

    def has_error(self, dotted: str, document: OfficeDocument) -> bool:
        """Whether an error of this dotted path stands at this field."""
        if not self.path:
            return dotted == self.name or dotted.partition(".")[0] == self.covers != ""
        # compared as text, because a name of a desk may contain dots
        own = ".".join(self.path)
        if dotted == own or dotted.startswith(own + "."):
            return True
        table, key, tail = self.path[0], self.path[1:2], "".join(f".{part}" for part in self.path[2:])
        if key != (NEW_KEY,) or not dotted.startswith(f"{table}."):
            return False
        is_of_present = any(dotted.startswith(f"{table}.{present}.") for present in document[table])
        return not is_of_present and (dotted.endswith(tail) or f"{tail}." in dotted)

    def error_name(self, dotted: str, typed: Any) -> str:
        """Return the name of the input at which an error of this path stands."""
        return self.name

    def error_text(self, request: Request, error: FieldError) -> str:
        """Return the text of a wrong value."""
        return requests.error_text(request, error.code, error.params)

    def label_text(self, t: GettextFunction) -> str:
        """Return the label in the reader's language."""
        return t(self.label)

    def labels(self, t: GettextFunction, typed: Any) -> dict[str, str]:
        """Return the label of each input."""
        return {self.name: self.label_text(t)}

    def describe(self, t: GettextFunction, value: Any) -> str:
        """Return a stored value as people read it."""
        return value_text(t, value, {key: t(text) for key, text in self.options.items()})

    def typed_text(self, t: GettextFunction, typed: Any) -> str:
        """Return a typed value as people read it."""
        return self.describe(t, typed)


@dataclass(frozen=True, slots=True)
class KeyField(FormField):
    """The short name or number of a new part. `path`: its table and NEW_KEY."""

    def written(self, typed: Any) -> list[tuple[Path, Any]]:
        return []  # it becomes the key of the part

    def read(self, document: Mapping[str, Any]) -> Any:
        return ""

    def has_error(self, dotted: str, document: OfficeDocument) -> bool:
        return dotted == self.name or FormField.has_error(self, dotted, document)


@dataclass(frozen=True, slots=True)
class DeclaredField(FormField):
    """A field as its document declares it.

    `declared`: its kind. `language`: that of its text, empty for a value without a language.
    """

    declared: Field = Field("")
    language: str = ""

    def label_text(self, t: GettextFunction) -> str:
        return language_label(t(self.label), self.language) if self.language else t(self.label)


def changed_texts(
    fields: Sequence[FormField], t: GettextFunction, changed: Mapping[str, Any]
) -> list[tuple[str, str]]:
    """Return label and value of what another person saved meanwhile, by field."""
    shown = [each for each in fields if each.name in changed]
    return [(each.label_text(t), each.typed_text(t, changed[each.name])) for each in shown]


def language_label(label: str, language: str) -> str:
    """Return the translated label of a text in a language: `Name (English)`."""
    return f"{label} ({own_name(language)})"


def part_fields(
    document: Any, part: Path, languages: Sequence[str], keys: Collection[str] | None = None
) -> list[DeclaredField]:
    """Return the fields of a part as its document declares them.

    A text has a field for each of `languages`. `keys`: of the fields to show; None for all. Tables and lists of
    other parts have none.
    """
    fields: list[DeclaredField] = []
    for key, kind in declared_fields(document).items():
        typed = next((typed for of_type, typed in TYPED_KINDS.items() if isinstance(kind, of_type)), None)
        if typed is None or (keys is not None and key not in keys):
            continue
        is_localized = isinstance(kind, Localized | LocalizedWords)
        options = {} if isinstance(kind, Numbers) else kind.options
        for inner in languages if is_localized else kind.options if isinstance(kind, Numbers) else [""]:
            name = f"{key}.{inner}" if inner else key
            label = kind.options.get(inner, kind.label) if inner else kind.label
            language = inner if is_localized else ""
            path = (*part, *name.split("."))
            fields.append(DeclaredField(name, path, label, typed, options, "", kind, language))
    return fields


# The first that fits: subclasses stand before their base.
TYPED_KINDS: Mapping[type[Field], FieldKind] = {
    Numbers: "number",
    Number: "number",
    Flag: "flag",
    LocalizedWords: "lines",
    MultipleChoice: "choices",
    SingleChoice: "text",
    Text: "text",
}


def details_to_show(fields: Iterable[FormField]) -> list[FormField]:
    """Return the fields that templates show by their kind, because none names them."""
    return [each for each in fields if isinstance(each, DeclaredField) and each.declared.column == DETAILS]


def typed_day(text: str) -> date | None:
    """Parse an ISO date of a form; None for any other text."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if day.year in SUPPORTED_YEARS else None
