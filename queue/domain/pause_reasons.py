"""Reasons of a pause and of a stopped line, with a text in every language. Pure."""

from __future__ import annotations

from enum import StrEnum

from ...core.errors import FieldError, Invalid
from ...core.i18n.languages import LocalizedText
from ...offices.domain.choice_lists import Translate, choice_texts
from ...offices.domain.office import Office


class PauseReason(StrEnum):
    """Reasons of a pause that every office has, whatever its list."""

    EVACUATION = "evacuation"
    OUTAGE = "outage"
    SHORT_BREAK = "short_break"


def pause_texts(office: Office, reason: str, message: str | None, translate: Translate) -> LocalizedText:
    """Return the message of a pause by language.

    The message is the text of the reason, then the host's own words. `reason`: a PauseReason, or a key of the
    office's list. Raises Invalid for an unknown reason.
    """
    return _chosen_texts(office, "pause_messages", ("reason", reason), message, translate)


def stop_texts(office: Office, choice: str, reason: str | None, translate: Translate) -> LocalizedText:
    """Return why a line is stopped, by language.

    The text is that of the choice, then the host's own words. `choice`: a key of the office's list. Raises
    Invalid for an unknown choice.
    """
    return _chosen_texts(office, "stop_reasons", ("choice", choice), reason, translate)


def _chosen_texts(
    office: Office, name: str, chosen: tuple[str, str], own_words: str | None, translate: Translate
) -> LocalizedText:
    field, key = chosen
    texts = choice_texts(office, name, key, translate)
    if texts is None:
        raise Invalid(FieldError(field, "not_a_choice"))
    own = f" {own_words}" if own_words else ""
    # stored as text, not as a key, so that a later change of the list does not change what people read
    return {language: text + own for language, text in texts.items()}
