"""Lists that staff choose from: outcomes, pause messages, reasons. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ...core.i18n.catalogues import N_, GettextFunction
from ...core.i18n.languages import LocalizedText, text_in_language
from .office import EVACUATION, Office

Translate = Callable[[str], LocalizedText]
"""From an English sentence to its texts by language, as `Catalogues.localized`."""

# words of removed outcomes, which old visits still refer to
FORMER_OUTCOMES = "former_outcomes"

DEFAULT_CHOICES: Mapping[str, Mapping[str, str]] = {
    "outcomes": {
        "resolved": N_("Resolved"),
        "documents_missing": N_("Documents are missing"),
        "referred": N_("Referred to another service"),
    },
    "desk_pauses": {
        "break": N_("Break"),
        "paperwork": N_("Paperwork"),
        "colleague": N_("Helping a colleague"),
    },
    # No text sends people out: only an evacuation does.
    "pause_messages": {
        "outage": N_("The computers are not working. We will carry on as soon as they are."),
        "short_break": N_("We will carry on in a few minutes."),
    },
    "stop_reasons": {
        "no_time": N_("There is no time left today to see more people."),
        "few_desks": N_("Few desks are open today."),
        "outage": N_("The computers are not working."),
    },
    "cancel_reasons": {
        "absence": N_("The person who was going to see you cannot be there."),
        "outage": N_("The computers are not working."),
        "closure": N_("The office has to close at that time."),
    },
}
DEFAULT_EVACUATION = N_("Leave by the nearest exit and wait outside.")

Choices = dict[str, LocalizedText]


def default_choices(name: str, translate: Translate) -> Choices:
    """Return the default list with this name: texts by language, by key."""
    return {key: translate(sentence) for key, sentence in DEFAULT_CHOICES[name].items()}


def office_choices(office: Office, name: str, translate: Translate) -> Choices:
    """Return the list of an office, else the default list, in its order."""
    own: Mapping[str, LocalizedText] = office.choices.get(name) or {}
    choices = {key: texts for key, texts in own.items() if (name, key) != ("pause_messages", EVACUATION)}
    return choices or default_choices(name, translate)


def has_choice(office: Office, name: str, key: str) -> bool:
    """Tell whether the list of an office, else the default list, has this key."""
    return key in (office.choices.get(name) or DEFAULT_CHOICES[name])


def default_evacuation(translate: Translate) -> LocalizedText:
    """Return what people read in an evacuation by default, by language."""
    return translate(DEFAULT_EVACUATION)


def evacuation_texts(office: Office, translate: Translate) -> LocalizedText:
    """Return what people read in an evacuation, by language."""
    own: LocalizedText | None = office.choices.get("pause_messages", {}).get(EVACUATION)
    return own or default_evacuation(translate)


def choice_texts(office: Office, name: str, key: str, translate: Translate) -> LocalizedText | None:
    """Return the texts of a key, also of a removed key; None for an unknown key."""
    if (name, key) == ("pause_messages", EVACUATION):
        return evacuation_texts(office, translate)
    choices = office_choices(office, name, translate)
    if key in choices:
        return choices[key]
    former: Mapping[str, LocalizedText] = office.choices.get(FORMER_OUTCOMES, {}) if name == "outcomes" else {}
    return former.get(key) or default_choices(name, translate).get(key)


def choice_text(office: Office, name: str, key: str, language: str, t: GettextFunction) -> str:
    """Return the words of a stored choice, also of a removed outcome; the key if unknown."""
    texts = choice_texts(office, name, key, lambda sentence: {language: t(sentence)})
    return text_in_language(texts, language) if texts else key


def stored_choices(before: Mapping[str, Any], choices: Mapping[str, Any]) -> dict[str, Any]:
    """Return the lists to store, with the words of removed outcomes."""
    outcomes = choices.get("outcomes", {})
    known = {**before.get(FORMER_OUTCOMES, {}), **before.get("outcomes", {})}
    former = {key: texts for key, texts in known.items() if key not in outcomes}
    return {**choices, **({FORMER_OUTCOMES: former} if former else {})}
