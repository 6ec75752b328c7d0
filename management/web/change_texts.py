"""Words for changed values of a document: their paths and the values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...appointments.service import AgendaSettings
from ...core.i18n.catalogues import N_, GettextFunction
from ...offices.service import ARROWS, STAFF_MODE_NAMES, Field, office_path_words, settings_by_path
from ...queue.service import LineSettings
from ..domain.document_changes import ORDER, Path
from .settings.setting_words import describe_setting

# words of values that several fields have
VALUE_LABELS: Mapping[str, str] = {**STAFF_MODE_NAMES, **ARROWS}
EXTRA_LABELS: Mapping[str, str] = {"copy_of": N_("Copy of"), ORDER: N_("Order")}
NO_VALUE = "–"


def change_label(t: GettextFunction, path: Path) -> str:
    """Return the words of a path: `Service census, Minutes of a visit`.

    Keys that people chose stay as they are.
    """
    setting = setting_of_path(path)
    words = office_path_words(path)
    if setting is not None:
        words = [*(words[:2] if path[0] in ("lines", "services") else []), (setting.label, True)]
    texts = [
        t(EXTRA_LABELS.get(text, text)) if is_sentence or text in EXTRA_LABELS else text
        for text, is_sentence in words
    ]
    if len(path) > 1 and path[0] in ("lines", "services", "desks", "texts"):
        texts = [" ".join(texts[:2]), *texts[2:]]
    return ", ".join(texts)


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
        return ", ".join(value_text(t, each, options) for each in value)
    if isinstance(value, Mapping):
        return ", ".join(f"{key}: {value_text(t, each, options)}" for key, each in value.items())
    text = str(value)
    if options and text in options:
        return options[text]
    return t(VALUE_LABELS[text]) if text in VALUE_LABELS else text
