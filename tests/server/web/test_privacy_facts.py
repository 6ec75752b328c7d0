"""Facts of /privacy, compared with the tables, the cookies and the stored names."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

from office360.chatbot.actions.conversation import CONVERSATION_LIFETIME
from office360.core.db.idempotency_keys import RESPONSE_RETENTION
from office360.core.web.requests import DEVICE_COOKIE_MAX_AGE_S
from office360.precheck.actions.connection_tests import REPORT_RETENTION
from office360.server.schema import metadata
from office360.server.settings import Settings
from office360.server.web.privacy_facts import COOKIES, STORED, STORED_IN_BROWSER, TABLES_WITHOUT_PERSONS

from ...conftest import AppServer, FakeClock, serve_app

ROOT = Path(__file__).parents[3]
SCRIPTS = {path: path.read_text() for path in sorted((ROOT / "static").rglob("*.js"))}
STORAGE_CALL = re.compile(
    r"(?:localStorage|sessionStorage)\.(?:get|set|remove)Item\(([^,)]+)|caches\.open\(([^)]+)\)"
)
OTHER_FOLDERS = {"tests", "benchmarks", ".venv", ".src", "var", "build"}


def test_privacy_names_every_table_or_says_it_has_no_person() -> None:
    told = {table for group in STORED for fact in group.facts for table in fact.names}
    assert sorted(told & TABLES_WITHOUT_PERSONS) == []
    assert sorted(told | TABLES_WITHOUT_PERSONS) == sorted(metadata.tables)


def test_privacy_names_every_key_that_scripts_store() -> None:
    stored = {name for path, text in SCRIPTS.items() for name in _stored_names(path, text)}
    told = {name for fact in STORED_IN_BROWSER for name in fact.names}
    assert stored == {name.rstrip(": ") for name in told}
    assert [
        path.name for path, text in SCRIPTS.items() if re.search(r"\bindexedDB\b|document\.cookie", text)
    ] == []


def _stored_names(path: Path, text: str) -> Iterator[str]:
    """Yield what the names of values and caches begin with, that a script reads or writes."""
    for call in STORAGE_CALL.finditer(text):
        yield from _resolve(path, text, call[1] or call[2], set())


def _resolve(path: Path, text: str, argument: str, seen: set[str]) -> Iterator[str]:
    """Yield the literals behind an argument: constants, or what callers pass."""
    literal = re.match(r"\s*[\"`]([^\"`$]*)", argument)
    if literal:
        yield literal[1].rstrip(": ")
        return
    named = re.match(r"\s*(\w+)", argument)
    assert named, f"{path.name}: {argument}"
    name = named[1]
    constant = re.compile(rf"const {name} = (?:\([^)]*\) => )?[\"`]([^\"`$]*)")
    wrappers = set(re.findall(rf"(?:const|function) (\w+)(?: =)? ?\({name}\b", text)) - seen
    sources = [text] if wrappers else [text, *SCRIPTS.values()]  # a parameter, or a constant that may be imported
    if found := next(filter(None, map(constant.search, sources)), None):
        yield found[1].rstrip(": ")
        return
    assert wrappers, f"{path.name}: the name behind {argument} is not found"
    for wrapper in wrappers:
        for passed in re.findall(rf"(?<!function )\b{wrapper}\(([^,)]+)", text):
            if passed != name:
                yield from _resolve(path, text, passed, seen | {wrapper})


def test_privacy_names_every_cookie_that_the_server_sets() -> None:
    folders = [folder for folder in ROOT.iterdir() if folder.is_dir() and folder.name not in OTHER_FOLDERS]
    sources = [path.read_text() for folder in folders for path in folder.rglob("*.py")]
    constants = dict(found for text in sources for found in re.findall(r'(?m)^(\w*COOKIE\w*) = "(\w+)"$', text))
    setters = [call for text in sources for call in re.findall(r"\.set_cookie\(([^)]*)", text)]
    unknown = [call for call in setters if not any(name in call for name in (*constants, "name, value"))]
    assert unknown == []
    assert sorted(constants.values()) == sorted(name for fact in COOKIES for name in fact.names)


def test_privacy_durations_equal_the_code() -> None:
    """Durations that are no settings are words in the sentences."""
    assert timedelta(hours=2) == CONVERSATION_LIFETIME
    assert timedelta(days=30) == REPORT_RETENTION
    assert timedelta(days=1) == RESPONSE_RETENTION
    assert timedelta(days=400).total_seconds() == DEVICE_COOKIE_MAX_AGE_S
    assert "MAX_RESULTS = 8;" in SCRIPTS[ROOT / "static/precheck/record/test_storage.js"]


async def test_privacy_page_tells_the_settings_as_they_are(settings: Settings, clock: FakeClock) -> None:
    kept = {"contacts_kept_days": 45, "acceptances_kept_days": 1827}
    async with serve_app(settings.model_copy(update=kept), clock) as server:
        spanish, english = await _read(server, "es"), await _read(server, "en")
    assert "parte de tu contacto, durante 5 años" in spanish
    assert "Hasta 45 días después de la visita." in spanish
    assert "45 días después de tu cita o turno" in spanish
    assert "part of your contact, for 5 years" in english
    assert "Until 45 days after the visit." in english
    for page in (spanish, english):
        assert "%(" not in page


async def _read(server: AppServer, language: str) -> str:
    async with server.client() as client, client.get(f"/privacy?lang={language}") as answer:
        return await answer.text()
