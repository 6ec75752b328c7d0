"""Profile of the organisation: name, colours, contacts and legal texts. Pure."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from ....core.errors import Invalid
from ....core.i18n.catalogues import N_
from ....core.i18n.languages import LANGUAGES, LocalizedText, text_in_language
from ....core.web.validation import is_plain_text, parse_email
from ..colour_contrast import is_colour, round_contrast
from ..theme import (
    DEFAULT_PLAQUE,
    DEFAULT_PRIMARY,
    Theme,
    build_theme,
    legible_plaque,
    legible_primary,
    plaque_contrast,
    primary_contrast,
)
from .field import (
    FieldErrors,
    Localized,
    TableReader,
    Text,
    declared_fields,
    dump_document,
    field,
    load_document,
    read_document,
)

PRODUCT_NAME = "Office 360"
# the head of a page of 320 px holds it in three lines
MAX_NAME_CHARACTERS = 80
MAX_SHORT_NAME_CHARACTERS = 24  # under an icon, phones cut longer names
MAX_LINE_CHARACTERS = 200
MAX_TEXT_CHARACTERS = 4_000
_PHONE = re.compile(r"\+?\d[\d ()./-]{1,29}")  # also short numbers such as 010
MIN_PHONE_DIGITS = 3

PARTIAL, NONE = "partial", "none"
STATEMENT = N_("Accessibility statement")


class SiteSection(StrEnum):
    """Parts of the profile, each with a form of its own."""

    ORGANISATION = "organisation"
    COLOURS = "colours"
    LAW = "law"
    ACCESSIBILITY = "accessibility"


# Kinds of fields


def is_help_phone(text: str) -> bool:
    """Tell whether people can dial it."""
    digits = sum(character.isdigit() for character in text)
    return _PHONE.fullmatch(text) is not None and digits >= MIN_PHONE_DIGITS


@dataclass(frozen=True, kw_only=True)
class SiteText(Text):
    """A text of the organisation. Several lines keep their white space.

    `input_type`: of its input in a form.
    """

    longest: int = MAX_LINE_CHARACTERS
    input_type: str = "text"

    def fold(self, text: str) -> str:
        return text.replace("\r\n", "\n").strip() if self.has_lines else super().fold(text)

    def is_writable(self, text: str) -> bool:
        # legal texts are pasted from elsewhere, with soft hyphens and marks of the direction of writing
        return is_plain_text(text)


@dataclass(frozen=True, kw_only=True)
class LocalizedSiteText(Localized, SiteText):
    """A text of the organisation by language."""

    longest: int = MAX_LINE_CHARACTERS  # Localized brings the bound of Text again
    is_enough: bool = True


@dataclass(frozen=True, kw_only=True)
class LegalText(LocalizedSiteText):
    """Paragraphs by language, which people need in every offered language."""

    longest: int = MAX_TEXT_CHARACTERS
    has_lines: bool = True


@dataclass(frozen=True, kw_only=True)
class SiteChoice(SiteText):
    """A value of the `options`; empty if it is not stated."""

    def check_format(self, table: TableReader, name: str, text: str) -> None:
        if text not in self.options:
            table.refuse(name, "not_a_choice", allowed=", ".join(filter(None, self.options)))


@dataclass(frozen=True, kw_only=True)
class EmailAddress(SiteText):
    """An e-mail address."""

    longest: int = 254
    input_type: str = "email"

    def check_format(self, table: TableReader, name: str, text: str) -> None:
        if not parse_email(text):
            table.refuse(name, "email_incomplete" if "@" in text else "email_no_at")


@dataclass(frozen=True, kw_only=True)
class Colour(SiteText):
    """A colour such as `#0B5C6B`, with enough contrast to be read.

    `contrast`: of a colour. `nearest`: the legible colour nearest to a colour, itself if it is legible.
    """

    longest: int = 7
    input_type: str = "color"
    contrast: Callable[[str], float]
    nearest: Callable[[str], str]

    def fold(self, text: str) -> str:
        return super().fold(text).upper()

    def check_format(self, table: TableReader, name: str, text: str) -> None:
        if not is_colour(text):
            table.refuse(name, "colour_unknown")
        elif (nearest := self.nearest(text)) != text:
            table.refuse(name, "colour_illegible", ratio=round_contrast(self.contrast(text)), nearest=nearest)


@dataclass(frozen=True, kw_only=True)
class Day(SiteText):
    """An ISO date, also as TOML has it; empty if there is none."""

    longest: int = 10
    input_type: str = "date"

    def check(self, table: TableReader, name: str, given: Any) -> Any:
        return super().check(table, name, given.isoformat() if type(given) is date else given)

    def check_format(self, table: TableReader, name: str, text: str) -> None:
        if self.load(text) is None:
            table.refuse(name, "date_unknown")

    def load(self, plain: Any) -> date | None:
        try:
            return date.fromisoformat(plain)
        except ValueError:
            return None

    def dump(self, value: Any) -> Any:
        return "" if value is None else value.isoformat()


@dataclass(frozen=True, slots=True)
class SiteProfile:
    """The organisation's own statements. Texts that were not given are empty.

    The fields from `conformance` on are those of the model accessibility statement (Commission Implementing
    Decision (EU) 2018/1523, annex).
    """

    names: LocalizedText = field(
        LocalizedSiteText(
            N_("Name of the organisation"),
            hint=N_("One name is enough if it is the same."),
            group=SiteSection.ORGANISATION,
            longest=MAX_NAME_CHARACTERS,
            needed_for=N_("Name of the organisation"),
        ),
        default_factory=dict,
    )
    short_name: str = field(
        SiteText(
            N_("Short name (optional)"),
            hint=N_("Under the icon when people put this site on their phone's home screen."),
            group=SiteSection.ORGANISATION,
            longest=MAX_SHORT_NAME_CHARACTERS,
        ),
        default="",
    )
    help_phone: str = field(
        SiteText(
            N_("Help telephone"),
            hint=N_("Pages and e-mails give it to people who get stuck. Write it as people dial it."),
            group=SiteSection.ORGANISATION,
            longest=32,
            accepts=is_help_phone,
            refusal="help_phone_unknown",
            input_type="tel",
            needed_for=N_("Help telephone"),
        ),
        default="",
    )
    primary_colour: str = field(
        Colour(
            N_("Buttons and links"),
            hint=N_("Six figures or letters after #, as in your brand manual. Empty: teal."),
            group=SiteSection.COLOURS,
            contrast=primary_contrast,
            nearest=legible_primary,
        ),
        default="",
    )
    plaque_colour: str = field(
        Colour(
            N_("Large areas"),
            hint=N_("The top of e-mails, the foot of the poster, the page of a person who is next."),
            group=SiteSection.COLOURS,
            contrast=plaque_contrast,
            nearest=legible_plaque,
        ),
        default="",
    )
    controller_name: str = field(
        SiteText(
            N_("Controller"),
            hint=N_("The body that decides what the data is used for."),
            group=SiteSection.LAW,
            needed_for=N_("Controller"),
        ),
        default="",
    )
    controller_address: str = field(
        SiteText(N_("Address of the controller"), group=SiteSection.LAW, needed_for=N_("Controller")), default=""
    )
    controller_email: str = field(
        EmailAddress(N_("E-mail of the controller (optional)"), group=SiteSection.LAW), default=""
    )
    officer_contact: str = field(
        SiteText(
            N_("Data protection officer"),
            hint=N_("How people reach them: an e-mail, an address or a web page."),
            group=SiteSection.LAW,
            needed_for=N_("Data protection officer"),
        ),
        default="",
    )
    legal_basis: LocalizedText = field(
        LegalText(
            N_("Purpose and legal basis"),
            hint=N_("What the data is used for, and the rule that allows it."),
            group=SiteSection.LAW,
            needed_for=N_("Purpose and legal basis"),
        ),
        default_factory=dict,
    )
    retention: LocalizedText = field(
        LegalText(
            N_("Retention"),
            hint=N_("The page already says when names and contacts are deleted. Add what your archive keeps."),
            group=SiteSection.LAW,
            needed_for=N_("Retention"),
        ),
        default_factory=dict,
    )
    complaint_authority: LocalizedText = field(
        LegalText(
            N_("Complaint authority"),
            hint=N_("Where people complain if you do not solve it, with its web page."),
            group=SiteSection.LAW,
            needed_for=N_("Complaint authority"),
        ),
        default_factory=dict,
    )
    conformance: str = field(
        SiteChoice(
            N_("Compliance status"),
            group=SiteSection.ACCESSIBILITY,
            options={
                "": N_("Not stated"),
                "full": N_("Fully compliant"),
                PARTIAL: N_("Partially compliant"),
                NONE: N_("Not compliant"),
            },
            needed_for=STATEMENT,
        ),
        default="",
    )
    accessibility_law: LocalizedText = field(
        LocalizedSiteText(
            N_("Law"),
            hint=N_("The law of your country that transposes Directive (EU) 2016/2102, by its name."),
            group=SiteSection.ACCESSIBILITY,
            needed_for=STATEMENT,
        ),
        default_factory=dict,
    )
    gaps: LocalizedText = field(
        LegalText(
            N_("Content that does not comply (optional)"),
            hint=N_("What is not accessible, and what people can use instead."),
            group=SiteSection.ACCESSIBILITY,
        ),
        default_factory=dict,
    )
    burden: LocalizedText = field(
        LegalText(N_("Disproportionate burden (optional)"), group=SiteSection.ACCESSIBILITY), default_factory=dict
    )
    out_of_scope: LocalizedText = field(
        LegalText(N_("Content that the law does not cover (optional)"), group=SiteSection.ACCESSIBILITY),
        default_factory=dict,
    )
    assessment: str = field(
        SiteChoice(
            N_("How it was assessed"),
            group=SiteSection.ACCESSIBILITY,
            options={
                "": N_("Not stated"),
                "self": N_("By the organisation itself"),
                "third_party": N_("By a third party"),
            },
            needed_for=STATEMENT,
        ),
        default="",
    )
    prepared_on: date | None = field(
        Day(N_("Prepared on"), group=SiteSection.ACCESSIBILITY, needed_for=STATEMENT), default=None
    )
    reviewed_on: date | None = field(
        Day(N_("Last reviewed on (optional)"), group=SiteSection.ACCESSIBILITY), default=None
    )
    feedback: LocalizedText = field(
        LegalText(
            N_("Feedback and contact"),
            hint=N_("How people tell you that something gets in their way, and who answers."),
            group=SiteSection.ACCESSIBILITY,
            needed_for=STATEMENT,
        ),
        default_factory=dict,
    )
    enforcement: LocalizedText = field(
        LegalText(
            N_("Enforcement procedure"),
            hint=N_("What people can do if your answer does not satisfy them."),
            group=SiteSection.ACCESSIBILITY,
            needed_for=STATEMENT,
        ),
        default_factory=dict,
    )

    @staticmethod
    def complete(plain: dict[str, Any], table: TableReader) -> None:
        """Refuse a review before the statement was prepared."""
        days = load_document(SiteProfile, {name: plain[name] for name in ("prepared_on", "reviewed_on")})
        prepared, reviewed = days.values()
        if prepared and reviewed and reviewed < prepared:
            table.refuse("reviewed_on", "date_before_first")

    def name(self, language: str, then: Iterable[str] = ()) -> str:
        """Return the organisation's name; else the product's name."""
        return text_in_language(self.names, language, then) or PRODUCT_NAME

    def name_under_icon(self, language: str) -> str:
        """Return the name for a home screen."""
        return self.short_name or self.name(language)

    @property
    def theme(self) -> Theme:
        """Return the colour roles of all pages."""
        return build_theme(self.primary_colour or DEFAULT_PRIMARY, self.plaque_colour or DEFAULT_PLAQUE)

    @property
    def lacks_gaps(self) -> bool:
        """Tell whether a statement says that content is not accessible without saying which."""
        is_incomplete = self.conformance in (PARTIAL, NONE)
        return is_incomplete and not (self.gaps or self.burden or self.out_of_scope)

    def values(self) -> dict[str, str]:
        """Return every value by path, such as `names.es`, as a form shows it."""
        values: dict[str, str] = {}
        for key, value in dump_document(self).items():
            if isinstance(value, Mapping):
                values |= {f"{key}.{language}": value.get(language, "") for language in LANGUAGES}
            else:
                values[key] = value
        return values


def site_profile_from_dict(source: Mapping[str, Any]) -> SiteProfile:
    """Parse a plain dict, in which texts by language are dicts. Raises Invalid."""
    errors: FieldErrors = []
    plain = read_document(SiteProfile, TableReader(source, "", errors, unknown="unknown_field"))
    if errors:
        raise Invalid(*errors)
    return SiteProfile(**load_document(SiteProfile, plain))


def site_profile_to_dict(profile: SiteProfile) -> dict[str, Any]:
    """Return a plain dict without empty values. `site_profile_from_dict` reads it back."""
    return {key: value for key, value in dump_document(profile).items() if value}


def site_profile_from_values(values: Mapping[str, str]) -> SiteProfile:
    """Parse values by path, such as `names.es`. Missing values are empty. Raises Invalid."""
    source: dict[str, Any] = {}
    for path, value in values.items():
        key, _, language = path.partition(".")
        if language:
            source.setdefault(key, {})[language] = value
        else:
            source[key] = value
    return site_profile_from_dict(source)


def changed_values(before: SiteProfile, after: SiteProfile) -> tuple[dict[str, str], dict[str, str]]:
    """Return the changed values by path, before and after."""
    old, new = before.values(), after.values()
    paths = [path for path in new if old[path] != new[path]]
    return {path: old[path] for path in paths}, {path: new[path] for path in paths}


# What an installation in production needs


@dataclass(frozen=True, slots=True)
class MissingItem:
    """Something that the law or people need and that the profile lacks.

    `language`: it is missing in this language only, and people read another.
    """

    label: str
    section: str
    language: str | None = None


def missing_items(profile: SiteProfile, languages: Iterable[str]) -> list[MissingItem]:
    """List what the profile lacks: whole items, then texts in any of these languages."""
    needed = {key: kind for key, kind in declared_fields(SiteProfile).items() if kind.needed_for}
    items = {kind.needed_for: MissingItem(kind.needed_for, kind.group) for kind in needed.values()}
    absent = {kind.needed_for for key, kind in needed.items() if not getattr(profile, key)}
    if profile.lacks_gaps:
        absent.add(STATEMENT)
    partial = [
        dataclasses.replace(items[kind.needed_for], language=language)
        for key, kind in needed.items()
        for language in languages
        if isinstance(kind, LegalText) and not getattr(profile, key).get(language)
    ]
    return [
        *(item for label, item in items.items() if label in absent),
        *(item for item in dict.fromkeys(partial) if item.label not in absent),
    ]
