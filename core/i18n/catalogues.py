"""Translations by gettext: English msgids, catalogues in `locale/<language>.po`.

A language is parsed when it is first needed, which takes a fifth of a second, so that no compiled file has to be
built or committed, and languages that are never asked for cost nothing.
"""

from __future__ import annotations

import gettext
import io
import re
from collections.abc import Callable, Iterable, Mapping
from itertools import takewhile
from pathlib import Path
from typing import Any

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from .languages import KNOWN_LANGUAGES, SOURCE_LANGUAGE, LanguageChoice, LocalizedText

LEGAL_FLAG = "legal"  # of a sentence in a catalogue; `make messages` sets it

GettextFunction = Callable[[str], str]  # from the English sentence to a text in one language

# Around text whose direction may differ from that of its page (Unicode Annex 9, 2.4): without them, the full stop
# of a Spanish sentence on an Arabic page stands at its beginning.
ISOLATE, END_OF_ISOLATE = "\u2068", "\u2069"

# "las 1:05", in Catalan "les 1:05", perhaps with a tag before the hour
_PLURAL_ARTICLE_BEFORE_ONE = re.compile(r"\b([Ll])[ae]s (?=(?:<[^<>]*>)?0?1:[0-5]\d)")


def N_(text: str) -> str:
    """Mark a sentence for translation; the code that shows it translates it."""
    return text


class Catalogues:
    """Catalogues of all folders, merged by language, for the languages of an installation."""

    def __init__(self, folders: Iterable[Path], languages: LanguageChoice | None = None) -> None:
        self.languages = languages or LanguageChoice()
        self._folders = list(folders)
        self._translations: dict[str, gettext.NullTranslations] = {}
        self._loaded: dict[tuple[str, ...], gettext.NullTranslations] = {(): gettext.NullTranslations()}

    def translations(self, language: str) -> gettext.NullTranslations:
        """Return the translations of a language, completed by its fallbacks."""
        code = self.languages.resolve(language)
        if code not in self._translations:
            chain = takewhile(lambda each: each != SOURCE_LANGUAGE, self.languages.chain(code))
            self._translations[code] = self._load(*chain)
        return self._translations[code]

    def _load(self, *chain: str) -> gettext.NullTranslations:
        """Return the translations of a language over those of the rest, which languages share."""
        if chain not in self._loaded:
            self._loaded[chain] = self._load_over(self._load(*chain[1:]), chain[0])
        return self._loaded[chain]

    def _load_over(self, fallback: gettext.NullTranslations, language: str) -> gettext.NullTranslations:
        """Load the catalogues of a language; what they lack comes from `fallback`."""
        if KNOWN_LANGUAGES[language].direction == "rtl":
            fallback = _IsolatedTexts(fallback)
        for folder in self._folders:
            path = folder / "locale" / f"{language}.po"
            if path.exists():
                translations = _read_catalogue(path, language, has_legal=language in self.languages.confirmed)
                translations.add_fallback(fallback)
                fallback = translations
        return fallback

    def gettext(self, language: str, text: str) -> str:
        """Translate a sentence."""
        return self.translations(language).gettext(text)

    def localized(self, text: str) -> LocalizedText:
        """Translate a sentence into each language of the installation, in its order."""
        offered = (language for language in self.languages.order if language in self.languages.offered)
        return {language: self.gettext(language, text) for language in offered}


class ErrorTexts:
    """Translated texts of error codes."""

    def __init__(self, catalogues: Catalogues, texts: Mapping[str, str]) -> None:
        self._catalogues = catalogues
        self._texts = texts

    def error_text(self, language: str, code: str, params: Mapping[str, Any] | None = None) -> str:
        """Return the text of a code; the text of `internal_error` for an unknown code.

        A parameter that is True chooses a more exact text if the catalogue has it: `no_capacity.lasts_today`. A
        test checks that every code has a text.
        """
        exact = (self._texts.get(f"{code}.{name}") for name, value in (params or {}).items() if value is True)
        text = next(filter(None, exact), None) or self._texts.get(code) or self._texts["internal_error"]
        sentence = self._catalogues.gettext(language, text)
        return sentence % params if params else sentence


def agree_with_hour(text: str) -> str:
    """Write `la 1:05` for `las 1:05`: every hour is plural but one o'clock.

    So in Spanish and Catalan, whose translations have `las` or `les` before each clock time.
    `static/core/i18n.js` does the same.
    """
    return _PLURAL_ARTICLE_BEFORE_ONE.sub(r"\1a ", text)


class _AgreeingSentence(str):
    """A translation that agrees with the hours that are filled in."""

    def __mod__(self, values: Any, /) -> str:
        return agree_with_hour(super().__mod__(values))


class _AgreeingTranslations(gettext.GNUTranslations):
    def gettext(self, message: str) -> str:
        return _AgreeingSentence(super().gettext(message))

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        return _AgreeingSentence(super().ngettext(msgid1, msgid2, n))


class _IsolatedTexts(gettext.NullTranslations):
    """Texts of a fallback whose direction is another."""

    def __init__(self, fallback: gettext.NullTranslations) -> None:
        super().__init__()
        self.add_fallback(fallback)

    def gettext(self, message: str) -> str:
        return _AgreeingSentence(ISOLATE + super().gettext(message) + END_OF_ISOLATE)

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        return _AgreeingSentence(ISOLATE + super().ngettext(msgid1, msgid2, n) + END_OF_ISOLATE)


def _read_catalogue(path: Path, language: str, *, has_legal: bool) -> gettext.NullTranslations:
    """Read a catalogue; without confirmation, its flagged legal texts come from the fallback."""
    with path.open("rb") as file:
        catalogue = read_po(file, locale=language)
    for message in catalogue if not has_legal else ():
        if LEGAL_FLAG in message.flags:
            # gettext asks the fallback for what a catalogue does not translate
            message.string = ""
    # gettext reads compiled catalogues only (docs/decisions/0004)
    compiled = io.BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return _AgreeingTranslations(compiled)
