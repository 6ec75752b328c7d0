"""The profile's fields: rules, missing items, round trips."""

from __future__ import annotations

from dataclasses import fields
from datetime import date
from typing import Any

import pytest
from office360.core.errors import Invalid
from office360.offices.domain.documents.field import declared_fields
from office360.offices.domain.documents.site import (
    SiteProfile,
    SiteSection,
    changed_values,
    missing_items,
    site_profile_from_dict,
    site_profile_from_values,
    site_profile_to_dict,
)
from office360.offices.domain.site import Site

BOTH = {"es": "Un texto.", "en": "A text."}
COMPLETE: dict[str, Any] = {
    "names": {"es": "Ayuntamiento de Valdemora", "en": "Valdemora City Council"},
    "short_name": "Valdemora",
    "help_phone": "010",
    "primary_colour": "#8B1E3F",
    "plaque_colour": "#5B2A86",
    "controller_name": "Ayuntamiento de Valdemora",
    "controller_address": "Plaza Mayor, 1",
    "controller_email": "datos@example.org",
    "officer_contact": "dpd@example.org",
    "legal_basis": BOTH,
    "retention": BOTH,
    "complaint_authority": BOTH,
    "conformance": "partial",
    "accessibility_law": {"es": "una norma", "en": "a law"},
    "gaps": BOTH,
    "assessment": "self",
    "prepared_on": "2026-11-20",
    "reviewed_on": "2026-11-27",
    "feedback": BOTH,
    "enforcement": BOTH,
}


def find_errors(**changes: Any) -> dict[str, str]:
    with pytest.raises(Invalid) as refused:
        site_profile_from_dict({**COMPLETE, **changes})
    return {error.field: error.code for error in refused.value.fields}


def test_every_field_of_the_profile_is_declared_in_a_section() -> None:
    assert list(declared_fields(SiteProfile)) == [attribute.name for attribute in fields(SiteProfile)]
    assert {kind.group for kind in declared_fields(SiteProfile).values()} == set(SiteSection)


def test_profile_survives_a_round_trip_through_a_dict() -> None:
    profile = site_profile_from_dict(COMPLETE)
    assert site_profile_to_dict(profile) == COMPLETE
    assert site_profile_from_dict({**COMPLETE, "prepared_on": date(2026, 11, 20)}) == profile  # as in a TOML file
    assert site_profile_to_dict(SiteProfile()) == {}


@pytest.mark.parametrize(
    ("change", "path", "code"),
    [
        ({"help_phone": "call us"}, "help_phone", "help_phone_unknown"),
        ({"help_phone": "9"}, "help_phone", "help_phone_unknown"),
        ({"controller_email": "datos"}, "controller_email", "email_no_at"),
        ({"controller_email": "datos@"}, "controller_email", "email_incomplete"),
        ({"primary_colour": "teal"}, "primary_colour", "colour_unknown"),
        ({"primary_colour": "#F29BB0"}, "primary_colour", "colour_illegible"),
        ({"plaque_colour": "#F2B705"}, "plaque_colour", "colour_illegible"),
        ({"names": {"es": "x" * 81}}, "names.es", "too_long"),
        ({"legal_basis": {"en": "x" * 4_001}}, "legal_basis.en", "too_long"),
        ({"legal_basis": "a text"}, "legal_basis", "wrong_type"),
        ({"legal_basis": {"fr": "un texte"}}, "legal_basis.fr", "unknown_field"),
        ({"short_name": 7}, "short_name", "wrong_type"),
        ({"conformance": "mostly"}, "conformance", "not_a_choice"),
        ({"prepared_on": "soon"}, "prepared_on", "date_unknown"),
        ({"reviewed_on": "2026-11-19"}, "reviewed_on", "date_before_first"),
        ({"motto": "x"}, "motto", "unknown_field"),
        ({"officer_contact": "a\0b"}, "officer_contact", "wrong_type"),
    ],
)
def test_wrong_value_is_named_by_its_path(change: dict[str, Any], path: str, code: str) -> None:
    assert find_errors(**change) == {path: code}


def test_all_wrong_values_are_named_at_once() -> None:
    assert find_errors(help_phone="?", controller_email="?", motto="x").keys() == {
        "help_phone",
        "controller_email",
        "motto",
    }


def test_complete_profile_lacks_nothing() -> None:
    assert missing_items(site_profile_from_dict(COMPLETE), ("es", "en")) == []


def test_empty_profile_lacks_every_item() -> None:
    labels = [item.label for item in missing_items(SiteProfile(), ("es", "en"))]
    assert len(labels) == len(set(labels)) == 8


@pytest.mark.parametrize(
    ("change", "missing"),
    [
        ({"names": {"en": "Valdemora"}}, []),
        ({"help_phone": ""}, [("Help telephone", None)]),
        ({"controller_address": ""}, [("Controller", None)]),
        ({"retention": {"es": "Un texto."}}, [("Retention", "en")]),
        ({"gaps": {}}, [("Accessibility statement", None)]),
        ({"gaps": {}, "conformance": "full"}, []),
        ({"feedback": {"en": "A text."}}, [("Accessibility statement", "es")]),
    ],
)
def test_missing_items_are_named(change: dict[str, Any], missing: list[tuple[str, str | None]]) -> None:
    items = missing_items(site_profile_from_dict({**COMPLETE, **change}), ("es", "en"))
    assert [(item.label, item.language) for item in items] == missing


def test_typed_values_replace_those_of_their_paths() -> None:
    before = site_profile_from_dict(COMPLETE)
    typed = {"names.es": "  Otro \n nombre ", "names.en": "", "short_name": "", "help_phone": ""}
    after = site_profile_from_values({**before.values(), **typed})
    assert after.names == {"es": "Otro nombre"}
    assert after.legal_basis == before.legal_basis
    assert changed_values(before, after) == (
        {
            "names.es": "Ayuntamiento de Valdemora",
            "names.en": "Valdemora City Council",
            "short_name": "Valdemora",
            "help_phone": "010",
        },
        {"names.es": "Otro nombre", "names.en": "", "short_name": "", "help_phone": ""},
    )


def test_unnamed_organisation_is_called_like_the_product() -> None:
    assert SiteProfile().name("es") == "Office 360"
    assert site_profile_from_dict({"names": {"en": "Valdemora"}}).name("es") == "Valdemora"


def test_telephone_of_the_settings_is_a_fallback() -> None:
    site = Site(default_help_phone="900 111 111")
    assert site.help_phone == "900 111 111"
    assert Site(profile=SiteProfile(help_phone="010"), default_help_phone="900 111 111").help_phone == "010"
