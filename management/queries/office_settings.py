"""Check of an office's settings by the features that own them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ...appointments.service import AgendaSettings
from ...core.errors import FieldError, Invalid
from ...core.i18n.languages import LanguageChoice
from ...offices.service import OfficeDocument, parse_office
from ...queue.service import LineSettings


def check_office(source: Mapping[str, Any], languages: LanguageChoice, path: str = "office") -> OfficeDocument:
    """Check a whole document with its settings. Raises Invalid with every wrong value."""
    errors: list[FieldError] = []
    document: OfficeDocument | None = None
    try:
        document = parse_office(source, path, languages)
    except Invalid as invalid:
        errors += invalid.fields
    errors += settings_errors(source, path)
    if errors or document is None:
        raise Invalid(*errors)
    return document


def settings_errors(source: Mapping[str, Any], path: str = "office") -> list[FieldError]:
    """List the wrong settings of lines and agenda; other wrong values are ignored."""
    errors: list[FieldError] = []
    agenda = _table(source, "agenda")
    errors += _errors(lambda: AgendaSettings.from_settings(agenda, {}), "booking", f"{path}.agenda")
    for slug, line in _table(source, "lines").items():
        settings = _table(line, "settings")
        errors += _errors(
            lambda settings=settings: LineSettings.from_overrides(settings),  # type: ignore[misc]
            "rules",
            f"{path}.lines.{slug}.settings",
        )
    # a wrong value of the office would be reported again by each of its services
    if not errors:
        for slug, service in _table(source, "services").items():
            own = _table(service, "agenda")
            errors += _errors(
                lambda own=own: AgendaSettings.from_settings(agenda, own),  # type: ignore[misc]
                "booking",
                f"{path}.services.{slug}.agenda",
            )
    return errors


def _errors(parse: Callable[[], object], prefix: str, path: str) -> list[FieldError]:
    try:
        parse()
    except Invalid as invalid:
        return [
            FieldError(path + error.field.removeprefix(prefix), error.code, error.params)
            for error in invalid.fields
        ]
    return []


def _table(source: Any, name: str) -> Mapping[str, Any]:
    value = source.get(name) if isinstance(source, Mapping) else None
    return value if isinstance(value, Mapping) else {}
