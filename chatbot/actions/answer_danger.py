"""The use case of a message that tells danger. The message is neither stored nor logged.

The conversation stays as it is: no turn is added, and the pending question is asked again.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from ...core.contact.emergency_numbers import numbers_of_country
from ...core.errors import RateLimited
from ...core.runtime import Runtime
from ...core.tokens import hash_token, random_token
from ..dialogue import texts
from ..dialogue.buttons import is_choice_value
from ..dialogue.context import DialogueContext
from ..dialogue.danger_notice import DangerNotice, build_danger_notice
from ..dialogue.next_question import greeting_reply
from ..dialogue.rendering import RenderedReply, ReplyRenderer
from ..dialogue.state import ConversationState, state_from_json
from ..language.danger import Danger, find_danger
from ..language.danger_lexicon import DangerKind
from ..language.normalize import normalise_text
from ..queries.context_loader import load_dialogue_context
from ..storage.conversation_rows import StoredConversation, conversation_by_token_hash
from .conversation import IncomingMessage, begin_empty_conversation, load_last_entry


@dataclass(frozen=True, slots=True)
class DangerAnswer:
    """The answer to a message that tells danger. `question`: the question that is asked again."""

    session: str
    notice: DangerNotice
    question: RenderedReply
    question_language: str


async def answer_danger(runtime: Runtime, message: IncomingMessage) -> DangerAnswer | None:
    """Answer a message that tells danger; return None for any other message.

    An expired conversation and a used-up limit do not matter: the answer is given in every case.
    """
    danger = None if is_choice_value(message.text) else find_danger(message.text, message.language)
    if danger is None:
        return None
    now = runtime.now()
    async with runtime.read_session() as session:
        context = await load_dialogue_context(session, now, message.help_phone)
        token_hash = hash_token(message.session) if message.session else ""
        conversation = await conversation_by_token_hash(session, token_hash, now) if token_hash else None
    state = state_from_json(conversation.state) if conversation else ConversationState(message.language)
    if _is_named_otherwise(danger, message.text, state, context):
        return None
    numbers = numbers_of_country(context.country(state.office), message.emergency_numbers)
    notice = build_danger_notice(danger, numbers, message.translate(danger.language))
    question, language = await _pending_question(runtime, message, conversation, state, now)
    token = message.session if conversation and message.session else await _begin_without_message(runtime, message)
    return DangerAnswer(token, notice, question, language)


def _is_named_otherwise(danger: Danger, text: str, state: ConversationState, context: DialogueContext) -> bool:
    """Whether the words are the name of a service, or of a citizen: Socorro is a name."""
    words = normalise_text(text)
    names = (
        name
        for service in context.catalogue.services()
        for name in (*service.names.values(), *(word for words in service.words.values() for word in words))
    )
    is_person = state.asked == "name" and danger.kinds == (DangerKind.UNKNOWN,)
    return is_person or any(normalise_text(name) == words for name in names)


async def _pending_question(
    runtime: Runtime,
    message: IncomingMessage,
    conversation: StoredConversation | None,
    state: ConversationState,
    now: datetime,
) -> tuple[RenderedReply, str]:
    """Return the last reply, or the first question of a conversation, and its language."""
    entry = (
        await load_last_entry(runtime, conversation, message.page_language)
        if conversation and not state.done
        else None
    )
    if entry is not None and entry.replies:
        return entry.replies[-1], entry.language
    renderer = ReplyRenderer(state.language, message.translate(state.language), now)
    return renderer.render_reply(greeting_reply(texts.HELLO_AGAIN)), state.language


async def _begin_without_message(runtime: Runtime, message: IncomingMessage) -> str:
    """Begin a conversation for the next message; beyond the limit, only return a token."""
    token = random_token()
    with suppress(RateLimited):
        await begin_empty_conversation(runtime, message, token)
    return token
