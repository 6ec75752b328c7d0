"""Pages and messages of citizens in every language, without a sentence of another one."""

from __future__ import annotations

import gettext
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from jinja2 import Environment
from office360.core.i18n.catalogues import Catalogues
from office360.core.i18n.languages import KNOWN_LANGUAGES, LANGUAGES, SOURCE_LANGUAGE, LanguageChoice
from office360.core.tokens import TokenSigner
from office360.notifications.domain.message_kinds import (
    FIGURES_PAGE,
    KINDS,
    OWN_ACCOUNT,
    STAFF_ACCOUNT,
    STAFF_CONSOLE,
    STAFF_TEST,
)
from office360.notifications.domain.sample_payloads import sample_message
from office360.notifications.web.message_previews import PreviewWriter
from office360.offices.domain.site import Site
from office360.server import app
from office360.server.app import FEATURE_FOLDERS, ROOT
from office360.server.settings import Settings
from office360.server.web import templates
from office360.server.web.static_files import StaticFolder
from office360.server.web.templates import JinjaRenderer, SharedTemplates

from ..conftest import FakeClock, serve_app
from ..e2e.support.layout_world import build_layout_world
from ..notifications.support.messages import SENDER, SITE
from ..notifications.web.test_message_previews import OFFICE

NOW = datetime(2026, 11, 25, 9, 30, tzinfo=UTC)
SECRET = "a secret of this test, which is long enough"
WITH_CATALOGUES = [language for language in LANGUAGES if language != SOURCE_LANGUAGE]
ALL_LANGUAGES = LanguageChoice(LANGUAGES, confirmed=LANGUAGES)
STAFF_LINKS = {FIGURES_PAGE, OWN_ACCOUNT, STAFF_ACCOUNT, STAFF_CONSOLE, STAFF_TEST}


class MissingTexts(gettext.NullTranslations):
    """Sentences that a catalogue lacks, and that its fallback translates."""

    def __init__(self, fallback: gettext.NullTranslations) -> None:
        super().__init__()
        self.add_fallback(fallback)
        self.found: set[str] = set()

    def gettext(self, message: str) -> str:
        self.found.add(message)
        return super().gettext(message)

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        self.found.add(msgid1)
        return super().ngettext(msgid1, msgid2, n)


class WatchedCatalogues(Catalogues):
    """Catalogues of all known languages, which note what each lacks."""

    def __init__(self) -> None:
        super().__init__(FEATURE_FOLDERS, ALL_LANGUAGES)
        self.missing: dict[str, MissingTexts] = {}

    def _load(self, *chain: str) -> gettext.NullTranslations:
        if chain not in self._loaded:
            own, *others = chain
            self.missing[own] = MissingTexts(super()._load(*others))
            self._loaded[chain] = self._load_over(self.missing[own], own)
        return self._loaded[chain]

    def take_missing(self) -> dict[str, set[str]]:
        taken = {language: texts.found for language, texts in self.missing.items() if texts.found}
        for texts in self.missing.values():
            texts.found = set()
        return taken


async def test_citizens_pages_are_complete_in_every_language(
    settings: Settings, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    watched = WatchedCatalogues()
    monkeypatch.setattr(app, "Catalogues", lambda folders, languages: watched)
    still = settings.model_copy(update={"embedded_worker": False, "languages": list(LANGUAGES)})
    flaws: list[str] = []
    async with serve_app(still, clock) as server:
        world = await build_layout_world(server.runtime)
        watched.take_missing()
        for language in WITH_CATALOGUES:
            async with server.client(cookies={"office360_lang": language}) as client:
                for state in world.states(signed_in=False):
                    if "staff" in state:
                        continue
                    async with client.get(state.lstrip("!+-")) as response:
                        page = await response.text()
                        missing = watched.take_missing().get(language, set())
                        flaws += [f"{language} {state}: {response.status}"] * (response.status >= 500)
                        flaws += [f"{language} {state}: {text}" for text in missing]
                        is_page = response.content_type == "text/html" and response.status == 200
                        head = f'<html lang="{language}" dir="{KNOWN_LANGUAGES[language].direction}"'
                        flaws += [f"{language} {state}: not {head}"] * (is_page and head not in page)
    assert sorted(set(flaws)) == []


def test_citizens_messages_are_complete_in_every_language() -> None:
    watched = WatchedCatalogues()
    renderer = JinjaRenderer(FEATURE_FOLDERS, watched, StaticFolder(ROOT / "static"))
    writer = PreviewWriter(
        renderer.with_site(lambda: Site()),
        TokenSigner([SECRET]),
        SITE,
        SENDER,
    )
    flaws = set()
    for language in LANGUAGES:
        for name, kind in KINDS.items():
            for channel in kind.channels if kind.link_target not in STAFF_LINKS else ():
                writer.write(sample_message(name, channel, language, OFFICE, NOW), NOW)
                flaws |= {(language, name, text) for text in watched.take_missing().get(language, ())}
    assert sorted(flaws) == []


def test_languages_share_compiled_templates(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(templates, "SharedTemplates", SharedTemplates)  # not that of the whole run
    compiled: list[str | None] = []

    def compile_counted(self: Environment, source: str, name: str | None, filename: str | None) -> Any:
        compiled.append(name)
        return compile_template(self, source, name, filename)

    compile_template = Environment.compile
    monkeypatch.setattr(Environment, "compile", compile_counted)
    source = '{{ _("Sign in to continue.") }} {{ lang }}, {{ figure | decimal }}'
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "tried.txt").write_text(source)
    catalogues = Catalogues(FEATURE_FOLDERS, LanguageChoice(("es", "en", "ar")))
    pages = JinjaRenderer([*FEATURE_FOLDERS, tmp_path], catalogues, StaticFolder(ROOT / "static"))

    shown = [pages.text(language, "tried.txt", {"figure": 4.5}) for language in ("es", "en", "ar")]

    assert shown == [
        "Entra con tu cuenta para seguir. es, 4,5",
        "Sign in to continue. en, 4.5",
        f"{catalogues.gettext('ar', 'Sign in to continue.')} ar، 4.5",
    ]
    assert sorted(map(str, compiled)) == ["parts.html", "tried.txt"]
