"""An office as a plain document: the form of the city file and of every change.

A document holds dicts, lists, texts, numbers and booleans only, so that it can be written as TOML, compared value
by value, and stored in the audit. A setting that is switched off is False, because TOML has no null. Lines,
services and desks are keyed by slug or name, days by ISO date. Settings of queue and agenda are checked by the
features that own them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from ....core.errors import FieldError, Invalid
from ....core.i18n.catalogues import N_
from ....core.i18n.languages import LanguageChoice
from ..hours import OpeningSchedule
from ..office import Office
from ..public_holidays import public_holidays_by_day
from ..words import WEEKDAYS
from .field import (
    DEFAULT_CHOICE,
    Field,
    FieldErrors,
    Path,
    TableReader,
    Words,
    declared_fields,
    dump_document,
    read_fields,
)
from .opening_days import Closures, ExtraOpenings, OpeningWeek, format_days, parse_intervals
from .service import OfficeService

OfficeDocument = dict[str, Any]

DAY_FIELDS: Mapping[str, Field] = {
    "hours": OpeningWeek(N_("Opening hours")),
    "closures": Closures(N_("Closed day")),
    "extra_openings": ExtraOpenings(N_("Extra opening")),
}


def _office_fields() -> dict[str, Field]:
    fields: dict[str, Field] = {}
    for key, kind in declared_fields(Office).items():
        fields[key] = kind
        fields.update(DAY_FIELDS if key == "desks" else {})
    return fields


OFFICE_FIELDS: Mapping[str, Field] = _office_fields()


def office_path_words(path: Path) -> Words:
    """Return the words of a path in the document of an office."""
    kind = OFFICE_FIELDS.get(path[0])
    return kind.words(path[1:]) if kind else [(key, False) for key in path]


def parse_office(
    source: Mapping[str, Any], path: str = "office", languages: LanguageChoice = DEFAULT_CHOICE
) -> OfficeDocument:
    """Check a document and fill in its defaults.

    Raises Invalid with one FieldError for each wrong value, its dotted path after `path`.
    """
    errors: FieldErrors = []
    document = read_fields(OFFICE_FIELDS, TableReader(source, path, errors, languages))
    _check_holiday_region(document, path, errors)
    _check_references(document, path, errors)
    if errors:
        raise Invalid(*errors)
    return document


def office_to_document(office: Office) -> OfficeDocument:
    """Convert an office to its document, in the order in which citizens see its parts."""
    slugs = {line.id: line.slug for line in office.lines}
    hours = office.hours
    days = {
        "hours": format_days(hours.weekly),
        "closures": {day.isoformat(): hours.closures[day] for day in sorted(hours.closures)},
        "extra_openings": format_days(hours.extra),
    }
    document = {key: ({} | dump_document(office) | days)[key] for key in OFFICE_FIELDS}
    for service in document["services"].values():
        service["line"] = slugs.get(service["line"], "")
        service["capacity"] = {mode: service["capacity"].get(mode, 0) for mode in service["modes"]}
    for desk in document["desks"].values():
        desk["lines"] = [slugs[line_id] for line_id in desk["lines"] if line_id in slugs]
    return document


def with_document(office: Office, document: OfficeDocument) -> Office:
    """Return the office with the hours and services of a checked document.

    The `id` and `line_id` of a new service are not real.
    """
    present = {service.slug: service for service in office.services}
    services = tuple(
        replace(
            present.get(slug) or OfficeService(slug, slug, "", {}, 0, (), False, {}),
            names=service["names"],
            modes=tuple(service["modes"]),
            minutes=service["minutes"],
        )
        for slug, service in document["services"].items()
    )
    return replace(office, hours=_to_schedule(document), services=services)


def _to_schedule(document: OfficeDocument) -> OpeningSchedule:
    weekly: Mapping[str, list[str]] = document["hours"]
    extra: Mapping[str, list[str]] = document["extra_openings"]
    return OpeningSchedule(
        timezone=ZoneInfo(document["timezone"]),
        weekly={WEEKDAYS.index(day): parse_intervals(texts) for day, texts in weekly.items()},
        closures={date.fromisoformat(day): reason for day, reason in document["closures"].items()},
        extra={date.fromisoformat(day): parse_intervals(texts) for day, texts in extra.items()},
    )


def _check_holiday_region(document: OfficeDocument, path: str, errors: FieldErrors) -> None:
    if not document["country"]:
        return
    try:
        public_holidays_by_day(document["country"], document["subdivision"] or None, [])
    except Invalid as invalid:
        errors += [FieldError(f"{path}.{error.field}", "unknown_region") for error in invalid.fields]


def _check_references(document: OfficeDocument, path: str, errors: FieldErrors) -> None:
    lines: Mapping[str, Any] = document["lines"]
    for slug, service in document["services"].items():
        if service["line"] and service["line"] not in lines:
            errors.append(FieldError(f"{path}.services.{slug}.line", "unknown_line", {"line": service["line"]}))
    for name, desk in document["desks"].items():
        for slug in desk["lines"]:
            if slug not in lines:
                errors.append(FieldError(f"{path}.desks.{name}.lines", "unknown_line", {"line": slug}))
    seen: dict[str, str] = {}
    for slug, line in lines.items():
        if line["letter"] in seen:
            errors.append(FieldError(f"{path}.lines.{slug}.letter", "taken", {"by": seen[line["letter"]]}))
        seen[line["letter"]] = slug
