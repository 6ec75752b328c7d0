"""Known languages, and those that an installation offers. No catalogue, no request.

A language is an entry of `KNOWN_LANGUAGES` and its catalogues `<feature>/locale/<code>.po`; docs/translating.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache

from babel import Locale

LocalizedText = Mapping[str, str]  # by language


@dataclass(frozen=True, slots=True)
class Language:
    """A language. `fallback`: the language of texts that it lacks."""

    code: str  # of two or three letters, ISO 639
    own_name: str  # as its readers write it, for the language menu
    near_days: tuple[str, str]  # today, tomorrow
    fallback: str | None = None
    afternoon_hour: int = 12
    comma: str = ","
    # here, because the menu of each page names it: reading it from a locale loads 1 MB of data about the language
    direction: str = "ltr"
    locale: str = ""  # whose order of day, month and year it writes; empty: the code


KNOWN_LANGUAGES: Mapping[str, Language] = {
    language.code: language
    for language in (
        Language("es", "Español", ("hoy", "mañana"), afternoon_hour=14),  # lunch ends the morning
        Language("en", "English", ("today", "tomorrow"), "es", locale="en_GB"),
        Language("ca", "Català", ("avui", "demà"), "es", afternoon_hour=14),
        Language("ar", "العربية", ("اليوم", "غدًا"), "es", comma="،", direction="rtl"),
    )
}
LANGUAGES = tuple(KNOWN_LANGUAGES)
PLURALS_REPEAT = 103  # the forms of larger numbers occur among smaller numbers, too
SOURCE_LANGUAGE = "en"  # of the sentences in the code


@dataclass(frozen=True, slots=True)
class LanguageChoice:
    """Languages of an installation: of its menu, of unknown readers, of every text."""

    offered: tuple[str, ...] = ("es", "en")  # in the order of the menu
    default: str = "es"
    required: str = "es"  # what offices write must be there in this language
    # whose legal texts a jurist or native reader has read
    confirmed: tuple[str, ...] = ("es", "en")
    languages: tuple[Language, ...] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "languages", tuple(KNOWN_LANGUAGES[code] for code in self.offered))

    def resolve(self, code: str) -> str:
        """Return this language or its fallback if offered, else the default."""
        return next((each for each in fallback_chain(code) if each in self.offered), self.default)

    def chain(self, code: str) -> list[str]:
        """Return the order in which a text is looked for."""
        return list(dict.fromkeys((*fallback_chain(code), self.default, self.required)))

    @property
    def order(self) -> tuple[str, ...]:
        """Return all known languages in the order in which texts are stored."""
        return tuple(dict.fromkeys((self.default, self.required, *self.offered, *LANGUAGES)))

    def others(self, code: str) -> list[Language]:
        """Return the languages of the menu on a page in this language."""
        return [language for language in self.languages if language.code != code]


def own_name(code: str) -> str:
    """Return the name of a language in itself; an unknown code as it is."""
    return KNOWN_LANGUAGES[code].own_name if code in KNOWN_LANGUAGES else code


def join_list(items: Iterable[str], language: str) -> str:
    """Join with the comma of the language: `Registro, Padrón`, in Arabic `، `."""
    return f"{KNOWN_LANGUAGES[language].comma} ".join(items)


@cache
def language_name(code: str, reader: str) -> str:
    """Name a language in another: `Inglés`; a code that no locale data knows as it is."""
    name: str = Locale.parse(reader).languages.get(code, code)
    return name[:1].upper() + name[1:]


def fallback_chain(code: str) -> Iterator[str]:
    """Yield a language, its fallback, and so on."""
    known: str | None = code
    while known is not None:
        yield known
        known = KNOWN_LANGUAGES[known].fallback if known in KNOWN_LANGUAGES else None


def find_language(texts: LocalizedText, language: str, then: Iterable[str] = ()) -> str | None:
    """Return the language to show texts in: this, its fallback, or the next that has a text.

    `then`: the languages to try next. Without them, the order of the texts counts: `LanguageChoice.order`.
    """
    return next((code for code in (*fallback_chain(language), *then, *texts) if texts.get(code)), None)


def text_in_language(texts: LocalizedText, language: str, then: Iterable[str] = ()) -> str:
    """Return the text in this language, or in the next best; empty without any."""
    found = find_language(texts, language, then)
    return texts[found] if found else ""


@cache
def plural_examples(code: str) -> Mapping[str, int]:
    """Return a number of each plural form, by the CLDR name that Intl.PluralRules gives it."""
    rule = Locale.parse(code).plural_form
    return {rule(number): number for number in reversed(range(PLURALS_REPEAT))}
