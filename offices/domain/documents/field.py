"""Notation of a document's fields, whose kinds check the values. Pure.

Errors are collected, not raised.

A document is a dataclass whose attributes are declared with `field(KIND)`. Forms, city files, the check of rows,
labels of the audit and the tables of the manual follow from the kinds.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING, dataclass
from datetime import datetime, time, timedelta
from functools import cache
from typing import Any

from ....core.errors import FieldError, Invalid
from ....core.i18n.catalogues import N_
from ....core.i18n.languages import LanguageChoice, own_name
from ....core.row_mapping import column_reader

FieldErrors = list[FieldError]
# unless the installation requires another language
DEFAULT_LANGUAGE = LanguageChoice().required
# between the names of a value's path in the audit; no key contains it
PATH_SEPARATOR = " / "
MAX_TEXT = 300  # characters of a sentence
MAX_PARTS = 200  # lines, services or desks of an office
# everyday words of a service, and characters of a word
MAX_WORDS, MAX_WORD = 60, 60
MAX_SLUG, MAX_NAME = 64, 120  # the columns of storage/tables.py
SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
DEFAULT_CHOICE = LanguageChoice()  # of an installation without settings
# parts of the words of a path, and whether they are sentences to translate; keys that people chose are not
Words = list[tuple[str, bool]]
Path = tuple[str, ...]
# the column of fields that have none of their own: an object by attribute
DETAILS = "details"
# the key of a field's kind in the metadata of its attribute
_KIND = "kind"


@dataclass(frozen=True, slots=True)
class TableReader:
    """Reader of a table of a document, which collects the errors of its values.

    `path`: dotted; empty if the document has none. `languages`: a text by language needs the required language,
    and stands in their order. `unknown`: the error code of a name that the document does not have. `is_override`:
    its values override defaults, and none of them may be None.
    """

    source: Mapping[str, Any]
    path: str
    errors: FieldErrors
    languages: LanguageChoice = DEFAULT_CHOICE
    unknown: str = "unexpected"
    is_override: bool = False

    def refuse(self, name: str, code: str, **params: Any) -> None:
        """Collect the error of a value, or of the table itself for an empty name."""
        self.errors.append(FieldError(self.inner_path(name) if name else self.path, code, params))

    def inner_path(self, name: str) -> str:
        """Return the path of a value of the table."""
        return f"{self.path}.{name}" if self.path else name

    def refuse_unknown(self, known: Mapping[str, Any]) -> None:
        """Refuse every value whose name is not in `known`."""
        for name in self.source:
            if name not in known:
                self.refuse(str(name), self.unknown, known=", ".join(known))

    def given_languages(self) -> list[str]:
        """Return the languages of a text in their order, and refuse unknown names."""
        known = dict.fromkeys(self.languages.order)
        self.refuse_unknown(known)
        return [language for language in known if language in self.source]

    def table(self, name: str) -> TableReader:
        """Return an inner table; an empty table if it is missing or no table."""
        source = self.source.get(name, {})
        if not isinstance(source, Mapping):
            self.refuse(name, "wrong_type", kind="table")
            source = {}
        return dataclasses.replace(self, source=source, path=self.inner_path(name))


@dataclass(frozen=True, kw_only=True)
class Field:
    """Kind of a field: the rule of its value, and its words.

    `label`, `hint` and `example` are untranslated. `key`: its name in the document, `column`: that of its row, if
    the attribute has another name; None if it is no column. `required`: the document is refused without it.
    `can_be_off`: False switches it off, which is None in Python. `is_essential`: pages fail without it, so that an
    office without it is left out. `default`: the value of a document that lacks it. `group`: title of its group in
    a form of settings. `not_above`: key of the number that limits it. `options`: untranslated words of values;
    `no_value`: words of None. `needed_for`: what its document lacks without it, untranslated; the document is
    accepted.
    """

    label: str = dataclasses.field(kw_only=False)
    hint: str = ""
    example: str = ""
    key: str = ""
    column: str | None = ""
    required: bool = False
    can_be_off: bool = False
    is_essential: bool = False
    default: Any = None
    group: str = ""
    not_above: str = ""
    options: Mapping[str, str] = dataclasses.field(default_factory=dict)
    no_value: str = N_("none")
    needed_for: str = ""

    def read(self, table: TableReader, name: str) -> Any:
        """Return the plain value of the document, checked; its errors are collected."""
        given = table.source.get(name, self.default)
        if self.can_be_off and (given is False or given is None):
            return False
        return self.check(table, name, given)

    def check(self, table: TableReader, name: str, given: Any) -> Any:
        """Check a value: the given value, else the default."""
        raise NotImplementedError

    def load(self, plain: Any) -> Any:
        """Convert a checked plain value to that of the dataclass."""
        return None if self.can_be_off and plain is False else plain

    def dump(self, value: Any) -> Any:
        """Convert a value of the dataclass to its plain form."""
        return False if self.can_be_off and value is None else value

    def store(self, plain: Any) -> Any:
        """Convert a checked plain value to that of its column."""
        return plain

    def words(self, path: Path) -> Words:
        """Return the words of a value inside this value, at the path below it."""
        return [(self.label, True), *((key, False) for key in path)]

    def row_problem(self, value: Any) -> str:
        """Return the code of a stored value that no page can use; empty if pages work with it.

        Weaker than `check`: an office is left out of all pages only if they would fail.
        """
        return ""


def field(kind: Field, *, default: Any = MISSING, default_factory: Any = MISSING) -> Any:
    """Declare an attribute of a dataclass together with what its value may be."""
    options = {"default": default, "default_factory": default_factory}
    given = {name: value for name, value in options.items() if value is not MISSING}
    return dataclasses.field(**given, metadata={_KIND: kind})


@cache
def declared_fields(document: Any) -> Mapping[str, Field]:
    """Return the kinds of a document's fields by their key, in order."""
    kinds = ((each.name, each.metadata[_KIND]) for each in dataclasses.fields(document) if _KIND in each.metadata)
    return {kind.key or name: kind for name, kind in kinds}


@cache
def attribute_names(document: Any) -> Mapping[str, str]:
    """Return the attribute of each key."""
    return {
        each.metadata[_KIND].key or each.name: each.name for each in dataclasses.fields(document) if each.metadata
    }


@cache
def stored_fields(document: Any) -> Sequence[tuple[str, str, Field]]:
    """Return key, column and kind of the fields with a column of their own."""
    names = attribute_names(document)
    kinds = declared_fields(document).items()
    return [(key, kind.column or names[key], kind) for key, kind in kinds if kind.column not in (None, DETAILS)]


@cache
def detail_fields(document: Any) -> Mapping[str, Field]:
    """Return the kinds of the fields without a column of their own, by key."""
    return {key: kind for key, kind in declared_fields(document).items() if kind.column == DETAILS}


def column_values(document: Any, plain: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values of a row's columns for a checked document."""
    values = {column: kind.store(plain.get(key)) for key, column, kind in stored_fields(document)}
    details = {key: value for key in detail_fields(document) if (value := plain.get(key))}
    return {**values, DETAILS: details} if detail_fields(document) else values


@cache
def _detail_defaults(document: Any) -> Sequence[tuple[str, str, Field]]:
    """Return attribute, key and kind of the fields without a column; offices are read often."""
    names = attribute_names(document)
    return [(names[key], key, kind) for key, kind in detail_fields(document).items()]


def detail_values(document: Any, stored: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values of the fields without a column of their own, by attribute."""
    details = _detail_defaults(document)
    return {name: kind.load(stored.get(key, kind.default)) for name, key, kind in details}


@cache
def _row_checks(
    document: Any,
) -> tuple[Callable[[Any], Sequence[Any]], Sequence[tuple[str, Callable[[Any], str]]]]:
    """Return a reader of the columns that have a weak check, and the check of each."""
    checks = [
        (column, kind.row_problem)
        for _key, column, kind in stored_fields(document)
        if type(kind).row_problem not in (Field.row_problem, Text.row_problem) or kind.is_essential
    ]
    return column_reader(tuple(column for column, _check in checks)), checks


def row_problems(document: Any, row: Any) -> list[tuple[str, str]]:
    """Find the columns of a row that no page can use, each with a code."""
    read_columns, checks = _row_checks(document)
    values = zip(checks, read_columns(row), strict=True)
    problems = [(column, code) for (column, check), value in values if (code := check(value))]
    if details := _detail_defaults(document):
        stored = row.details
        if not isinstance(stored, dict):
            problems.append((DETAILS, "not_an_object"))
        elif stored:
            codes = [kind.row_problem(stored[key]) for _name, key, kind in details if key in stored]
            problems += [(DETAILS, code) for code in codes if code]
    return problems


def read_document(document: Any, table: TableReader, *, only_given: bool = False) -> dict[str, Any]:
    """Read the plain values of a document and refuse unknown names.

    A field without a value is left out. `only_given`: as well as the fields that the table lacks, so that defaults
    stay. A document with rules between its fields has a static method `complete`, which may change the values.
    """
    kinds = declared_fields(document)
    plain = read_fields(kinds, table, only_given=only_given)
    if hasattr(document, "complete"):
        document.complete(plain, table)
    return plain


def read_fields(kinds: Mapping[str, Field], table: TableReader, *, only_given: bool = False) -> dict[str, Any]:
    """Read the plain values of fields by key, and refuse unknown names."""
    table.refuse_unknown(kinds)
    wanted = [key for key in kinds if key in table.source or not only_given]
    values = {key: kinds[key].read(table, key) for key in wanted}
    return {key: value for key, value in values.items() if value is not None}


def load_document(document: Any, plain: Mapping[str, Any]) -> dict[str, Any]:
    """Convert checked plain values to the arguments of the dataclass, by attribute."""
    kinds, names = declared_fields(document), attribute_names(document)
    return {names[key]: kinds[key].load(value) for key, value in plain.items()}


def dump_document(value: Any) -> dict[str, Any]:
    """Convert a dataclass to its plain document."""
    document: Any = type(value)
    kinds, names = declared_fields(document), attribute_names(document)
    values = {key: kind.dump(getattr(value, names[key])) for key, kind in kinds.items()}
    return {key: plain for key, plain in values.items() if plain is not None}


def parse_overrides(document: Any, source: Any, path: str) -> Any:
    """Return the dataclass with its defaults and the values of `source`.

    Raises Invalid with one FieldError for each wrong value, its dotted path after `path`.
    """
    errors: FieldErrors = []
    plain = read_document(document, TableReader(source, path, errors, is_override=True), only_given=True)
    if errors:
        raise Invalid(*errors)
    return document(**load_document(document, plain))


@cache
def settings_by_path(document: Any) -> Mapping[str, Field]:
    """Return the kinds of all settings by dotted key, also of those in tables."""
    kinds: dict[str, Field] = {}
    for key, kind in declared_fields(document).items():
        if kind.label:
            kinds[key] = kind
        if isinstance(kind, Nested):
            inner_document: Any = kind.document
            kinds |= {f"{key}.{inner}": each for inner, each in settings_by_path(inner_document).items()}
        elif isinstance(kind, Numbers):
            kinds |= {f"{key}.{inner}": kind.number(inner) for inner in kind.options}
    return kinds


def setting_values(settings: Any) -> dict[str, Any]:
    """Return the plain value of every setting by dotted key, as far as it has a value.

    A table that is switched off has the defaults of its settings.
    """
    document: Any = type(settings)
    names, values = attribute_names(document), {}
    for key, kind in declared_fields(document).items():
        value = getattr(settings, names[key])
        if isinstance(kind, Nested):
            inner = _defaults(kind.document) if value is None else setting_values(value)
        elif isinstance(kind, Numbers):
            inner = {each: value.get(each, 0) for each in kind.options}
        else:
            values[key] = kind.dump(value)
            continue
        values |= {f"{key}.{name}": each for name, each in inner.items()}
    return values


def _defaults(document: Any) -> dict[str, Any]:
    """Return the plain defaults of a document; None for a field without a default."""
    kinds = declared_fields(document)
    defaults = {each.metadata[_KIND].key or each.name: each.default for each in dataclasses.fields(document)}
    return {key: None if value is MISSING else kinds[key].dump(value) for key, value in defaults.items()}


def without_none(table: Mapping[str, Any]) -> dict[str, Any]:
    """Copy a table of settings. None, which switches a setting off, becomes False."""
    return {
        name: without_none(value) if isinstance(value, Mapping) else False if value is None else value
        for name, value in table.items()
    }


# Texts


@dataclass(frozen=True, kw_only=True)
class Text(Field):
    """A text with its white space folded.

    `has_lines`: white space is folded in each line, and lines stay. `accepts`: tells whether a text that is not
    empty is right, `refusal` is its error otherwise.
    """

    longest: int = MAX_TEXT
    has_lines: bool = False
    accepts: Callable[[str], object] | None = None
    refusal: str = "wrong_type"
    default: Any = ""

    def check(self, table: TableReader, name: str, given: Any) -> Any:
        return self.check_text(table, name, given, required=self.required)

    def check_text(self, table: TableReader, name: str, given: Any, *, required: bool = False) -> str:
        """Return a text with its white space folded."""
        if not isinstance(given, str):
            table.refuse(name, "wrong_type", kind="text")
            return ""
        value = self.fold(given)
        if required and not value:
            table.refuse(name, "required")
        elif not self.is_writable(value):
            table.refuse(name, "wrong_type", kind="text")
        elif len(value) > self.longest:
            table.refuse(name, "too_long", max=self.longest)
        elif value:
            self.check_format(table, name, value)
        return value

    def fold(self, text: str) -> str:
        """Return a text as it is kept."""
        return _fold_lines(text) if self.has_lines else " ".join(text.split())

    def is_writable(self, text: str) -> bool:
        """Tell whether the text has only characters that may be kept."""
        return text.replace("\n", "").isprintable()

    def check_format(self, table: TableReader, name: str, text: str) -> None:
        """Check a text that is not empty, of the right length."""
        if self.accepts is not None and not self.accepts(text):
            table.refuse(name, self.refusal)

    def row_problem(self, value: Any) -> str:
        return "missing" if self.is_essential and not is_filled(value) else ""


@dataclass(frozen=True, kw_only=True)
class NullableText(Text):
    """A text that is None in Python if it is empty."""

    def store(self, plain: Any) -> Any:
        return plain or None

    def dump(self, value: Any) -> Any:
        return value or ""


@dataclass(frozen=True, kw_only=True)
class Localized(Text):
    """A text by language.

    The required language must be there if any is, unless a text in any language `is_enough`.
    """

    is_enough: bool = False

    def read(self, table: TableReader, name: str) -> Any:
        inner = table.table(name)
        given = inner.given_languages()
        texts = {language: self.check_text(inner, language, inner.source[language]) for language in given}
        texts = {language: text for language, text in texts.items() if text}
        if (required := table.languages.required) not in texts and (self.required or texts) and not self.is_enough:
            inner.refuse(required, "required")
        return texts

    def store(self, plain: Any) -> Any:
        return plain or None

    def dump(self, value: Any) -> Any:
        return dict(value or {})

    def words(self, path: Path) -> Words:
        return [(self.label, True), *((own_name(language), False) for language in path)]

    def row_problem(self, value: Any) -> str:
        if not value and not self.required and value in (None, {}):
            return ""
        if not has_values(value, str):
            return "not_texts"
        return "" if "".join(value.values()).strip() else "no_text"


@dataclass(frozen=True, kw_only=True)
class LocalizedWords(Field):
    """Lists of words by language."""

    def read(self, table: TableReader, name: str) -> Any:
        inner = table.table(name)
        given = inner.given_languages()
        words = {language: list(dict.fromkeys(text_list(inner, language))) for language in given}
        for language, texts in words.items():
            if len(texts) > MAX_WORDS:
                inner.refuse(language, "too_many", max=MAX_WORDS)
            if any(len(text) > MAX_WORD or not text.strip() for text in texts):
                inner.refuse(language, "too_long", max=MAX_WORD)
        return {language: texts for language, texts in words.items() if texts}

    def dump(self, value: Any) -> Any:
        return {language: list(words) for language, words in value.items()}

    def words(self, path: Path) -> Words:
        return [(self.label, True), *((own_name(language), False) for language in path)]

    def row_problem(self, value: Any) -> str:
        is_usable = has_values(value, list) and all(
            isinstance(word, str) for words in value.values() for word in words
        )
        return "" if is_usable else "not_words"


@dataclass(frozen=True, kw_only=True)
class TimeOfDay(Field):
    """A time of day such as `18:00`."""

    def check(self, table: TableReader, name: str, given: Any) -> Any:
        try:
            datetime.strptime(given, "%H:%M")  # noqa: DTZ007 - a clock time has no zone
        except (TypeError, ValueError):
            table.refuse(name, "invalid_time")
            return "00:00"
        return given

    def load(self, plain: Any) -> time | None:
        return None if plain is False else time.fromisoformat(str(plain).zfill(5))

    def dump(self, value: Any) -> Any:
        return False if value is None else f"{value:%H:%M}"


# Booleans and numbers


@dataclass(frozen=True, kw_only=True)
class Flag(Field):
    """A boolean; its `default` if it is missing."""

    default: Any = False

    def check(self, table: TableReader, name: str, given: Any) -> Any:
        if not isinstance(given, bool):
            table.refuse(name, "wrong_type", kind="flag")
        return given is True


@dataclass(frozen=True, kw_only=True)
class Number(Field):
    """A whole number from `least` to `most`.

    `unit`: the unit in which it is stored, such as minutes; empty for a count. `units`: the units in which people
    may type it, the first first.
    """

    least: int = 0
    most: int
    unit: str = ""
    units: tuple[str, ...] = ()

    def check(self, table: TableReader, name: str, given: Any) -> Any:
        if given is None and (name not in table.source or not (self.required or table.is_override)):
            if self.required:
                table.refuse(name, "required", min=self.least, max=self.most)
            return None
        if isinstance(given, bool) or not isinstance(given, int):
            table.refuse(name, "not_a_number", min=self.least, max=self.most)
            return None
        if not self.least <= given <= self.most:
            table.refuse(name, "out_of_range", min=self.least, max=self.most)
        return given

    def row_problem(self, value: Any) -> str:
        is_usable = is_count(value) and value >= self.least if self.required else True
        return "" if is_usable else "not_a_number"


@dataclass(frozen=True, kw_only=True)
class Duration(Number):
    """A whole number of its unit, which is a `timedelta` in Python."""

    unit: str = "minutes"
    units: tuple[str, ...] = ("minutes",)

    def load(self, plain: Any) -> timedelta | None:
        return None if plain is False or plain is None else timedelta(**{self.unit: plain})

    def dump(self, value: Any) -> Any:
        return super().dump(None) if value is None else value // timedelta(**{self.unit: 1})


# Values to choose from


@dataclass(frozen=True, kw_only=True)
class SingleChoice(Field):
    """A value of the `options`, which are untranslated words by value."""

    options: Mapping[str, str]
    default: Any = ""

    def check(self, table: TableReader, name: str, given: Any) -> Any:
        if given not in [*self.options]:
            allowed = ", ".join(self.options)
            table.refuse(name, "not_one_of" if given else "required", allowed=allowed)
        return str(given)

    def row_problem(self, value: Any) -> str:
        return "" if value in [*self.options] else "unknown_choice"


@dataclass(frozen=True, kw_only=True)
class MultipleChoice(Field):
    """A list of some of the `options`, in their order.

    With `required`, the list must be there.
    """

    options: Mapping[str, str]

    def read(self, table: TableReader, name: str) -> Any:
        allowed = ", ".join(self.options)
        given = text_list(table, name)
        for value in given:
            if value not in self.options:
                table.refuse(name, "not_one_of", allowed=allowed)
        if self.required and not isinstance(table.source.get(name), list):
            table.refuse(name, "required", allowed=allowed)
        return [value for value in self.options if value in given]

    def dump(self, value: Any) -> Any:
        return [option for option in self.options if option in value]

    def row_problem(self, value: Any) -> str:
        return "" if isinstance(value, list) and all(map([*self.options].__contains__, value)) else "unknown_mode"


@dataclass(frozen=True, kw_only=True)
class TextList(Field):
    """A list of texts, each once."""

    def read(self, table: TableReader, name: str) -> Any:
        return list(dict.fromkeys(text_list(table, name)))

    def dump(self, value: Any) -> Any:
        return list(value)


def text_list(table: TableReader, name: str) -> list[str]:
    """Read a list of texts; if it is no such list, an empty list with an error."""
    values = table.source.get(name, [])
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        table.refuse(name, "wrong_type", kind="list")
        return []
    return values


# Tables


@dataclass(frozen=True, kw_only=True)
class Numbers(Number):
    """Whole numbers by key.

    `options`: untranslated words by key. `keys_from`: the field with the list of keys that are needed, each with
    the `default` if it is missing. `unknown`: the error code of any other key.
    """

    options: Mapping[str, str]
    examples: Mapping[str, str] = dataclasses.field(default_factory=dict)
    keys_from: str = ""
    unknown: str = "unexpected"

    def number(self, key: str) -> Number:
        """Return the kind of the number with this key."""
        return Number(
            self.options[key],
            example=self.examples.get(key, ""),
            least=self.least,
            most=self.most,
            unit=self.unit,
            units=self.units,
            group=self.group,
        )

    def read(self, table: TableReader, name: str) -> Any:
        inner = table.table(name)
        chosen = table.source.get(self.keys_from) if self.keys_from else inner.source
        keys = [key for key in self.options if isinstance(chosen, Mapping | list) and key in chosen]
        for key in inner.source:
            if key not in (keys if self.keys_from else self.options):
                inner.refuse(str(key), self.unknown, known=", ".join(keys if self.keys_from else self.options))
        numbers = {key: self.check(inner, key, inner.source.get(key, self.default)) for key in keys}
        return {key: number for key, number in numbers.items() if number is not None}

    def dump(self, value: Any) -> Any:
        return dict(value)

    def words(self, path: Path) -> Words:
        return [(self.options.get(path[0], path[0]) if path else self.label, True)]

    def row_problem(self, value: Any) -> str:
        return "" if isinstance(value, dict) and all(map(is_count, value.values())) else "not_places"


@dataclass(frozen=True, kw_only=True)
class FreeTable(Field):
    """A table whose values another feature checks."""

    def read(self, table: TableReader, name: str) -> Any:
        return without_none(table.table(name).source)

    def dump(self, value: Any) -> Any:
        return without_none(value)

    def row_problem(self, value: Any) -> str:
        return "" if isinstance(value, dict) else "not_an_object"


@dataclass(frozen=True, kw_only=True)
class Nested(Field):
    """A table that is a document of its own."""

    document: Any
    only_given: bool = False

    def read(self, table: TableReader, name: str) -> Any:
        if self.can_be_off and table.source.get(name, True) in (None, False):
            return False
        return read_document(self.document, table.table(name), only_given=self.only_given)

    def load(self, plain: Any) -> Any:
        return None if plain is False else self.document(**load_document(self.document, plain))

    def dump(self, value: Any) -> Any:
        if isinstance(value, Mapping):  # the attribute is the plain table
            return {key: value[key] for key in declared_fields(self.document) if key in value}
        return False if value is None else dump_document(value)

    def words(self, path: Path) -> Words:
        return path_words(self.document, path) if path else [(self.label, True)]


@dataclass(frozen=True, kw_only=True)
class Parts(Field):
    """Tables by key, in their order, each a `document`.

    `pattern`: of a key; without it, any short text. `key_attribute`: the attribute that is the key.
    """

    document: Any
    pattern: re.Pattern[str] | None = SLUG
    longest: int = MAX_SLUG
    key_attribute: str = "slug"

    def read(self, table: TableReader, name: str) -> Any:
        inner = table.table(name)
        if len(inner.source) > MAX_PARTS:
            inner.refuse("", "too_many", max=MAX_PARTS)
        for key in inner.source:
            if len(key) > self.longest:
                inner.refuse(key, "too_long", max=self.longest)
            elif self.pattern is not None and not self.pattern.fullmatch(key):
                inner.refuse(key, "not_a_slug")
            elif not key.strip() or not key.isprintable() or PATH_SEPARATOR in key:
                inner.refuse(key, "wrong_type", kind="text")
        return {key: read_document(self.document, inner.table(key)) for key in inner.source}

    def dump(self, value: Any) -> Any:
        if not isinstance(value, Mapping):
            return {getattr(part, self.key_attribute): dump_document(part) for part in value}
        kinds = declared_fields(self.document).items()
        return {part: {key: kind.dump(values.get(key)) for key, kind in kinds} for part, values in value.items()}

    def row_problem(self, value: Any) -> str:
        """Check tables that are stored as an object; other parts have rows of their own."""
        kinds = declared_fields(self.document).items()
        is_usable = has_values(value, dict) and not any(
            kind.row_problem(part.get(key)) for part in value.values() for key, kind in kinds
        )
        return "" if is_usable else "not_texts"

    def words(self, path: Path) -> Words:
        """Return `Service census, Minutes` for the path to the minutes of a service."""
        return [(self.label, True), *((key, False) for key in path[:1]), *path_words(self.document, path[1:])]


def path_words(document: Any, path: Path) -> Words:
    """Return the words of a path in a document; a key that is no field stays as it is."""
    if not path:
        return []
    kind = declared_fields(document).get(path[0])
    return kind.words(path[1:]) if kind else [(key, False) for key in path]


# Values of rows


def is_filled(value: Any) -> bool:
    """Tell whether it is a text that is not empty."""
    return isinstance(value, str) and value.strip() != ""


def is_count(value: Any) -> bool:
    """Tell whether it is a whole number that is not negative."""
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def has_values(value: Any, kind: type[Any]) -> bool:
    """Tell whether it is an object of JSON whose values are all of this type."""
    # exact types, as JSON gives them: a check for a Mapping takes ten times as long
    return isinstance(value, dict) and {*map(type, value.values())} <= {kind}


def _fold_lines(text: str) -> str:
    """Fold the white space of each line; paragraphs stay apart by an empty line."""
    lines = (" ".join(line.split()) for line in text.splitlines())
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip("\n")
