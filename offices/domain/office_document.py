"""An office as a plain document: the form of the city file and of every change.

A document holds dicts, lists, texts, numbers and booleans only, so that it can be written as TOML, compared value
by value, and stored in the audit. A setting that is switched off is False, because TOML has no null. Lines,
services and desks are keyed by slug or name, days by ISO date. Settings of queue and agenda are checked by the
features that own them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, time
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from ...core.errors import FieldError, Invalid
from ...core.i18n.languages import LANGUAGES
from .choice_lists import CHOICE_LISTS
from .document_table import MAX_PARTS, DocumentTable, FieldErrors, without_none
from .hours import OpeningInterval, OpeningSchedule
from .office import OFFICE_FACTS, SERVICE_MODES, Office, OfficeLine, OfficeService
from .office_targets import TARGET_BOUNDS, parse_targets
from .public_holidays import public_holidays_by_day
from .words import WEEKDAYS

OfficeDocument = dict[str, Any]

ARROWS = ("left", "ahead", "right")
SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
CHOICE_KEY = re.compile(r"[a-z0-9]+([_-][a-z0-9]+)*")
PHONE = re.compile(r"\+?[0-9][0-9 ()-]{1,30}")
INTERVAL = re.compile(r"(\d\d):(\d\d)-(\d\d):(\d\d)")
# Bounds of texts are the columns of storage/tables.py, those of numbers what an office can have.
MAX_SLUG, MAX_NAME, MAX_ADDRESS, MAX_TOWN, MAX_DESK_NAME = 64, 120, 200, 80, 16
MAX_POSTER_TEXT = 140  # fits the poster in two lines of each language
MAX_ACCEPTED_TEXT = 4_000  # a text that a citizen reads to its end in a call
MAX_CHOICE_KEY = 40  # the column rooms.outcome
MAX_MINUTES = 240  # of one visit
MAX_CAPACITY = 100  # people attended at once
MAX_QUOTA = 10_000  # walk-ins of a line in a day
MAX_WORDS, MAX_WORD = 60, 60
END_OF_DAY = "24:00"


def parse_office(source: Mapping[str, Any], path: str = "office") -> OfficeDocument:
    """Check a document and fill in its defaults.

    Raises Invalid with one FieldError for each wrong value, its dotted path after `path`.
    """
    errors: FieldErrors = []
    fields = DocumentTable(source, path, errors)
    document: OfficeDocument = {
        "name": fields.text("name", MAX_NAME, required=True),
        "address": fields.text("address", MAX_ADDRESS, required=True),
        "town": fields.text("town", MAX_TOWN),
        "phone": _parse_phone(fields),
        "timezone": _parse_timezone(fields),
        "country": fields.text("country", 2),
        "subdivision": fields.text("subdivision", 6),
        "listed": fields.flag("listed", default=True),
        **{name: fields.localized(name) for name in OFFICE_FACTS},
        "poster": fields.localized("poster", longest=MAX_POSTER_TEXT),
        "lines": fields.parts("lines", SLUG, MAX_SLUG, _parse_line),
        "services": fields.parts("services", SLUG, MAX_SLUG, _parse_service),
        "desks": fields.parts("desks", None, MAX_DESK_NAME, _parse_desk),
        "hours": _parse_hours(fields.table("hours")),
        "closures": _parse_closures(fields.table("closures")),
        "extra_openings": _parse_extra_openings(fields.table("extra_openings")),
        "agenda": fields.free_table("agenda"),
        "choices": _parse_choices(fields.table("choices")),
        "targets": parse_targets(fields.table("targets")),
        "texts": fields.parts("texts", SLUG, MAX_SLUG, _parse_text),
    }
    fields.refuse_unknown(document)
    _check_holiday_region(document, path, errors)
    _check_references(document, path, errors)
    if errors:
        raise Invalid(*errors)
    return document


def office_to_document(office: Office) -> OfficeDocument:
    """Convert an office to its document, in the order in which citizens see its parts."""
    line_slugs = {line.id: line.slug for line in office.lines}
    return {
        "name": office.name,
        "address": office.street,
        "town": office.town,
        "phone": office.phone,
        "timezone": office.timezone.key,
        "country": office.country or "",
        "subdivision": office.subdivision or "",
        "listed": office.listed,
        **{name: dict(getattr(office, name) or {}) for name in OFFICE_FACTS},
        "poster": dict(office.poster_texts or {}),
        "lines": {line.slug: _line_to_document(line) for line in office.lines},
        "services": {service.slug: _service_to_document(service, line_slugs) for service in office.services},
        "desks": {
            desk.name: {
                "way": dict(desk.way),
                "arrow": desk.arrow,
                "lines": [line_slugs[line_id] for line_id in desk.line_ids if line_id in line_slugs],
            }
            for desk in office.desks
        },
        "hours": {
            WEEKDAYS[weekday]: format_intervals(office.hours.weekly[weekday])
            for weekday in sorted(office.hours.weekly)
        },
        "closures": {day.isoformat(): office.hours.closures[day] for day in sorted(office.hours.closures)},
        "extra_openings": {
            day.isoformat(): format_intervals(office.hours.extra[day]) for day in sorted(office.hours.extra)
        },
        "agenda": without_none(office.booking),
        "choices": {name: dict(office.choices[name]) for name in CHOICE_LISTS if name in office.choices},
        "targets": {name: office.targets[name] for name in TARGET_BOUNDS if name in office.targets},
        "texts": {
            key: {"title": dict(text["title"]), "body": dict(text["body"])} for key, text in office.texts.items()
        },
    }


def parse_intervals(texts: Sequence[str]) -> tuple[OpeningInterval, ...]:
    """Convert checked intervals such as `09:00-14:00`."""
    return tuple(
        OpeningInterval(time.fromisoformat(opens), time() if closes == END_OF_DAY else time.fromisoformat(closes))
        for opens, closes in (text.split("-") for text in texts)
    )


def format_intervals(intervals: Sequence[OpeningInterval]) -> list[str]:
    """Format intervals in the order of the day; the end of a day is 24:00."""
    return [
        f"{interval.opens:%H:%M}-{END_OF_DAY if interval.closes == time() else format(interval.closes, '%H:%M')}"
        for interval in sorted(intervals, key=lambda interval: interval.opens)
    ]


def with_document(office: Office, document: OfficeDocument) -> Office:
    """Return the office with the hours and services of a checked document.

    The `id` and `line_id` of a new service are not real.
    """
    present = {service.slug: service for service in office.services}
    services = tuple(
        replace(
            present.get(slug) or OfficeService(slug, slug, {}, "", (), False, 0, None, {}),
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


def _line_to_document(line: OfficeLine) -> dict[str, Any]:
    document: dict[str, Any] = {"letter": line.letter, "names": dict(line.names), "settings": dict(line.rules)}
    return document if line.daily_quota is None else {**document, "daily_quota": line.daily_quota}


def _service_to_document(service: OfficeService, line_slugs: Mapping[str, str]) -> dict[str, Any]:
    return {
        "line": line_slugs.get(service.line_id, ""),
        "names": dict(service.names),
        "minutes": service.minutes,
        "modes": [mode for mode in SERVICE_MODES if mode in service.modes],
        "walk_in": service.walk_in,
        "capacity": {mode: service.capacity.get(mode, 0) for mode in SERVICE_MODES if mode in service.modes},
        "bring": dict(service.bring or {}),
        "price": dict(service.price or {}),
        "words": {language: list(words) for language, words in service.words.items()},
        "agenda": without_none(service.booking),
    }


def _parse_line(fields: DocumentTable) -> dict[str, Any]:
    letter = fields.text("letter", 1, required=True)
    if letter and not ("A" <= letter <= "Z"):
        fields.refuse("letter", "not_a_letter")
    line = {
        "letter": letter,
        "names": fields.localized("names", longest=MAX_NAME, required=True),
        "settings": fields.free_table("settings"),
    }
    quota = fields.number("daily_quota", 0, MAX_QUOTA)
    fields.refuse_unknown({**line, "daily_quota": None})
    return line if quota is None else {**line, "daily_quota": quota}


def _parse_service(fields: DocumentTable) -> dict[str, Any]:
    modes = _text_list(fields, "modes", SERVICE_MODES)
    if not modes and not isinstance(fields.source.get("modes"), list):
        fields.refuse("modes", "required", allowed=", ".join(SERVICE_MODES))
    places = fields.table("capacity")
    places.refuse_unknown(dict.fromkeys(modes))
    minutes = fields.number("minutes", 1, MAX_MINUTES)
    if "minutes" not in fields.source:
        fields.refuse("minutes", "required", min=1, max=MAX_MINUTES)
    service = {
        "line": fields.text("line", MAX_SLUG, required=True),
        "names": fields.localized("names", longest=MAX_NAME, required=True),
        "minutes": minutes,
        "modes": modes,
        "walk_in": fields.flag("walk_in", default="in_person" in modes),
        "capacity": {mode: places.number(mode, 0, MAX_CAPACITY, 1) for mode in modes},
        "bring": fields.localized("bring"),
        "price": fields.localized("price"),
        "words": _parse_words(fields.table("words")),
        "agenda": fields.free_table("agenda"),
    }
    fields.refuse_unknown(service)
    return service


def _parse_desk(fields: DocumentTable) -> dict[str, Any]:
    desk = {
        "way": fields.localized("way", required=True),
        "arrow": fields.choice("arrow", ARROWS),
        "lines": _text_list(fields, "lines", None),
    }
    fields.refuse_unknown(desk)
    return desk


def _parse_text(fields: DocumentTable) -> dict[str, Any]:
    text = {
        "title": fields.localized("title", longest=MAX_NAME, required=True),
        "body": fields.localized("body", longest=MAX_ACCEPTED_TEXT, required=True, has_lines=True),
    }
    fields.refuse_unknown(text)
    return text


def _text_list(fields: DocumentTable, name: str, allowed: Sequence[str] | None) -> list[str]:
    values = fields.source.get(name, [])
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        fields.refuse(name, "wrong_type", kind="list")
        return []
    for value in values:
        if allowed is not None and value not in allowed:
            fields.refuse(name, "not_one_of", allowed=", ".join(allowed))
    known = [value for value in values if allowed is None or value in allowed]
    return [mode for mode in allowed if mode in known] if allowed else list(dict.fromkeys(known))


def _parse_words(fields: DocumentTable) -> dict[str, list[str]]:
    fields.refuse_unknown(dict.fromkeys(LANGUAGES))
    words = {language: _text_list(fields, language, None) for language in LANGUAGES if language in fields.source}
    for language, texts in words.items():
        if len(texts) > MAX_WORDS:
            fields.refuse(language, "too_many", max=MAX_WORDS)
        if any(len(text) > MAX_WORD or not text.strip() for text in texts):
            fields.refuse(language, "too_long", max=MAX_WORD)
    return {language: texts for language, texts in words.items() if texts}


def _parse_phone(fields: DocumentTable) -> str:
    phone = fields.text("phone", 32)
    if phone and not PHONE.fullmatch(phone):
        fields.refuse("phone", "phone_unknown")
    return phone


def _parse_timezone(fields: DocumentTable) -> str:
    name = fields.text("timezone", 64, required=True)
    if name and not is_timezone(name):
        fields.refuse("timezone", "unknown_timezone")
    return name


def is_timezone(name: str) -> bool:
    """Tell whether the tz database has this zone."""
    try:
        ZoneInfo(name)
    except (ValueError, OSError, KeyError):  # a name with `..`, a folder, ZoneInfoNotFoundError
        return False
    return True


def _parse_hours(fields: DocumentTable) -> dict[str, list[str]]:
    fields.refuse_unknown(dict.fromkeys(WEEKDAYS))
    days = {day: _parse_day_intervals(fields, day) for day in WEEKDAYS if day in fields.source}
    return {day: intervals for day, intervals in days.items() if intervals}


def _parse_closures(fields: DocumentTable) -> dict[str, str]:
    for day in fields.source:
        _check_day(fields, day)
    return {day: fields.text(day, MAX_NAME, required=True) for day in sorted(fields.source)}


def _parse_extra_openings(fields: DocumentTable) -> dict[str, list[str]]:
    for day in fields.source:
        _check_day(fields, day)
    days = {day: _parse_day_intervals(fields, day) for day in sorted(fields.source)}
    return {day: intervals for day, intervals in days.items() if intervals}


def _check_day(fields: DocumentTable, day: str) -> None:
    try:
        is_day = date.fromisoformat(day).isoformat() == day and "2000" <= day < "2200"
    except ValueError:
        is_day = False
    if not is_day:
        fields.refuse(day, "not_a_day")


def _parse_day_intervals(fields: DocumentTable, day: str) -> list[str]:
    """Read the intervals of a day in order. They must not overlap."""
    texts = _text_list(fields, day, None)
    intervals = sorted(text.replace(" ", "") for text in texts)
    if any(not _is_interval(text) for text in intervals):
        fields.refuse(day, "not_an_interval")
        return []
    pairs = [text.split("-") for text in intervals]
    if any(closes > opens for (_, closes), (opens, _) in pairwise(pairs)):
        fields.refuse(day, "overlapping_hours")
    return intervals


def _is_interval(text: str) -> bool:
    match = INTERVAL.fullmatch(text)
    if match is None:
        return False
    hours_and_minutes = [int(part) for part in match.groups()]
    opens, closes = text.split("-")
    is_clock = all(minute < 60 for minute in hours_and_minutes[1::2]) and hours_and_minutes[0] < 24
    return is_clock and (hours_and_minutes[2] < 24 or closes == END_OF_DAY) and opens < closes


def _parse_choices(fields: DocumentTable) -> dict[str, dict[str, Any]]:
    """Read the lists that staff choose from: texts by language, by key, by list.

    A missing list has its default.
    """
    fields.refuse_unknown(dict.fromkeys(CHOICE_LISTS))
    choices: dict[str, dict[str, Any]] = {}
    for name in (name for name in CHOICE_LISTS if name in fields.source):
        table = fields.table(name)
        if len(table.source) > MAX_PARTS:
            table.refuse("", "too_many", max=MAX_PARTS)
        for key in table.source:
            if not CHOICE_KEY.fullmatch(key) or len(key) > MAX_CHOICE_KEY:
                table.refuse(key, "not_a_slug")
        choices[name] = {key: table.localized(key, required=True) for key in table.source}
    return choices


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
