"""Spanish translations of every sentence, and no visible text in JavaScript."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from babel.messages.catalog import Message
from babel.messages.pofile import read_po
from office360.server.app import ERROR_TEXTS, FEATURE_FOLDERS

from ..support.suite.source_files import nodes_of_file
from ..support.suite.translations import marked_sentences

ROOT = Path(__file__).parent.parent.parent
FOLDERS = [folder.name for folder in FEATURE_FOLDERS]
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]")


@cache
def _catalogue(folder: str) -> dict[str, Message]:
    path = ROOT / folder / "locale" / "es.po"
    if not path.exists():
        return {}
    with path.open("rb") as file:
        return {_singular(message.id): message for message in read_po(file, locale="es") if message.id}


def _singular(message_id: str | tuple[str, ...] | list[str]) -> str:
    return message_id if isinstance(message_id, str) else message_id[0]


@pytest.mark.parametrize("folder", FOLDERS)
def test_every_sentence_has_spanish_translation(folder: str) -> None:
    translated = {key for key, message in _catalogue(folder).items() if _is_translated(message)}
    missing = sorted(
        {
            f"{place}: {_singular(sentence)}"
            for sentence, place in marked_sentences(ROOT / folder)
            if _singular(sentence) not in translated
        }
    )
    assert missing == []


def _is_translated(message: Message) -> bool:
    texts = _texts(message)
    return bool(texts) and all(texts) and not message.fuzzy


@pytest.mark.parametrize("folder", FOLDERS)
def test_catalogues_have_no_obsolete_translation(folder: str) -> None:
    sentences = {_singular(sentence) for sentence, _ in marked_sentences(ROOT / folder)}
    assert sorted(key for key in _catalogue(folder) if key not in sentences) == []


@pytest.mark.parametrize("folder", FOLDERS)
def test_placeholders_survive_translation(folder: str) -> None:
    wrong = [
        key
        for key, message in _catalogue(folder).items()
        if not _placeholders(_texts(message)) <= _placeholders(_ids(message)) | {"%(num)s"}
    ]
    assert wrong == []


def _ids(message: Message) -> list[str]:
    return [message.id] if isinstance(message.id, str) else list(message.id)


def _texts(message: Message) -> list[str]:
    if message.string is None:
        return []
    return [message.string] if isinstance(message.string, str) else list(message.string)


def _placeholders(texts: list[str]) -> set[str]:
    return {found for text in texts for found in PLACEHOLDER.findall(text)}


def test_scripts_hold_no_visible_text() -> None:
    accented = re.compile(r"""["'`][^"'`\n]*[áéíóúñ¿¡][^"'`\n]*["'`]""")
    found = [
        f"{path.relative_to(ROOT)}: {match.group()}"
        for path in (ROOT / "static").rglob("*.js")
        for match in accented.finditer(path.read_text())
    ]
    assert found == []


def test_sentence_has_same_spanish_in_every_catalogue() -> None:
    """Check for contradictions: catalogues are merged, and a single translation would win."""
    seen: dict[str, set[tuple[str, ...]]] = {}
    for folder in FOLDERS:
        for key, message in _catalogue(folder).items():
            seen.setdefault(key, set()).add(tuple(_texts(message)))
    assert {key: texts for key, texts in seen.items() if len(texts) > 1} == {}


ERROR_CLASSES = {
    *("Refused", "Conflict", "NotAllowed", "NotFound", "Gone", "Malformed", "Unauthenticated"),
    *("RateLimited", "Unavailable", "Closed", "FieldError", "validation_error"),
}
# Codes that only the command line raises, which has its own sentences.
COMMAND_LINE_CODES = {"no_desk", "no_country", "undecodable", "changed_meanwhile"}


def test_every_raised_error_code_has_a_text() -> None:
    missing = [
        f"{path.relative_to(ROOT)}:{line} {code}"
        for folder in ("signaling", *FOLDERS)
        for path in sorted((ROOT / folder).rglob("*.py"))
        for line, code in _raised_codes(path)
        if code not in ERROR_TEXTS and code not in COMMAND_LINE_CODES
    ]
    assert missing == []


def _raised_codes(path: Path) -> Iterator[tuple[int, str]]:
    """Yield the literal error codes: the first argument, or the second of a FieldError."""
    for node in nodes_of_file(path):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ERROR_CLASSES:
            arguments = node.args[1:] if node.func.id == "FieldError" else node.args
            if arguments and isinstance(arguments[0], ast.Constant) and isinstance(arguments[0].value, str):
                yield node.lineno, arguments[0].value


# Sentences of the consoles with a number before a noun that is never 1: a limit or a setting of the code.
NEVER_ONE = {
    "Choose at most %(days)s days.",
    "Close at most %(max)s days at once.",
    "One view covers at most %(days)s days. A CSV file has at most %(most)s entries, the newest first.",
    "The picture is too long. One side may be %(max)s times the other.",
    "%(num)s days",  # management/web/settings/setting_words.py has a sentence of its own for 1
    "%(count)s days",
    "Failed, %(count)s days",
}
COUNTED_NOUN = re.compile(r"%\(\w+\)s (\w+)")


def test_counts_on_staff_pages_have_a_singular() -> None:
    plurals = [ids for folder in FOLDERS for m in _catalogue(folder).values() if len(ids := _ids(m)) > 1]
    pairs = [(COUNTED_NOUN.findall(singular), COUNTED_NOUN.findall(plural)) for singular, plural in plurals]
    nouns = {plural[0] for singular, plural in pairs if singular and plural and singular[0] != plural[0]}
    found = {
        key
        for folder in ("staff", "management")
        for key, message in _catalogue(folder).items()
        if isinstance(message.id, str) and nouns & set(COUNTED_NOUN.findall(key))
    }
    assert found == NEVER_ONE
