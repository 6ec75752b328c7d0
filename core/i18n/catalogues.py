"""Languages by gettext catalogues. The msgid is the English sentence; each folder brings `locale/es.po`.

Catalogues are read as text at start (a few milliseconds), so nothing has to be compiled or committed twice.
"""

from __future__ import annotations

import gettext
import io
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

DEFAULT_LANGUAGE = "es"
LANGUAGES = ("es", "en")

GettextFunction = Callable[[str], str]  # from the English sentence to a text in one language
LocalizedText = Mapping[str, str]  # by language


def N_(text: str) -> str:
    """Mark a sentence for translation where it is defined; it is translated where it is shown."""
    return text


class Catalogues:
    """All folders' catalogues, merged by language."""

    def __init__(self, folders: Iterable[Path]) -> None:
        folders = list(folders)
        self._translations = {language: _load_translations(folders, language) for language in LANGUAGES}

    def translations(self, language: str) -> gettext.NullTranslations:
        """The translations of a language we have, else of the default one."""
        return self._translations.get(language, self._translations[DEFAULT_LANGUAGE])

    def gettext(self, language: str, text: str) -> str:
        """One sentence in this language."""
        return self.translations(language).gettext(text)


class ErrorTexts:
    """What each error code says to a person."""

    def __init__(self, catalogues: Catalogues, texts: Mapping[str, str]) -> None:
        self._catalogues = catalogues
        self._texts = texts

    def error_text(self, language: str, code: str, params: Mapping[str, Any] | None = None) -> str:
        """The sentence of a code. A code without one is a bug that a test finds; a person sees the general one."""
        text = self._texts.get(code) or self._texts["internal_error"]
        sentence = self._catalogues.gettext(language, text)
        return sentence % params if params else sentence


def _load_translations(folders: Iterable[Path], language: str) -> gettext.NullTranslations:
    merged = gettext.NullTranslations()
    for folder in folders:
        path = folder / "locale" / f"{language}.po"
        if path.exists():
            one = _read_catalogue(path, language)
            one.add_fallback(merged)
            merged = one
    return merged


def _read_catalogue(path: Path, language: str) -> gettext.NullTranslations:
    with path.open("rb") as file:
        catalogue = read_po(file, locale=language)
    compiled = io.BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)
