"""Languages are data: a new language is an entry of the list and its catalogues."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from babel import Locale
from office360.core.i18n import languages
from office360.core.i18n.catalogues import END_OF_ISOLATE, ISOLATE, LEGAL_FLAG, Catalogues
from office360.core.i18n.dates import format_date, format_day, format_relative_day
from office360.core.i18n.languages import LANGUAGES, Language, LanguageChoice, text_in_language
from office360.offices.domain.documents.field import TableReader
from office360.server.app import FEATURE_FOLDERS, ROOT
from office360.server.web.static_files import StaticFolder
from office360.server.web.templates import JinjaRenderer

from ..support.suite.source_files import constants_of_file
from ..support.suite.translations import CONSENTS, legal_sentences, read_catalogue

NOW = datetime(2026, 11, 27, 9, tzinfo=UTC)
# Files that name a language; this list may only get shorter. The assistant's grammars are each of a language.
NAMING_FILES = {
    "chatbot/actions/sentence_rewriter.py",
    "chatbot/dialogue/dialogue.py",
    "chatbot/dialogue/doubts/other_languages.py",
    "chatbot/rewriting/phrases.py",
    "chatbot/web/routes.py",
    "core/i18n/languages.py",
    "management/templates/management/accepted_texts.html",
    "notifications/domain/sample_payloads.py",
    "offices/domain/public_holidays.py",
    "offices/queries/offices.py",
    "offices/queries/poster.py",
    "server/demo/history.py",
    "server/demo/past_calls.py",
    "server/settings.py",
}
CONSENT_SENTENCES = (
    "I have read %(link)s and agree.",
    "Send me text messages about this ticket",
    "Nothing is recorded. The office will let you in when it is your turn.",
)
CODE = f"(?:{'|'.join(LANGUAGES)})"
NAMED_IN_TEMPLATE = re.compile(rf"""["']{CODE}["']|\.{CODE}\b(?!\.)""")


def _names_language(path: Path) -> bool:
    if path.suffix != ".py":
        return NAMED_IN_TEMPLATE.search(path.read_text()) is not None
    return not constants_of_file(path).isdisjoint(LANGUAGES)


def test_no_other_file_names_a_language() -> None:
    found = {
        str(path.relative_to(ROOT))
        for folder in FEATURE_FOLDERS
        for path in [*folder.rglob("*.py"), *folder.glob("templates/**/*.html")]
        if "chatbot/language" not in str(path) and "migrations" not in str(path) and _names_language(path)
    }
    assert found == NAMING_FILES


def test_new_language_is_one_entry(monkeypatch: pytest.MonkeyPatch) -> None:
    french = Language("fr", "Français", ("aujourd'hui", "demain"), "en")
    monkeypatch.setitem(languages.KNOWN_LANGUAGES, "fr", french)
    catalogues = Catalogues(FEATURE_FOLDERS, LanguageChoice(("es", "fr")))
    pages = JinjaRenderer(FEATURE_FOLDERS, catalogues, StaticFolder(ROOT / "static"))
    assert pages._environment("fr").globals["direction"] == "ltr"
    assert catalogues.gettext("fr", "Cancel the appointment") == "Cancel the appointment"
    assert format_day(NOW, UTC, "fr") == "vendredi 27 novembre"
    assert format_date(NOW.date(), "fr") == "27 novembre 2026"
    assert format_relative_day(NOW, UTC, NOW, "fr") == "aujourd'hui"


def test_unused_language_is_not_loaded() -> None:
    catalogues = Catalogues(FEATURE_FOLDERS, LanguageChoice(LANGUAGES))
    catalogues.gettext("es", "Cancel the appointment")
    assert list(catalogues._translations) == ["es"]


def test_languages_have_their_direction() -> None:
    own = {code: language.direction for code, language in languages.KNOWN_LANGUAGES.items()}
    assert own == {code: Locale.parse(code).text_direction for code in LANGUAGES}


def test_legal_sentences_are_flagged() -> None:
    """So that `make messages` is not forgotten after a change of such a sentence."""
    legal = legal_sentences()
    wrong = [
        f"{path.relative_to(ROOT)}: {message.id}"
        for path in ROOT.glob("*/locale/*.po")
        for message in read_catalogue(path, path.stem)
        if message.id and (LEGAL_FLAG in message.flags) != (_sentence(message.id) in legal)
    ]
    assert wrong == []
    assert legal >= CONSENTS


def _sentence(key: str | tuple[str, ...] | list[str]) -> str:
    return key if isinstance(key, str) else key[0]


@pytest.mark.parametrize("language", ["ca", "ar"])
def test_unconfirmed_consent_is_shown_in_fallback(language: str) -> None:
    unconfirmed = Catalogues(FEATURE_FOLDERS, LanguageChoice(LANGUAGES, confirmed=("es", "en")))
    confirmed = Catalogues(FEATURE_FOLDERS, LanguageChoice(LANGUAGES, confirmed=LANGUAGES))
    for sentence in CONSENT_SENTENCES:
        spanish = confirmed.gettext("es", sentence)
        # between signs that isolate it, in a language of the other direction
        assert unconfirmed.gettext(language, sentence).strip(ISOLATE + END_OF_ISOLATE) == spanish
        assert confirmed.gettext(language, sentence) not in (spanish, sentence)
    shown = unconfirmed.gettext(language, "Your appointment")
    assert shown not in ("Your appointment", unconfirmed.gettext("es", "Your appointment"))


def test_text_is_in_the_next_language_that_has_it() -> None:
    """Requested, fallback, default, required: the order in which documents are stored too."""
    choice = LanguageChoice(("ca", "en", "ar"), default="ar", required="ca")
    assert choice.order[:3] == ("ar", "ca", "en")
    texts = {language: language for language in ("en", "ca", "ar", "es")}
    shown = []
    while texts:
        shown.append(text_in_language(texts, "en", choice.order))
        del texts[shown[-1]]
    assert shown == ["en", "es", "ar", "ca"]


def test_document_stores_texts_in_the_order_of_the_installation() -> None:
    choice = LanguageChoice(("ca", "en", "ar"), default="ar", required="ca")
    reader = TableReader({"en": "Desk", "ca": "Taulell", "ar": "شبّاك"}, "names", [], choice)
    assert reader.given_languages() == ["ar", "ca", "en"]
