"""Known languages, and those that an installation offers. No catalogue, no request.

A language is an entry of `KNOWN_LANGUAGES` and its catalogues `<feature>/locale/<code>.po`; docs/translating.md.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeVar

T = TypeVar("T")

LocalizedText = Mapping[str, str]  # by language


@dataclass(frozen=True, slots=True)
class Language:
    """One language. `fallback`: the language of texts that it lacks."""

    code: str  # of two or three letters, ISO 639
    own_name: str  # as its readers write it, for the language menu
    name: str  # in English, for staff; its translation is in the catalogues
    direction: Literal["ltr", "rtl"] = "ltr"
    fallback: str | None = None


KNOWN_LANGUAGES: Mapping[str, Language] = {
    language.code: language
    for language in (
        Language("es", "Español", "Spanish"),
        Language("en", "English", "English", fallback="es"),
    )
}
LANGUAGES = tuple(KNOWN_LANGUAGES)
SOURCE_LANGUAGE = "en"  # of the sentences in the code


@dataclass(frozen=True, slots=True)
class LanguageChoice:
    """Languages of an installation: of its menu, of unknown readers, of every text."""

    offered: tuple[str, ...] = ("es", "en")  # in the order of the menu
    default: str = "es"
    required: str = "es"  # what offices write must be there in this language
    languages: tuple[Language, ...] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "languages", tuple(KNOWN_LANGUAGES[code] for code in self.offered))

    def resolve(self, code: str) -> str:
        """Return this language or its fallback if offered, else the default."""
        return next((each for each in fallback_chain(code) if each in self.offered), self.default)

    def chain(self, code: str) -> list[str]:
        """Return the order in which a text is looked for."""
        return list(dict.fromkeys((*fallback_chain(code), self.default, self.required)))

    def others(self, code: str) -> list[Language]:
        """Return the languages of the menu on a page in this language."""
        return [language for language in self.languages if language.code != code]


def fallback_chain(code: str) -> Iterator[str]:
    """Yield a language, its fallback, and so on."""
    known: str | None = code
    while known is not None:
        yield known
        known = KNOWN_LANGUAGES[known].fallback if known in KNOWN_LANGUAGES else None


def find_localized(texts: Mapping[str, T], language: str) -> T | None:
    """Return the text in this language, in its fallback, or the first text.

    The first is that of the installation's required language: texts are stored in that order.
    """
    found = next((texts[code] for code in fallback_chain(language) if texts.get(code)), None)
    return found or next((text for text in texts.values() if text), None)


def text_in_language(texts: LocalizedText, language: str) -> str:
    """Return the text in this language, or in the next best; empty without any."""
    return find_localized(texts, language) or ""


def sort_texts(texts: Mapping[str, T], order: Sequence[str]) -> dict[str, T]:
    """Return texts with the languages of `order` first."""
    return {code: texts[code] for code in (*order, *texts) if code in texts}
