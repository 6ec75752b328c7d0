"""Check of `publiccode.yml` by the standard 0.4.

Source: yml.publiccode.tools, "The standard (core)". The schema holds the keys that the standard calls mandatory,
and the values of the keys that the file has.
"""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator, FormatChecker

from .test_packaging import ROOT, _table

TEXT = {"type": "string", "minLength": 1}
TEXTS = {"type": "array", "items": TEXT, "minItems": 1, "uniqueItems": True}
CATEGORIES = (
    "appointment-scheduling",
    "customer-service-and-support",
    "online-booking",
    "video-conferencing",
    "visitor-management",
)
SCHEMA: dict[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "required": [
        "publiccodeYmlVersion",
        "name",
        "url",
        "platforms",
        "categories",
        "developmentStatus",
        "softwareType",
        "description",
        "legal",
        "maintenance",
        "localisation",
    ],
    "properties": {
        "publiccodeYmlVersion": {"const": "0.4"},
        "name": TEXT,
        "url": {"type": "string", "pattern": r"^https://[^\s/]+/\S+$"},
        "softwareVersion": TEXT,
        "releaseDate": {"type": "string", "pattern": r"^\d{4}-\d{2}-\d{2}$"},
        "platforms": {**TEXTS, "items": {"enum": ["web", "windows", "mac", "linux", "ios", "android"]}},
        "categories": {**TEXTS, "items": {"enum": list(CATEGORIES)}},
        "developmentStatus": {"enum": ["concept", "development", "beta", "stable", "obsolete"]},
        "softwareType": {"enum": ["standalone/web", "standalone/backend"]},
        "intendedAudience": {
            "type": "object",
            "additionalProperties": False,
            "properties": {"scope": {**TEXTS, "items": {"enum": ["government", "local-authorities"]}}},
        },
        "description": {
            "type": "object",
            "minProperties": 1,
            "propertyNames": {"pattern": "^[a-z]{2}$"},
            "additionalProperties": {
                "type": "object",
                "additionalProperties": False,
                "required": ["shortDescription", "longDescription", "features"],
                "properties": {
                    "shortDescription": {**TEXT, "maxLength": 150},
                    "longDescription": {"type": "string", "minLength": 150, "maxLength": 10_000},
                    "features": TEXTS,
                },
            },
        },
        "legal": {
            "type": "object",
            "additionalProperties": False,
            "required": ["license"],
            "properties": {"license": TEXT},
        },
        "maintenance": {
            "type": "object",
            "additionalProperties": False,
            "required": ["type", "contacts"],
            "properties": {
                "type": {"enum": ["internal", "community"]},  # both need contacts
                "contacts": {"type": "array", "minItems": 1, "items": {"type": "object", "required": ["name"]}},
            },
        },
        "localisation": {
            "type": "object",
            "additionalProperties": False,
            "required": ["localisationReady", "availableLanguages"],
            "properties": {"localisationReady": {"type": "boolean"}, "availableLanguages": TEXTS},
        },
        "dependsOn": {
            "type": "object",
            "additionalProperties": False,
            "properties": {
                "open": {
                    "type": "array",
                    "items": {
                        "type": "object",
                        "additionalProperties": False,
                        "required": ["name"],
                        "properties": {"name": TEXT, "optional": {"type": "boolean"}},
                    },
                }
            },
        },
    },
}


def read_description() -> dict[str, Any]:
    """Read the file; a date that YAML would parse must be quoted."""
    found: dict[str, Any] = yaml.safe_load((ROOT / "publiccode.yml").read_text())
    return found


def problems(description: dict[str, Any]) -> list[str]:
    """Return the parts of the file that the standard does not allow."""
    validator = Draft202012Validator(SCHEMA, format_checker=FormatChecker())
    return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(description)]


def test_publiccode_file_follows_the_standard() -> None:
    assert problems(read_description()) == []


@pytest.mark.parametrize("key", SCHEMA["required"])
def test_publiccode_check_finds_missing_key(key: str) -> None:
    description = read_description()
    del description[key]
    assert problems(description) != []


def test_publiccode_file_names_this_version_and_licence() -> None:
    description = read_description()
    assert description["softwareVersion"] == _table("version")
    assert description["legal"]["license"] == _table("license")
    released = re.search(
        rf"^## {re.escape(_table('version'))} — (\S+)$", (ROOT / "CHANGELOG.md").read_text(), re.M
    )
    assert released
    assert date.fromisoformat(description["releaseDate"]) == date.fromisoformat(released[1])


def test_publiccode_file_names_the_languages() -> None:
    catalogues = {path.stem for path in Path(ROOT).glob("*/locale/*.po")}
    description = read_description()
    assert set(description["localisation"]["availableLanguages"]) == {"en", *catalogues}
    assert set(description["description"]) == {"en", *catalogues}
