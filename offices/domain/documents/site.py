"""Profile of the organisation: name, colours, contacts and legal texts. Pure.

A table, SITE_FIELDS, says what each field may hold; forms, files and checks follow it.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum
from typing import Any

from ....core.errors import FieldError, Invalid
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

PRODUCT_NAME = "Office 360"
MAX_NAME_CHARACTERS = 80  # the head of a page of 320 px holds it in three lines
MAX_SHORT_NAME_CHARACTERS = 24  # under an icon, phones cut longer names
MAX_LINE_CHARACTERS = 200
MAX_TEXT_CHARACTERS = 4_000
_PHONE = re.compile(r"\+?\d[\d ()./-]{1,29}")  # also short numbers such as 010
MIN_PHONE_DIGITS = 3

FULL, PARTIAL, NONE = "full", "partial", "none"
CONFORMANCE_CHOICES = (FULL, PARTIAL, NONE)
SELF_ASSESSMENT, THIRD_PARTY = "self", "third_party"
METHOD_CHOICES = (SELF_ASSESSMENT, THIRD_PARTY)


class SiteFieldKind(StrEnum):
    """Kinds of fields, each with its own rule."""

    LINE = "line"
    TEXT = "text"
    PHONE = "phone"
    EMAIL = "email"
    COLOUR = "colour"
    DATE = "date"
    CHOICE = "choice"


class SiteSection(StrEnum):
    """Parts of the profile, each with a form of its own."""

    ORGANISATION = "organisation"
    COLOURS = "colours"
    LAW = "law"
    ACCESSIBILITY = "accessibility"


@dataclass(frozen=True, slots=True)
class SiteField:
    """A field of the profile. A localized one has a text for each language."""

    name: str
    section: SiteSection
    kind: SiteFieldKind
    max_characters: int = MAX_LINE_CHARACTERS
    localized: bool = False
    choices: tuple[str, ...] = ()

    @property
    def paths(self) -> tuple[str, ...]:
        """Return the names of its values: `help_phone`, or `names.es` and `names.en`."""
        return tuple(f"{self.name}.{language}" for language in LANGUAGES) if self.localized else (self.name,)


def _texts(name: str, section: SiteSection) -> SiteField:
    return SiteField(name, section, SiteFieldKind.TEXT, MAX_TEXT_CHARACTERS, localized=True)


SITE_FIELDS: tuple[SiteField, ...] = (
    SiteField("names", SiteSection.ORGANISATION, SiteFieldKind.LINE, MAX_NAME_CHARACTERS, localized=True),
    SiteField("short_name", SiteSection.ORGANISATION, SiteFieldKind.LINE, MAX_SHORT_NAME_CHARACTERS),
    SiteField("help_phone", SiteSection.ORGANISATION, SiteFieldKind.PHONE, 32),
    SiteField("primary_colour", SiteSection.COLOURS, SiteFieldKind.COLOUR, 7),
    SiteField("plaque_colour", SiteSection.COLOURS, SiteFieldKind.COLOUR, 7),
    SiteField("controller_name", SiteSection.LAW, SiteFieldKind.LINE),
    SiteField("controller_address", SiteSection.LAW, SiteFieldKind.LINE),
    SiteField("controller_email", SiteSection.LAW, SiteFieldKind.EMAIL, 254),
    SiteField("officer_contact", SiteSection.LAW, SiteFieldKind.LINE),
    _texts("legal_basis", SiteSection.LAW),
    _texts("retention", SiteSection.LAW),
    _texts("complaint_authority", SiteSection.LAW),
    SiteField("conformance", SiteSection.ACCESSIBILITY, SiteFieldKind.CHOICE, choices=("", *CONFORMANCE_CHOICES)),
    SiteField("accessibility_law", SiteSection.ACCESSIBILITY, SiteFieldKind.LINE, localized=True),
    _texts("gaps", SiteSection.ACCESSIBILITY),
    _texts("burden", SiteSection.ACCESSIBILITY),
    _texts("out_of_scope", SiteSection.ACCESSIBILITY),
    SiteField("assessment", SiteSection.ACCESSIBILITY, SiteFieldKind.CHOICE, choices=("", *METHOD_CHOICES)),
    SiteField("prepared_on", SiteSection.ACCESSIBILITY, SiteFieldKind.DATE, 10),
    SiteField("reviewed_on", SiteSection.ACCESSIBILITY, SiteFieldKind.DATE, 10),
    _texts("feedback", SiteSection.ACCESSIBILITY),
    _texts("enforcement", SiteSection.ACCESSIBILITY),
)


@dataclass(frozen=True, slots=True)
class SiteProfile:
    """The organisation's own statements. Texts that were not given are empty.

    `officer_contact` is that of the data protection officer. The fields from `conformance` on are those of the
    model accessibility statement (Commission Implementing Decision (EU) 2018/1523, annex): `gaps` is content that
    does not comply, `burden` a disproportionate burden, `out_of_scope` content that the law does not cover.
    """

    names: LocalizedText = field(default_factory=dict)
    short_name: str = ""
    help_phone: str = ""
    primary_colour: str = ""
    plaque_colour: str = ""
    controller_name: str = ""
    controller_address: str = ""
    controller_email: str = ""
    officer_contact: str = ""
    legal_basis: LocalizedText = field(default_factory=dict)
    retention: LocalizedText = field(default_factory=dict)
    complaint_authority: LocalizedText = field(default_factory=dict)
    conformance: str = ""
    accessibility_law: LocalizedText = field(default_factory=dict)
    gaps: LocalizedText = field(default_factory=dict)
    burden: LocalizedText = field(default_factory=dict)
    out_of_scope: LocalizedText = field(default_factory=dict)
    assessment: str = ""
    prepared_on: date | None = None
    reviewed_on: date | None = None
    feedback: LocalizedText = field(default_factory=dict)
    enforcement: LocalizedText = field(default_factory=dict)

    def name(self, language: str, then: Iterable[str] = ()) -> str:
        """Return the organisation's name; the product's name without one."""
        return text_in_language(self.names, language, then) or PRODUCT_NAME

    def name_under_icon(self, language: str) -> str:
        """Return the name for a home screen."""
        return self.short_name or self.name(language)

    @property
    def theme(self) -> Theme:
        """Return the colour roles of all pages."""
        return build_theme(self.primary_colour or DEFAULT_PRIMARY, self.plaque_colour or DEFAULT_PLAQUE)

    def values(self) -> dict[str, str]:
        """Return every value by path, such as `names.es`, as a form shows it."""
        values: dict[str, str] = {}
        for one in SITE_FIELDS:
            value = getattr(self, one.name)
            if one.localized:
                values |= {f"{one.name}.{language}": value.get(language, "") for language in LANGUAGES}
            else:
                values[one.name] = "" if value is None else str(value)
        return values


# Parsing


def site_profile_from_values(values: Mapping[str, str]) -> SiteProfile:
    """Parse values by path, as a form sends them. Missing ones are empty. Raises Invalid."""
    errors: list[FieldError] = []
    parsed: dict[str, Any] = {}
    for one in SITE_FIELDS:
        if one.localized:
            texts = {
                language: _parse_value(one, f"{one.name}.{language}", values, errors) for language in LANGUAGES
            }
            parsed[one.name] = {language: text for language, text in texts.items() if text}
        else:
            parsed[one.name] = _parse_value(one, one.name, values, errors)
    errors += _conflicting_values(parsed)
    if errors:
        raise Invalid(*errors)
    parsed |= {one.name: _to_date(parsed[one.name]) for one in SITE_FIELDS if one.kind is SiteFieldKind.DATE}
    return SiteProfile(**parsed)


def site_profile_from_dict(source: Mapping[str, Any]) -> SiteProfile:
    """Parse a plain dict, in which texts by language are dicts. Raises Invalid."""
    values: dict[str, Any] = {}
    errors: list[FieldError] = []
    known = {one.name: one for one in SITE_FIELDS}
    for name, value in source.items():
        if name not in known:
            errors.append(FieldError(name, "unknown_field", {"known": ", ".join(known)}))
        elif known[name].localized:
            parts = value if isinstance(value, Mapping) else {}
            if not isinstance(value, Mapping):
                errors.append(FieldError(name, "wrong_type", {"kind": "table"}))
            languages = {"known": ", ".join(LANGUAGES)}
            errors += [
                FieldError(f"{name}.{part}", "unknown_field", languages) for part in parts if part not in LANGUAGES
            ]
            values |= {f"{name}.{part}": text for part, text in parts.items() if part in LANGUAGES}
        else:
            values[name] = value.isoformat() if type(value) is date else value
    wrong = [path for path, value in values.items() if not isinstance(value, str)]
    errors += [FieldError(path, "wrong_type", {"kind": "text"}) for path in wrong]
    try:
        profile = site_profile_from_values({path: value for path, value in values.items() if path not in wrong})
    except Invalid as invalid:
        raise Invalid(*errors, *invalid.fields) from None
    if errors:
        raise Invalid(*errors)
    return profile


def site_profile_to_dict(profile: SiteProfile) -> dict[str, Any]:
    """Return a plain dict without empty values. `site_profile_from_dict` reads it back."""
    return {
        one.name: value.isoformat() if isinstance(value, date) else dict(value) if one.localized else value
        for one in SITE_FIELDS
        if (value := getattr(profile, one.name))
    }


def replace_section(profile: SiteProfile, section: SiteSection, values: Mapping[str, str]) -> SiteProfile:
    """Parse the values of a section and return the profile with them. Raises Invalid."""
    own = [one for one in SITE_FIELDS if one.section is section]
    parsed = site_profile_from_values({path: values.get(path, "") for one in own for path in one.paths})
    return replace(profile, **{one.name: getattr(parsed, one.name) for one in own})


def _parse_value(one: SiteField, path: str, values: Mapping[str, str], errors: list[FieldError]) -> str:
    """Return the value as it is kept. Appends a FieldError for a wrong one."""
    text = values.get(path, "").replace("\r\n", "\n").strip()
    if one.kind is not SiteFieldKind.TEXT:
        text = " ".join(text.split())
    if not is_plain_text(text):
        errors.append(FieldError(path, "wrong_type", {"kind": "text"}))
    elif len(text) > one.max_characters:
        errors.append(FieldError(path, "too_long", {"max": one.max_characters}))
    elif text and one.kind in _RULES:
        error = _RULES[one.kind](one, path, text)
        errors += [error] if error is not None else []
    elif text and one.kind is SiteFieldKind.CHOICE and text not in one.choices:
        errors.append(FieldError(path, "not_a_choice", {"allowed": ", ".join(filter(None, one.choices))}))
    return text.upper() if one.kind is SiteFieldKind.COLOUR else text


def _check_phone(one: SiteField, path: str, text: str) -> FieldError | None:
    digits = sum(character.isdigit() for character in text)
    is_phone = _PHONE.fullmatch(text) and digits >= MIN_PHONE_DIGITS
    return None if is_phone else FieldError(path, "help_phone_unknown")


def _check_email(one: SiteField, path: str, text: str) -> FieldError | None:
    if "@" not in text:
        return FieldError(path, "email_no_at")
    return None if parse_email(text) else FieldError(path, "email_incomplete")


def _check_date(one: SiteField, path: str, text: str) -> FieldError | None:
    return None if _to_date(text) else FieldError(path, "date_unknown")


def _check_colour(one: SiteField, path: str, text: str) -> FieldError | None:
    if not is_colour(text):
        return FieldError(path, "colour_unknown")
    contrast, nearest = COLOUR_RULES[one.name]
    if nearest(text) == text.upper():
        return None
    return FieldError(
        path, "colour_illegible", {"ratio": round_contrast(contrast(text)), "nearest": nearest(text)}
    )


# Contrast and nearest legible colour of each colour field.
COLOUR_RULES: Mapping[str, tuple[Callable[[str], float], Callable[[str], str]]] = {
    "primary_colour": (primary_contrast, legible_primary),
    "plaque_colour": (plaque_contrast, legible_plaque),
}
_RULES: Mapping[SiteFieldKind, Callable[[SiteField, str, str], FieldError | None]] = {
    SiteFieldKind.PHONE: _check_phone,
    SiteFieldKind.EMAIL: _check_email,
    SiteFieldKind.DATE: _check_date,
    SiteFieldKind.COLOUR: _check_colour,
}


def _to_date(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _conflicting_values(parsed: Mapping[str, Any]) -> list[FieldError]:
    prepared, reviewed = _to_date(parsed["prepared_on"]), _to_date(parsed["reviewed_on"])
    if prepared and reviewed and reviewed < prepared:
        return [FieldError("reviewed_on", "date_before_first")]
    return []


# What an installation in production needs


@dataclass(frozen=True, slots=True)
class MissingItem:
    """Something that the law or people need and that the profile lacks.

    `language`: it is missing in this language only, and people read the other one.
    """

    label: str
    section: SiteSection
    language: str | None = None


_REQUIRED: tuple[tuple[str, SiteSection, tuple[str, ...]], ...] = (
    (N_("Name of the organisation"), SiteSection.ORGANISATION, ("names",)),
    (N_("Help telephone"), SiteSection.ORGANISATION, ("help_phone",)),
    (N_("Controller"), SiteSection.LAW, ("controller_name", "controller_address")),
    (N_("Data protection officer"), SiteSection.LAW, ("officer_contact",)),
    (N_("Purpose and legal basis"), SiteSection.LAW, ("legal_basis",)),
    (N_("Retention"), SiteSection.LAW, ("retention",)),
    (N_("Complaint authority"), SiteSection.LAW, ("complaint_authority",)),
    (
        N_("Accessibility statement"),
        SiteSection.ACCESSIBILITY,
        ("conformance", "accessibility_law", "assessment", "prepared_on", "feedback", "enforcement"),
    ),
)


# Names of the fields that `missing_items` asks for; forms mark them.
REQUIRED_FIELDS = frozenset(name for _label, _section, names in _REQUIRED for name in names)


def missing_items(profile: SiteProfile, languages: Iterable[str]) -> list[MissingItem]:
    """List what the profile lacks: whole items, then texts in one of these languages."""
    items = [
        MissingItem(label, section)
        for label, section, names in _REQUIRED
        if not all(getattr(profile, name) for name in names) or ("conformance" in names and _lacks_gaps(profile))
    ]
    absent = {item.label for item in items}
    localized = {one.name for one in SITE_FIELDS if one.kind is SiteFieldKind.TEXT}
    for label, section, names in _REQUIRED:
        for language in languages if label not in absent else ():
            if any(not getattr(profile, name).get(language) for name in names if name in localized):
                items.append(MissingItem(label, section, language))
    return items


def _lacks_gaps(profile: SiteProfile) -> bool:
    """Tell whether a statement says that content is not accessible without saying which."""
    is_incomplete = profile.conformance in (PARTIAL, NONE)
    return is_incomplete and not (profile.gaps or profile.burden or profile.out_of_scope)


def value_digest(value: str) -> str:
    """Return a short hash of a value, by which a form knows what it was loaded with."""
    return hashlib.sha256(value.encode()).hexdigest()[:12]


def changed_values(before: SiteProfile, after: SiteProfile) -> tuple[dict[str, str], dict[str, str]]:
    """Return the changed values by path, before and after."""
    old, new = before.values(), after.values()
    paths = [path for path in new if old[path] != new[path]]
    return {path: old[path] for path in paths}, {path: new[path] for path in paths}
