"""Reader of the tables of a document, such as a city file, that collects every error."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ...core.errors import FieldError
from ...core.i18n.languages import LANGUAGES

FieldErrors = list[FieldError]

PATH_SEPARATOR = " / "  # between the names of a value's path in the audit; no key contains it
MAX_TEXT = 300  # characters of a sentence
MAX_PARTS = 200  # lines, services or desks of an office


class DocumentTable:
    """Reader of one table of a document, which collects the errors of its values."""

    def __init__(self, source: Any, path: str, errors: FieldErrors) -> None:
        self.path, self.errors = path, errors
        if not isinstance(source, Mapping):
            self.refuse("", "wrong_type", kind="table")
        self.source: Mapping[str, Any] = source if isinstance(source, Mapping) else {}

    def refuse(self, name: str, code: str, **params: Any) -> None:
        """Collect the error of a value, or of the table itself for an empty name."""
        path = f"{self.path}.{name}" if name else self.path
        self.errors.append(FieldError(path, code, params))

    def refuse_unknown(self, known: Mapping[str, Any]) -> None:
        """Refuse every value whose name is not in `known`."""
        for name in self.source:
            if name not in known:
                self.refuse(str(name), "unexpected", known=", ".join(known))

    def text(self, name: str, longest: int, *, required: bool = False, has_lines: bool = False) -> str:
        """Read a text with its white space folded. A missing one is empty.

        `has_lines`: white space is folded in each line, and lines stay.
        """
        given = self.source.get(name, "")
        if not isinstance(given, str):
            self.refuse(name, "wrong_type", kind="text")
            return ""
        value = _fold_lines(given) if has_lines else " ".join(given.split())
        if required and not value:
            self.refuse(name, "required")
        elif len(value) > longest:
            self.refuse(name, "too_long", max=longest)
        elif not value.replace("\n", "").isprintable():
            self.refuse(name, "wrong_type", kind="text")
        return value

    def flag(self, name: str, *, default: bool) -> bool:
        """Read a boolean; the default if it is missing."""
        value = self.source.get(name, default)
        if not isinstance(value, bool):
            self.refuse(name, "wrong_type", kind="flag")
        return value is True

    def number(self, name: str, least: int, most: int, default: int | None = None) -> int | None:
        """Read a whole number; the default if it is missing."""
        value = self.source.get(name, default)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int):
            self.refuse(name, "not_a_number", min=least, max=most)
            return None
        if not least <= value <= most:
            self.refuse(name, "out_of_range", min=least, max=most)
        return value

    def choice(self, name: str, allowed: Sequence[str]) -> str:
        """Read one of the allowed texts."""
        value = self.source.get(name, "")
        if value not in allowed:
            self.refuse(name, "not_one_of" if value else "required", allowed=", ".join(allowed))
        return str(value)

    def table(self, name: str) -> DocumentTable:
        """Return the reader of an inner table."""
        return DocumentTable(self.source.get(name, {}), f"{self.path}.{name}", self.errors)

    def free_table(self, name: str) -> dict[str, Any]:
        """Read a table whose values another feature checks."""
        return without_none(self.table(name).source)

    def localized(
        self, name: str, *, longest: int = MAX_TEXT, required: bool = False, has_lines: bool = False
    ) -> dict[str, str]:
        """Read a text by language.

        Spanish is required if any is given, because the others fall back to it.
        """
        table = self.table(name)
        table.refuse_unknown(dict.fromkeys(LANGUAGES))
        texts = {
            language: table.text(language, longest, has_lines=has_lines)
            for language in LANGUAGES
            if language in table.source
        }
        texts = {language: text for language, text in texts.items() if text}
        if "es" not in texts and (required or texts):
            table.refuse("es", "required")
        return texts

    def parts(
        self,
        name: str,
        pattern: re.Pattern[str] | None,
        longest: int,
        parse: Callable[[DocumentTable], dict[str, Any]],
    ) -> dict[str, Any]:
        """Read tables by key, in their order."""
        table = self.table(name)
        if len(table.source) > MAX_PARTS:
            table.refuse("", "too_many", max=MAX_PARTS)
        parts = {}
        for key in table.source:
            if len(key) > longest:
                table.refuse(key, "too_long", max=longest)
            elif pattern is not None and not pattern.fullmatch(key):
                table.refuse(key, "not_a_slug")
            elif not key.strip() or not key.isprintable() or PATH_SEPARATOR in key:
                table.refuse(key, "wrong_type", kind="text")
            parts[key] = parse(table.table(key))
        return parts


def _fold_lines(text: str) -> str:
    """Fold the white space of each line; paragraphs stay apart by one empty line."""
    lines = (" ".join(line.split()) for line in text.splitlines())
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip("\n")


def without_none(table: Mapping[str, Any]) -> dict[str, Any]:
    """Copy a table of settings. None, which switches a setting off, becomes False."""
    return {
        name: without_none(value) if isinstance(value, Mapping) else False if value is None else value
        for name, value in table.items()
    }
