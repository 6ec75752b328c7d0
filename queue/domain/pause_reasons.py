"""Usual reasons for a pause of an office, each with a text in every language. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum

from ...core.i18n.catalogues import LANGUAGES, N_, LocalizedText


class PauseReason(StrEnum):
    """A usual reason for a pause."""

    EVACUATION = "evacuation"
    OUTAGE = "outage"
    SHORT_BREAK = "short_break"


PAUSE_REASON_TEXTS: Mapping[PauseReason, str] = {
    PauseReason.EVACUATION: N_("Leave by the nearest exit and wait outside."),
    PauseReason.OUTAGE: N_("The computers do not work. We will go on as soon as they do."),
    PauseReason.SHORT_BREAK: N_("We will go on in a few minutes."),
}


def pause_texts(reason: PauseReason, message: str | None, translate: Callable[[str, str], str]) -> LocalizedText:
    """Return the message of a pause by language.

    It is the text of the reason, then the host's own words.

    `translate`: from a language and an English sentence to the translated one.
    """
    own = f" {message}" if message else ""
    return {language: translate(language, PAUSE_REASON_TEXTS[reason]) + own for language in LANGUAGES}
