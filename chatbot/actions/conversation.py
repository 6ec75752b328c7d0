"""Stored conversations: load, save, show and delete them.

No dialogue rules: `answer_message.py` runs a turn.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy.ext.asyncio import AsyncSession

from ...appointments.service import UNLIMITED_REQUESTER, Requester, appointment_by_id, appointment_token
from ...core.contact.emergency_numbers import NumbersByCountry
from ...core.errors import Gone, RateLimited
from ...core.i18n.catalogues import GettextFunction
from ...core.ids import new_id
from ...core.runtime import Runtime
from ...core.tokens import hash_token
from ..dialogue import texts
from ..dialogue.next_question import greeting_reply
from ..dialogue.rendering import RenderedReply, ReplyRenderer
from ..dialogue.state import ConversationState, OfferedChoice, state_to_json
from ..storage.conversation_rows import (
    StoredConversation,
    conversation_by_token_hash,
    count_conversations_since,
    delete_conversation_by_token_hash,
    insert_conversation,
    update_conversation,
)
from .conversation_expiry import EXPIRY_TIMER
from .effect_handlers import APPOINTMENT_LINK_PREFIX
from .language_switch import (
    PAGE_LANGUAGE,
    TRANSLATED,
    is_language_switched,
    read_reply,
    switch_notice,
    to_stored_translations,
    translated_replies,
)

if TYPE_CHECKING:
    from .sentence_rewriter import SentenceRewriter  # with an HTTP client that few installations need

# After the last message; a citizen who looks for their papers returns within this time.
CONVERSATION_LIFETIME = timedelta(hours=2)
MAX_CONVERSATIONS_PER_HOUR = 60  # from a single address, which may be an office's Wi-Fi
MAX_TURNS = 120  # messages of a conversation; a booking takes about ten
RETRY_AFTER_LIMIT_S = 600  # for an address that began too many conversations within the hour


@dataclass(frozen=True, slots=True)
class IncomingMessage:
    """A message of a citizen, with facts about its request.

    Messages with an equal `key` are the same message.

    `translate(language)` returns a gettext function; `error_text(language, code, details)` the text of an error
    code.
    `address` counts new conversations and guessed locators; `requester` counts bookings. `session`: the token of
    the conversation, None for a new conversation. `page_language`: of the page that sends it, None without a page.
    `rewriter`: of the installation's language model, None without a model.
    """

    text: str
    language: str
    address: str
    translate: Callable[[str], GettextFunction]
    error_text: Callable[[str, str, Mapping[str, Any]], str]
    help_phone: str
    session: str | None = None
    key: str | None = None
    requester: Requester = UNLIMITED_REQUESTER
    emergency_numbers: NumbersByCountry = field(default_factory=dict)
    page_language: str | None = None
    rewriter: SentenceRewriter | None = None


@dataclass(frozen=True, slots=True)
class TranscriptEntry:
    """A message as it was displayed, and its replies. The fields are stored.

    `said` is empty for a question that is asked again.
    """

    said: str
    language: str
    replies: tuple[RenderedReply, ...]


def opening_reply(language: str, translate: GettextFunction, now: datetime) -> RenderedReply:
    """Render the greeting that is shown before the first message."""
    return ReplyRenderer(language, translate, now).render_reply(greeting_reply())


def with_offered_choices(state: ConversationState, replies: Sequence[RenderedReply]) -> ConversationState:
    """Store the choices of the last replies: the next message can name a choice by its label."""
    choices = (choice for reply in replies for choice in reply.picks)
    return replace(state, offered=tuple(OfferedChoice(choice.text, choice.value) for choice in choices))


# Load


async def load_or_begin_conversation(runtime: Runtime, message: IncomingMessage, token: str) -> StoredConversation:
    """Load the conversation of a message, or return a new conversation, not stored yet.

    Raises Gone("chat_over") for an unknown or expired session, RateLimited for too many turns or conversations.
    """
    now = runtime.now()
    async with runtime.read_session() as session:
        conversation = await conversation_by_token_hash(session, hash_token(token), now)
        if conversation is None and message.session is not None:
            raise Gone("chat_over")
        if conversation is None:
            await _check_conversation_limit(session, runtime, message, now)
            return _new_conversation(message, token, now)
    if conversation.version >= MAX_TURNS:
        raise RateLimited("chat_too_long", retry_after_s=int(CONVERSATION_LIFETIME.total_seconds()))
    return conversation


async def _check_conversation_limit(
    session: AsyncSession, runtime: Runtime, message: IncomingMessage, now: datetime
) -> None:
    if message.requester.limits is None:  # an integration or staff
        return
    origin = _signed_address(runtime, message)
    if await count_conversations_since(session, origin, now - timedelta(hours=1)) >= MAX_CONVERSATIONS_PER_HOUR:
        raise RateLimited(retry_after_s=RETRY_AFTER_LIMIT_S)


async def begin_empty_conversation(runtime: Runtime, message: IncomingMessage, token: str) -> None:
    """Store a new conversation without any turn: its first message is answered, but not kept.

    Raises RateLimited for too many conversations.
    """
    now = runtime.now()
    async with runtime.read_session() as session:
        await _check_conversation_limit(session, runtime, message, now)
    conversation = replace(_new_conversation(message, token, now), expires_at=now + CONVERSATION_LIFETIME)
    async with runtime.transaction() as tx:
        await tx.schedule_timer(EXPIRY_TIMER, subject=conversation.id, due_at=conversation.expires_at)
        await insert_conversation(tx.session, conversation, _signed_address(runtime, message), now)


async def delete_conversation(runtime: Runtime, token: str) -> None:
    """Delete the conversation of a token with its transcript. Idempotent."""
    async with runtime.transaction() as tx:
        await delete_conversation_by_token_hash(tx.session, hash_token(token))


def _new_conversation(message: IncomingMessage, token: str, now: datetime) -> StoredConversation:
    greeting = opening_reply(message.language, message.translate(message.language), now)
    state = with_offered_choices(ConversationState(language=message.language), (greeting,))
    return StoredConversation(new_id(), hash_token(token), state_to_json(state), (), 0, None, now)


def _signed_address(runtime: Runtime, message: IncomingMessage) -> str:
    """Sign the address, so that it can be counted but not read from the table."""
    return runtime.tokens.sign("chat-origin", message.address)


# Save


async def save_turn(
    runtime: Runtime,
    conversation: StoredConversation,
    message: IncomingMessage,
    state: ConversationState,
    entry: TranscriptEntry,
    is_private: bool,
    translations: Mapping[str, Sequence[RenderedReply]],
) -> None:
    """Store the turn and set the expiry timer.

    `translations`: the replies in the other languages.

    Raises WriteConflict if another message was saved first.
    """
    sent = "" if is_private else message.text.strip()
    turn = {
        "sent": sent,
        "private": is_private,
        **asdict(entry),
        PAGE_LANGUAGE: message.page_language,
        TRANSLATED: to_stored_translations(translations),
    }
    # earlier questions are not asked again, so that they are kept in a single language
    turns: list[Mapping[str, Any]] = [*(_without_translations(turn) for turn in conversation.turns), turn]
    if state.done:
        replacement = message.translate(state.language)(texts.DETAILS_REMOVED)
        turns = [_redact_turn(turn, replacement) for turn in turns]
    async with runtime.transaction() as tx:
        changed = replace(
            conversation,
            state=state_to_json(state),
            turns=[dict(turn) for turn in turns],
            request_key=message.key,
            expires_at=tx.now + CONVERSATION_LIFETIME,
        )
        await tx.schedule_timer(EXPIRY_TIMER, subject=conversation.id, due_at=changed.expires_at)
        if conversation.version == 0:
            await insert_conversation(tx.session, changed, _signed_address(runtime, message), tx.now)
        else:
            await update_conversation(tx.session, changed)


def _without_translations(turn: Mapping[str, Any]) -> Mapping[str, Any]:
    return {name: value for name, value in turn.items() if name != TRANSLATED}


def _redact_turn(turn: Mapping[str, Any], replacement: str) -> Mapping[str, Any]:
    """Replace personal data in a turn: the appointment keeps them, the conversation does not."""
    said = replacement if turn["private"] else turn["said"]
    translated = {
        language: _redact_replies(replies, replacement) for language, replies in turn.get(TRANSLATED, {}).items()
    }
    replies = _redact_replies(turn["replies"], replacement)
    return {**turn, "said": said, "private": False, "replies": replies, TRANSLATED: translated}


def _redact_replies(replies: Sequence[Mapping[str, Any]], replacement: str) -> list[Mapping[str, Any]]:
    hidden = {"text": replacement, "private": False, "table": None}
    return [{**reply, "form": (), **(hidden if reply["private"] else {})} for reply in replies]


# Show


async def load_transcript(
    runtime: Runtime, token: str | None, page_language: str, translate: GettextFunction
) -> list[TranscriptEntry]:
    """Load the messages of a conversation; an empty list if it is unknown or expired.

    After a switch of the page's language, the last question is asked again in it. Nothing is stored.
    """
    if token is None:
        return []
    async with runtime.read_session() as session:
        conversation = await conversation_by_token_hash(session, hash_token(token), runtime.now())
    if conversation is None:
        return []
    entries = [to_transcript_entry(turn) for turn in conversation.turns]
    repeated = _question_in_other_language(conversation, page_language)
    if repeated is not None:
        entries.append(replace(repeated, replies=(switch_notice(translate), *repeated.replies)))
    return [await with_appointment_links(runtime, entry) for entry in entries]


def _question_in_other_language(
    conversation: StoredConversation, page_language: str | None
) -> TranscriptEntry | None:
    """Return the last replies in the language of the page, None unless that was switched."""
    if page_language is None or not is_language_switched(conversation, page_language):
        return None
    replies = translated_replies(conversation, page_language)
    return TranscriptEntry("", page_language, replies) if replies else None


async def load_last_entry(
    runtime: Runtime, conversation: StoredConversation, page_language: str | None
) -> TranscriptEntry | None:
    """Load the last turn in the language of the page; None before the first."""
    if not conversation.turns:
        return None
    repeated = _question_in_other_language(conversation, page_language)
    return await with_appointment_links(runtime, repeated or to_transcript_entry(conversation.turns[-1]))


def to_transcript_entry(turn: Mapping[str, Any]) -> TranscriptEntry:
    """Read a stored turn."""
    return TranscriptEntry(turn["said"], turn["language"], tuple(read_reply(reply) for reply in turn["replies"]))


async def with_appointment_links(runtime: Runtime, entry: TranscriptEntry) -> TranscriptEntry:
    """Put the appointments' tokens into the links: a stored conversation has only their ids."""
    replies = [replace(reply, link=await _appointment_link(runtime, reply.link)) for reply in entry.replies]
    return replace(entry, replies=tuple(replies))


async def _appointment_link(runtime: Runtime, link: str | None) -> str | None:
    if link is None or not link.startswith(APPOINTMENT_LINK_PREFIX):
        return link
    async with runtime.read_session() as session:
        appointment = await appointment_by_id(session, link.removeprefix(APPOINTMENT_LINK_PREFIX))
    return f"{runtime.public_url}/a/{appointment_token(runtime, appointment)}"
