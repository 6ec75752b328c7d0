"""The language of a conversation, which follows the switch of its page. No dialogue rules."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

from ...core.i18n.catalogues import GettextFunction
from ..dialogue import texts
from ..dialogue.rendering import RenderedChoice, RenderedReply, RenderedRow, RenderedTable
from ..dialogue.state import ConversationState, OfferedChoice
from ..storage.conversation_rows import StoredConversation

TRANSLATED = "translated"  # of the last turn: its replies in the other languages
PAGE_LANGUAGE = "page_language"  # of a turn: that of the page, which can differ from that of the citizen's words


def is_language_switched(conversation: StoredConversation, page_language: str | None) -> bool:
    """Tell whether the page has another language than at the last turn.

    A citizen who writes in another language than the page's goes on in it until the switch is used.
    """
    spoken = conversation.state["language"]
    shown = conversation.turns[-1].get(PAGE_LANGUAGE) if conversation.turns else spoken
    return None not in (page_language, shown) and page_language not in (shown, spoken)


def switch_language(
    state: ConversationState, conversation: StoredConversation, language: str
) -> ConversationState:
    """Return the state in the language of the page; the offered choices have its labels."""
    offered = state.offered
    if conversation.turns:
        choices = [choice for reply in translated_replies(conversation, language) for choice in reply.picks]
        offered = tuple(OfferedChoice(choice.text, choice.value) for choice in choices)
    return replace(state, language=language, offered=offered)


def translated_replies(conversation: StoredConversation, language: str) -> tuple[RenderedReply, ...]:
    """Return the last replies in a language that the citizen has not used for them."""
    stored = conversation.turns[-1].get(TRANSLATED, {}) if conversation.turns else {}
    return tuple(read_reply(reply) for reply in stored.get(language, ()))


def switch_notice(translate: GettextFunction) -> RenderedReply:
    """Say in which language the conversation goes on."""
    return RenderedReply(translate(texts.SWITCHED), (), None, "", False)


def to_stored_translations(translations: Mapping[str, Sequence[RenderedReply]]) -> dict[str, Any]:
    """Return the JSON form of replies by language."""
    return {language: [asdict(reply) for reply in replies] for language, replies in translations.items()}


def read_reply(stored: Mapping[str, Any]) -> RenderedReply:
    """Read a stored reply."""
    picks = tuple(RenderedChoice(**choice) for choice in stored["picks"])
    form = tuple((name, value) for name, value in stored.get("form", ()))
    table = _read_table(stored.get("table"))
    return RenderedReply(**{**stored, "picks": picks, "table": table, "form": form})


def _read_table(stored: Mapping[str, Any] | None) -> RenderedTable | None:
    if stored is None:
        return None
    return RenderedTable(**{**stored, "rows": tuple(RenderedRow(**row) for row in stored["rows"])})
