"""Compact notation of expressions in data, compiled to patterns. Pure.

`[el|este] {weekday} (de|del) {month}` means: optional words, then the words of a slot. `[the|on]*` repeats
optional words. A name in braces that is no slot is a macro of the language. Everything else is a regular
expression, in which plain parentheses capture nothing. `@`, `~` and `#` stand for the numbered mark of an
expression.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields
from re import Match
from typing import Any

from .lazy_pattern import LazyPattern

_NAME = re.compile(r"\{([a-z][a-z_.]*)(#\d)?\}")
# Optional words go with the space behind them, else with the space before them.
_OPTIONAL_WORDS = (
    (re.compile(r"\[([^\[\]]*)\](\*?) "), "(?:{} )"),
    (re.compile(r" \[([^\[\]]*)\](\*?)"), "(?: {})"),
    (re.compile(r"\[([^\[\]]*)\](\*?)"), "{}"),
)


@dataclass(frozen=True, slots=True)
class TemplateSlot:
    """A part of an expression that has a value: its pattern, and the value of a text."""

    pattern: str
    read: Callable[[str], Any]


class Captures:
    """Values of the slots in a match. A slot such as `day.sure` is a variant of `day`."""

    def __init__(self, values: Mapping[str, list[Any]], text: str) -> None:
        self._values = values
        self.text = text

    def every(self, name: str) -> list[Any]:
        """Return all values of a slot, in the order of the expression."""
        return self._values.get(name, [])

    def first(self, name: str) -> Any:
        """Return the value of a slot, or `None` if its optional part does not match."""
        return next(iter(self.every(name)), None)


class Notation:
    """Slots and macros of a language, which turn templates into patterns."""

    def __init__(self, slots: Mapping[str, TemplateSlot], macros: str = "") -> None:
        self._slots = slots
        self._macros = {name: text.strip() for name, text in keyed_lines(macros)}

    def compile(self, template: str, before: str = r"\b", behind: str = r"(?![\w@])") -> LazyPattern:
        """Compile a template that matches whole words."""
        expanded = self._expand_macros(template)
        for mark in "@~#":
            expanded = re.sub(rf"{mark}(?!\d}})", rf"{mark}(?P<>\\d)", expanded)
        expanded = re.sub(r"\((?!\?)", "(?:", expanded).replace("(?P<>", "(")
        for pattern, written in _OPTIONAL_WORDS:
            while (found := pattern.search(expanded)) is not None:
                words = written.format(f"(?:{found[1]})") + (found[2] or "?")
                expanded = f"{expanded[: found.start()]}{words}{expanded[found.end() :]}"
        groups = iter(range(len(expanded)))
        return LazyPattern(
            f"{before}(?:{_NAME.sub(lambda found: self._group(found, next(groups)), expanded)}){behind}"
        )

    def compile_any(self, block: str, before: str = r"(?<!\w)", behind: str = r"(?!\w)") -> LazyPattern:
        """Compile a block of templates, one on each line, of which any may match."""
        return self.compile("|".join(joined_lines(block)) or "(?!)", before, behind)

    def captures(self, found: Match[str], which: str = "0") -> Captures:
        """Return the values of the slots in a match; `which`: of the first or second `{clock}`."""
        values: dict[str, list[Any]] = {}
        groups = ((group.split("__"), text) for group, text in found.groupdict().items() if text is not None)
        for (name, variant, part, _), text in groups:
            if part == which:
                slot = self._slots[f"{name}.{variant}" if variant else name]
                values.setdefault(name, []).append(slot.read(text))
        return Captures(values, found.group())

    def _expand_macros(self, template: str) -> str:
        """Expand macros; `#1` and `#2` tell the slots of two `{clock}` apart."""
        if template.count("{clock}") > 1:
            template = template.replace("{clock}", "{clock#1}", 1).replace("{clock}", "{clock#2}", 1)
        while True:
            names = [found for found in _NAME.finditer(template) if found[1] not in self._slots]
            if not names:
                return template
            name, part = names[0][1], names[0][2] or ""
            replacement = _NAME.sub(rf"{{\1{part}}}", self._macros[name]) if part else self._macros[name]
            template = template.replace(names[0].group(), _as_unit(replacement))

    def _group(self, found: Match[str], number: int) -> str:
        name, _, variant = found[1].partition(".")
        return f"(?P<{name}__{variant}__{(found[2] or '#0')[1]}__{number}>{self._slots[found[1]].pattern})"


def _as_unit(text: str) -> str:
    """Put alternatives that stand outside any bracket into parentheses."""
    outside = text
    while (shorter := re.sub(r"\[[^\[\]]*\]|\([^()]*\)", "", outside)) != outside:
        outside = shorter
    return f"({text})" if "|" in outside else text


def joined_lines(block: str) -> list[str]:
    """Return the lines of a block.

    A line that ends with a backslash continues in the next. A line that starts with `//` is a comment.
    """
    joined = re.sub(r"\\\n\s*", "", block)
    lines = (line.strip() for line in joined.splitlines())
    return [line for line in lines if line and not line.startswith("// ")]


def keyed_lines(block: str) -> list[tuple[str, str]]:
    """Split each line of a block at its first colon followed by a space."""
    return [(key.strip(), text.strip()) for key, _, text in (line.partition(": ") for line in joined_lines(block))]


def template_words(wording: Any) -> frozenset[str]:
    """Return the longer words of all texts of a wording."""
    texts = (getattr(wording, member.name) for member in fields(wording))
    return frozenset(
        word for text in texts if isinstance(text, str) for word in re.findall(r"(?<![a-z\\{])[a-z]{4,}", text)
    )


def numbered_words(first: int, text: str) -> dict[str, int]:
    """Number words in order; `/` separates words for the same number, `_` stands for a space."""
    return {
        word.replace("_", " "): number
        for number, words in enumerate(text.split(), first)
        for word in words.split("/")
    }


def named_words(block: str) -> dict[str, str]:
    """Map words to the name that is in front of them in their line."""
    return {word.replace("_", " "): name for name, words in keyed_lines(block) for word in words.split()}


def compound_numbers(units: Mapping[str, int], tens: Mapping[str, int], between: str) -> dict[str, int]:
    """Add each unit to each of the tens: `treinta y uno`, `thirty one`."""
    compound = {
        f"{ten}{between}{unit}": tens[ten] + units[unit] for ten in tens for unit in units if units[unit] < 10
    }
    return {**units, **tens, **compound}


def word_slot(words: Mapping[str, Any], digits: str = "") -> TemplateSlot:
    """Build a slot of words with a value, and of digits with an optional ending such as `3rd`."""
    longest_first = sorted(words, key=len, reverse=True)
    alternatives = [digits] * bool(digits) + longest_first
    return TemplateSlot(
        "|".join(alternatives), lambda text: int(re.sub(r"\D", "", text)) if text[:1].isdigit() else words[text]
    )


def numbers_between(
    words: Mapping[str, int], least: int, most: int, without: Iterable[str] = ()
) -> dict[str, int]:
    """Keep the words of the numbers from `least` to `most`."""
    return {word: number for word, number in words.items() if least <= number <= most and word not in without}
