"""The use case of a message: load, understand, run the dialogue, save.

No SQL: `conversation.py` loads and saves.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ...core.db.write_conflicts import WriteConflict, retry_on_conflict
from ...core.errors import Conflict
from ...core.runtime import Runtime
from ...core.tokens import random_token
from ..dialogue.buttons import pressed_choice
from ..dialogue.dialogue import run_turn
from ..dialogue.effects import run_with_handlers
from ..dialogue.rendering import RenderedReply, ReplyRenderer
from ..dialogue.replies import DialogueReply
from ..dialogue.state import ConversationState, state_from_json
from ..language.understanding import PERSONAL_DETAILS, Understanding, understand_message
from ..queries.context_loader import load_dialogue_context
from ..rewriting.phrases import can_be_rewritten
from ..storage.conversation_rows import StoredConversation
from .conversation import (
    IncomingMessage,
    TranscriptEntry,
    load_or_begin_conversation,
    opening_reply,
    save_turn,
    to_transcript_entry,
    with_appointment_links,
    with_offered_choices,
)
from .effect_handlers import RuntimeEffectHandlers
from .language_switch import is_language_switched, switch_language

if TYPE_CHECKING:
    from .sentence_rewriter import SentenceRewriter

MAX_SAVE_ATTEMPTS = 4  # concurrent messages of a conversation are answered in turn
PERSONAL_QUESTIONS = PERSONAL_DETAILS | {"locator", "contact"}


@dataclass(frozen=True, slots=True)
class ChatAnswer:
    """The answer to a message. `session`: the token of the conversation, for the next message."""

    session: str
    entry: TranscriptEntry
    done: bool


async def answer_message(runtime: Runtime, message: IncomingMessage) -> ChatAnswer:
    """Answer a message in its conversation, or in a new conversation.

    Idempotent for messages with the same key.

    Raises Gone("chat_over"), RateLimited, Conflict("in_progress").
    """
    token = message.session or random_token()
    rewriters = iter([message.rewriter])  # only the first attempt asks the language model

    async def answer_once() -> ChatAnswer:
        # read again on each attempt: the answer of a lost attempt belongs to a state that is no more
        conversation = await load_or_begin_conversation(runtime, message, token)
        repeated = _find_repeated_answer(conversation, message)
        if repeated is not None:
            return ChatAnswer(token, await with_appointment_links(runtime, repeated), _is_done(conversation))
        turn = await _take_turn(runtime, conversation, message, next(rewriters, None))
        state, entry, is_private, translations = turn
        await save_turn(runtime, conversation, message, state, entry, is_private, translations)
        return ChatAnswer(token, await with_appointment_links(runtime, entry), state.done)

    try:
        return await retry_on_conflict(answer_once, MAX_SAVE_ATTEMPTS)
    except WriteConflict:
        raise Conflict("in_progress") from None


def _find_repeated_answer(conversation: StoredConversation, message: IncomingMessage) -> TranscriptEntry | None:
    """Return the stored answer to a message that was sent twice.

    Reasons are a double tap, and a retry after a network error.
    """
    if not conversation.turns:
        return None
    last = conversation.turns[-1]
    has_same_key = message.key is not None and message.key == conversation.request_key
    repeats_end = _is_done(conversation) and last["sent"] == message.text.strip() != ""
    return to_transcript_entry(last) if has_same_key or repeats_end else None


def _is_done(conversation: StoredConversation) -> bool:
    return bool(conversation.state.get("done"))


async def _take_turn(
    runtime: Runtime,
    conversation: StoredConversation,
    message: IncomingMessage,
    rewriter: SentenceRewriter | None,
) -> tuple[ConversationState, TranscriptEntry, bool, dict[str, tuple[RenderedReply, ...]]]:
    """Return the new state, the entry, whether it has personal data, and its translations."""
    state = state_from_json(conversation.state)
    if message.page_language is not None and is_language_switched(conversation, message.page_language):
        state = switch_language(state, conversation, message.page_language)
    async with runtime.read_session() as session:
        context = await load_dialogue_context(session, runtime.now(), message.help_phone)
    question = None if state.asked == "task" or state.done else state.asked
    today = context.local_day(state.office)
    understood = understand_message(message.text, state.language, context.catalogue, today, question)
    is_choice = pressed_choice(state, understood) is not None
    if is_choice:  # the value of a choice is in no language
        understood = replace(understood, language=state.language)
    elif rewriter is not None and can_be_rewritten(understood, question, has_service=state.service is not None):
        understood = await rewriter.rewrite(understood, state, context, question) or understood
    handlers = RuntimeEffectHandlers(
        runtime,
        conversation.id,
        conversation.version,
        understood.language,
        message.address,
        message.requester,
        message.error_text,
    )
    turn = await run_with_handlers(run_turn(state, understood, context), handlers)
    language = turn.state.language
    rendered = {
        each: _render_replies(turn.replies, ReplyRenderer(each, message.translate(each), runtime.now()))
        for each in {language, *runtime.languages.offered}
    }
    replies = rendered.pop(language)
    displayed = _choice_label(conversation, state, message) if is_choice else understood.text
    is_private = _has_personal_data(state, understood, is_choice)
    entry = TranscriptEntry(displayed, language, replies)
    return with_offered_choices(turn.state, replies), entry, is_private, rendered


def _render_replies(replies: Iterable[DialogueReply], renderer: ReplyRenderer) -> tuple[RenderedReply, ...]:
    return tuple(renderer.render_reply(reply) for reply in replies)


def _choice_label(conversation: StoredConversation, state: ConversationState, message: IncomingMessage) -> str:
    """Return the label of a choice, to be displayed in place of its value.

    A page in another tab may send a choice of an earlier reply, or of the greeting.
    """
    value = message.text.strip()
    offered = _offered_labels(conversation, state, message)
    return next((label for offered_value, label in offered if offered_value == value), message.text)


def _offered_labels(
    conversation: StoredConversation, state: ConversationState, message: IncomingMessage
) -> Iterator[tuple[str, str]]:
    """Yield values and labels of the choices that were offered, the latest first."""
    yield from ((choice.value, choice.label) for choice in state.offered)
    for turn in reversed(conversation.turns):
        for reply in turn["replies"]:
            yield from ((choice["value"], choice["label"]) for choice in reply["picks"])
    greeting = opening_reply(state.language, message.translate(state.language), conversation.expires_at)
    yield from ((choice.value, choice.label) for choice in greeting.picks)


def _has_personal_data(state: ConversationState, understood: Understanding, is_choice: bool) -> bool:
    return bool(understood.facts & PERSONAL_QUESTIONS) or (state.asked in PERSONAL_QUESTIONS and not is_choice)
