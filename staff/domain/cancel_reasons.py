"""Reason why the office cancels: a reason of its list, a host's own words, or both. Pure."""

from __future__ import annotations

from ...core.errors import FieldError, Invalid
from ...core.i18n.languages import LANGUAGES, LocalizedText
from ...offices.domain.choice_lists import Translate, office_choices
from ...offices.domain.office import Office

CANCEL_REASONS = "cancel_reasons"
OWN_WORDS = "own"  # no reason of the list
MAX_REASON = 300  # characters, as the column appointments.cancel_reason


def cancel_reason_texts(
    office: Office,
    key: str,
    words: str,
    translate: Translate,
    *,
    key_field: str = "why",
    words_field: str = "words",
) -> LocalizedText:
    """Return the reason by language: the text of the list, then the host's own words.

    Own words without a key are a reason too. `key_field`, `words_field`: fields of the form. Raises Invalid for an
    unknown key, for no reason at all, and for too many words.
    """
    is_own = key == OWN_WORDS or (words and not key)
    texts = {} if is_own else office_choices(office, CANCEL_REASONS, translate).get(key)
    if texts is None:
        raise Invalid(FieldError(key_field, "not_a_choice"))
    chosen = texts or {LANGUAGES[0]: ""}
    room = MAX_REASON - max(len(text) + bool(text) for text in chosen.values())
    if not texts and not words:
        raise Invalid(FieldError(words_field, "required"))
    if len(words) > max(room, 0):
        raise Invalid(FieldError(words_field, "too_long", {"max": max(room, 0)}))
    return {language: f"{text} {words}".strip() for language, text in chosen.items()}
