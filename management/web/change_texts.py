"""Words for changed values of a document: their paths and the values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...appointments.service import AgendaSettings
from ...core.i18n.catalogues import N_, GettextFunction
from ...offices.service import STAFF_MODE_NAMES, WEEKDAY_NAMES, Field, settings_by_path
from ...queue.service import LineSettings
from ..domain.document_changes import ORDER, Path
from .settings.setting_words import describe_setting

PART_LABELS: Mapping[str, str] = {
    **WEEKDAY_NAMES,
    **STAFF_MODE_NAMES,
    "copy_of": N_("Copy of"),
    "name": N_("Name"),
    "address": N_("Address"),
    "town": N_("Town"),
    "phone": N_("Telephone"),
    "timezone": N_("Time zone"),
    "country": N_("Country of its public holidays"),
    "subdivision": N_("Region of its public holidays"),
    "listed": N_("Shown in lists for citizens"),
    "access": N_("Access"),
    "parking": N_("Parking"),
    "transport": N_("How to get there"),
    "phone_hours": N_("Telephone hours"),
    "poster": N_("Text on the poster"),
    "lines": N_("Queue"),
    "services": N_("Service"),
    "desks": N_("Desk"),
    "hours": N_("Opening hours"),
    "closures": N_("Closed day"),
    "extra_openings": N_("Extra opening"),
    "agenda": N_("Agenda"),
    "choices": N_("Lists to choose from"),
    "targets": N_("Targets"),
    "texts": N_("Text to accept"),
    "title": N_("Title"),
    "body": N_("Text"),
    "wait_p90_min": N_("Nine in ten wait at most, in minutes"),
    "wait_within_pct": N_("Waits that are short enough, in %"),
    "wait_within_min": N_("A wait is short enough up to, in minutes"),
    "way_p90_s": N_("Nine in ten are at the desk within, in seconds"),
    "no_show_pct": N_("People who do not come, at most in %"),
    "on_time_pct": N_("Appointments called on time, at least in %"),
    "promise_pct": N_("Called inside the range shown, at least in %"),
    "good_calls_pct": N_("Video calls with a good connection, at least in %"),
    "letter": N_("Letter of the queue"),
    "names": N_("Name"),
    "settings": N_("Settings"),
    "daily_quota": N_("Most people without appointment in a day"),
    "line": N_("Queue"),
    "minutes": N_("Minutes"),
    "modes": N_("Ways"),
    "walk_in": N_("Without appointment"),
    "capacity": N_("People attended at once"),
    "bring": N_("What to bring"),
    "price": N_("Price"),
    "words": N_("Everyday words"),
    "way": N_("How to get there"),
    "arrow": N_("Arrow"),
    "es": N_("in Spanish"),
    "en": N_("in English"),
    "outcomes": N_("Outcome"),
    "desk_pauses": N_("Reason to pause a desk"),
    "pause_messages": N_("Pause message"),
    "stop_reasons": N_("Reason to stop a queue"),
    "cancel_reasons": N_("Reason to cancel appointments"),
    "left": N_("To the left"),
    "ahead": N_("Straight on"),
    "right": N_("To the right"),
    ORDER: N_("Order"),
}
NO_VALUE = "–"


def change_label(t: GettextFunction, path: Path) -> str:
    """Return the words of a path: `Service census, Minutes`.

    Keys that people chose stay as they are.
    """
    setting = setting_of_path(path)
    if setting is not None:
        place = [t(PART_LABELS[path[0]]), path[1]] if path[0] in ("lines", "services") else []
        return ", ".join([" ".join(place), t(setting.label)] if place else [t(setting.label)])
    words = [t(PART_LABELS[part]) if part in PART_LABELS else part for part in path]
    if len(path) > 1 and path[0] in ("lines", "services", "desks", "texts"):
        words = [f"{words[0]} {path[1]}", *words[2:]]
    return ", ".join(words)


def setting_of_path(path: Path) -> Field | None:
    """Return the words of the setting at a path; None if it is no setting."""
    if path[0] == "lines" and path[2:3] == ("settings",):
        return settings_by_path(LineSettings).get(".".join(path[3:]))
    if path[0] == "agenda":
        return settings_by_path(AgendaSettings).get(".".join(path[1:]))
    if path[0] == "services" and path[2:3] == ("agenda",):
        return settings_by_path(AgendaSettings).get(".".join(path[3:]))
    return None


def change_value_text(t: GettextFunction, path: Path, value: Any) -> str:
    """Return a value as people read it; that of a setting with its unit."""
    setting = setting_of_path(path)
    return value_text(t, value) if setting is None or value is None else describe_setting(t, setting, value)


def value_text(t: GettextFunction, value: Any, options: Mapping[str, str] | None = None) -> str:
    """Return a value as people read it.

    `options`: translated labels of the values of a choice.
    """
    if value is None or value == "" or value == []:
        return NO_VALUE
    if isinstance(value, bool):
        return t(N_("yes")) if value else t(N_("no"))
    if isinstance(value, list):
        return ", ".join(value_text(t, one, options) for one in value)
    if isinstance(value, Mapping):
        return ", ".join(f"{key}: {value_text(t, one, options)}" for key, one in value.items())
    text = str(value)
    if options and text in options:
        return options[text]
    return t(PART_LABELS[text]) if text in ("in_person", "video", "phone", "left", "ahead", "right") else text
