"""The handbook has the words of the interface, and says the same in each language."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from ..support.pictures.handbook_pictures import HANDBOOK, HANDBOOK_LANGUAGES

ROOT = Path(__file__).parents[2]
TEMPLATES = ROOT / "staff" / "templates" / "staff"
BOLD = re.compile(r"\*\*(.+?)\*\*", re.DOTALL)
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]")
SENTENCE_END = re.compile(r"[.:?](?:\s|$)")
KEY_ROW = re.compile(r'<dt>(.+?)</dt><dd>\{\{ _\("(.+?)"\) \}\}</dd>')
VALUE = r"\d[\d:]*"  # the handbook fills in numbers and clock times only


@cache
def _translations() -> dict[str, str]:
    """Return the Spanish texts of all catalogues by the English texts, also plural forms."""
    found = {}
    for path in ROOT.glob("*/locale/es.po"):
        with path.open("rb") as file:
            for message in read_po(file, locale="es"):
                if isinstance(message.id, str):
                    found[message.id] = str(message.string)
                else:
                    found |= dict(zip(message.id, message.string or (), strict=True))
    return found


@cache
def _interface_texts(language: str) -> tuple[frozenset[str], tuple[re.Pattern[str], ...]]:
    """Return texts of the interface with their parts, and patterns of texts with values."""
    texts = {english if language == "en" else spanish for english, spanish in _translations().items()}
    texts.discard("")
    parts = {part.strip() for text in texts for found in PLACEHOLDER.split(text) for part in _sentences(found)}
    filled = [text for text in texts if PLACEHOLDER.search(text)]
    patterns = [re.compile(VALUE.join(map(re.escape, PLACEHOLDER.split(text)))) for text in filled]
    return frozenset(texts | parts), tuple(patterns)


def _sentences(text: str) -> Iterator[str]:
    """Yield the text, its sentences, and what stands before or after a colon."""
    yield text
    start = 0
    for end in SENTENCE_END.finditer(text):
        yield text[start : end.start()]
        yield text[start : end.start() + 1]
        start = end.end()
    yield text[start:]


def _is_in_interface(words: str, language: str) -> bool:
    texts, patterns = _interface_texts(language)
    return words in texts or words.rstrip(".") in texts or any(pattern.fullmatch(words) for pattern in patterns)


def _pages(language: str) -> dict[str, str]:
    return {path.name: path.read_text() for path in sorted((HANDBOOK / language).glob("*.md"))}


@pytest.mark.parametrize("language", HANDBOOK_LANGUAGES)
def test_bold_words_of_the_handbook_are_in_the_interface(language: str) -> None:
    unknown = [
        f"{language}/{name}: {words}"
        for name, text in _pages(language).items()
        for words in (" ".join(found.split()) for found in BOLD.findall(text))
        if not _is_in_interface(words, language)
    ]
    assert unknown == []


def test_handbook_has_the_same_parts_in_each_language() -> None:
    """Compare headings, keys, pictures, rows of tables, and steps."""
    parts = [_parts_by_page(language) for language in HANDBOOK_LANGUAGES]
    assert parts == [parts[0]] * len(parts)


def _parts_by_page(language: str) -> dict[str, dict[str, list[str]]]:
    return {name: _parts(text) for name, text in _pages(language).items()}


def _parts(text: str) -> dict[str, list[str]]:
    return {
        "headings": re.findall(r"^#+ ", text, re.MULTILINE),
        "keys": re.findall(r"<kbd>.+?</kbd>", text),
        "pictures": re.findall(r"\]\(\S+pictures/(\S+)-..\.png\)", text),
        "rows": re.findall(r"^\|", text, re.MULTILINE),
        "steps": re.findall(r"^\d\.", text, re.MULTILINE),
    }


@pytest.mark.parametrize("language", HANDBOOK_LANGUAGES)
def test_keys_of_the_handbook_equal_those_of_the_consoles(language: str) -> None:
    rows = re.findall(r"^\| (<kbd>.+?</kbd>) \| \*\*(.+?)\*\* \|$", _pages(language)["keys.md"], re.MULTILINE)
    shown = [
        (keys, english if language == "en" else _translations()[english])
        for template in ("keys.html", "host_cards.html")
        for keys, english in KEY_ROW.findall((TEMPLATES / template).read_text())
    ]
    assert len(shown) > 20
    assert rows == shown
