"""The words of docs/content-style.md in everything that people read."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

ROOT = Path(__file__).parents[2]
DOCUMENT = ROOT / "docs" / "content-style.md"
HEADINGS = {"en": "## English words", "es": "## Spanish words"}
JINJA = re.compile(r"{#.*?#}|{%.*?%}|{{.*?}}", re.DOTALL)
TAG = re.compile(r"<(script|style)\b.*?</\1>|<[^>]*>", re.DOTALL | re.IGNORECASE)
READ_ATTRIBUTE = re.compile(r'\b(?:alt|title|placeholder|aria-label|content)="([^"]*)"')
SCRIPT_LITERAL = re.compile(r"""(["'`])((?:(?!\1)[^\\\n]|\\.)*? (?:(?!\1)[^\\\n]|\\.)*)\1""")
SCRIPT_COMMENT = re.compile(r"/\*.*?\*/|(?<![:\w])//[^\n]*", re.DOTALL)


@cache
def avoided_words(language: str) -> tuple[str, ...]:
    """Return the words of the column "Not"."""
    section = DOCUMENT.read_text().partition(HEADINGS[language])[2].partition("\n## ")[0]
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in section.splitlines() if line[:1] == "|"]
    return tuple(words.strip(" `") for _, avoided, _ in rows[2:] for words in avoided.split(";") if words.strip())


def avoided_in(text: str, language: str) -> list[str]:
    """Return the avoided words that a text has, in any case, as whole words."""
    return [words for words in avoided_words(language) if _pattern(words).search(text)]


@cache
def _pattern(words: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![\w(]){re.escape(words)}(?!\w)", re.IGNORECASE)


def _catalogue_texts(language: str) -> Iterator[tuple[str, str]]:
    for path in sorted(ROOT.glob("*/locale/es.po")):
        with path.open("rb") as file:
            for message in read_po(file, locale="es"):
                texts = (message.id if language == "en" else message.string) or ()
                for text in (texts,) if isinstance(texts, str) else texts:
                    yield str(path.relative_to(ROOT)), text


def _template_texts() -> Iterator[tuple[str, str]]:
    for path in sorted(ROOT.glob("*/templates/**/*")):
        if path.is_file():
            text = JINJA.sub(" ", path.read_text())
            visible = [*READ_ATTRIBUTE.findall(text), TAG.sub(" ", text)]
            yield str(path.relative_to(ROOT)), " ".join(" ".join(visible).split())


def _script_texts() -> Iterator[tuple[str, str]]:
    for path in sorted((ROOT / "static").rglob("*.js")):
        script = SCRIPT_COMMENT.sub(" ", path.read_text())
        for _, text in SCRIPT_LITERAL.findall(script):
            yield str(path.relative_to(ROOT)), text


@pytest.mark.parametrize("language", HEADINGS)
def test_catalogues_have_no_avoided_words(language: str) -> None:
    texts = _catalogue_texts(language)
    assert [(place, found, text) for place, text in texts if (found := avoided_in(text, language))] == []


@pytest.mark.parametrize("language", HEADINGS)
def test_templates_and_scripts_have_no_avoided_words(language: str) -> None:
    texts = [*_template_texts(), *_script_texts()]
    assert [(place, found) for place, text in texts if (found := avoided_in(text, language))] == []


def test_avoided_words_are_read_from_both_tables() -> None:
    assert {"locator", "take my turn", "at hand"} <= set(avoided_words("en"))
    assert {"usáis", "este equipo", "entre %(start)s"} <= set(avoided_words("es"))
    assert avoided_in("With the Locator of your e-mail", "en") == ["locator"]
    assert avoided_in("Booking reference %(locator)s", "en") == []
    assert avoided_in("Entre %(start)s y %(end)s", "es") == ["entre %(start)s"]


def test_words_that_we_write_are_not_avoided() -> None:
    """Check each row against all others, so that the tables do not contradict themselves."""
    for language, heading in HEADINGS.items():
        section = DOCUMENT.read_text().partition(heading)[2].partition("\n## ")[0]
        written = [line.split("|")[1] for line in section.splitlines() if line[:1] == "|"][2:]
        assert [(text, found) for text in written if (found := avoided_in(text, language))] == []
