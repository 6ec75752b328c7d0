"""The door to the assistant: one message in, its answer out, and the conversation kept between the two."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from ...appointments.service import (
    HORIZON_DAYS,
    UNLIMITED_REQUESTER,
    Requester,
    appointment_by_id,
    appointment_token,
)
from ...core.db.timers import TimerHandler
from ...core.db.write_conflicts import WriteConflict, retry_on_conflict
from ...core.errors import Conflict, Gone, RateLimited
from ...core.i18n.catalogues import GettextFunction
from ...core.ids import new_id
from ...core.runtime import Runtime, Transaction
from ...core.tokens import hash_token, random_token
from ...offices.service import all_offices
from ..dialogue import texts
from ..dialogue.answers import greeting_reply
from ..dialogue.buttons import pressed_choice
from ..dialogue.context import DialogueContext
from ..dialogue.dialogue import run_turn
from ..dialogue.effects import DialogueTurn, TurnGenerator, handle_effect
from ..dialogue.rendering import RenderedChoice, RenderedReply, ReplyRenderer
from ..dialogue.state import ConversationState, OfferedChoice, state_from_json, state_to_json
from ..language.understanding import Understanding, understand_message
from ..queries.catalogue_loader import build_catalogue
from ..storage import conversation_rows
from ..storage.conversation_rows import StoredConversation
from .effect_handlers import APPOINTMENT_LINK_PREFIX, RuntimeEffectHandlers

__all__ = [
    "TIMERS",
    "ChatAnswer",
    "IncomingMessage",
    "RenderedChoice",
    "RenderedReply",
    "TranscriptEntry",
    "answer_message",
    "load_transcript",
    "opening_reply",
]

logger = logging.getLogger(__name__)

CONVERSATION_LIFETIME = timedelta(
    hours=2
)  # after the last message: somebody who looks for their papers comes back within it
MAX_CONVERSATIONS_PER_HOUR = 60  # of one address, which may be an office's Wi-Fi
MAX_TURNS = 120  # messages of one conversation; a booking takes about ten
MAX_SAVE_ATTEMPTS = 4  # of messages sent side by side, each is heard after another one
EXPIRY_TIMER = "chat_over"  # the timer that deletes a conversation
PERSONAL_QUESTIONS = frozenset({"name", "email", "phone", "locator", "contact"})


@dataclass(frozen=True, slots=True)
class IncomingMessage:
    """What somebody sent. `key`: the same again is the same message.

    `translate(language)`: a gettext. `explain(language, code)`: what an error code says.

    `address`: by which guesses and conversations are counted. `asker`: by which bookings are.
    """

    text: str
    language: str
    address: str
    translate: Callable[[str], GettextFunction]
    error_text: Callable[[str, str], str]
    help_phone: str
    session: str | None = None
    key: str | None = None
    requester: Requester = UNLIMITED_REQUESTER


@dataclass(frozen=True, slots=True)
class TranscriptEntry:
    """One message and its answer, as they were."""

    said: str
    language: str
    replies: tuple[RenderedReply, ...]


@dataclass(frozen=True, slots=True)
class ChatAnswer:
    """The answer to a message. `session`: the conversation's token, to be sent with the next one."""

    session: str
    entry: TranscriptEntry
    done: bool


async def answer_message(runtime: Runtime, message: IncomingMessage) -> ChatAnswer:
    """Answer a message, in a conversation that it begins or goes on with.

    Raises Gone("chat_over"), RateLimited, Conflict("in_progress").
    """
    token = message.session or random_token()

    async def answer_once() -> ChatAnswer:
        conversation = await _load_or_begin_conversation(runtime, message, token)
        repeated = _find_repeated_answer(conversation, message)
        if repeated is not None:
            return ChatAnswer(token, await _with_appointment_links(runtime, repeated), _is_done(conversation))
        state, entry, private = await _take_turn(runtime, conversation, message)
        await _save_turn(runtime, conversation, message, state, entry, private)
        return ChatAnswer(token, await _with_appointment_links(runtime, entry), state.done)

    try:
        return await retry_on_conflict(answer_once, MAX_SAVE_ATTEMPTS)
    except WriteConflict:
        raise Conflict("in_progress") from None


async def load_transcript(runtime: Runtime, token: str | None) -> list[TranscriptEntry]:
    """What was said so far, for a page that is loaded again; nothing when the conversation is over."""
    if token is None:
        return []
    async with runtime.read_session() as session:
        found = await conversation_rows.conversation_by_token_hash(session, hash_token(token), runtime.now())
    return (
        [await _with_appointment_links(runtime, _to_transcript_entry(one)) for one in found.turns] if found else []
    )


def opening_reply(language: str, translate: GettextFunction, now: datetime) -> RenderedReply:
    """What the assistant says before anybody has said anything."""
    return ReplyRenderer(language, translate, now).render_reply(greeting_reply())


# One turn


async def _take_turn(
    runtime: Runtime, conversation: StoredConversation, message: IncomingMessage
) -> tuple[ConversationState, TranscriptEntry, bool]:
    """The new state, what was said and answered, and whether it tells of a person."""
    state = state_from_json(conversation.state)
    world = await _load_context(runtime, message)
    said = understand_message(
        message.text, state.language, world.catalogue, world.local_day(state.office), _open_question(state)
    )
    if pressed_choice(state, said) is not None:  # what a choice sends is in no language
        said = replace(said, language=state.language)
    errands = RuntimeEffectHandlers(
        runtime,
        conversation.id,
        conversation.version,
        said.language,
        message.address,
        message.requester,
        message.error_text,
    )
    turn = await _run_dialogue(run_turn(state, said, world), errands)
    voice = ReplyRenderer(turn.state.language, message.translate(turn.state.language), runtime.now())
    replies = tuple(voice.render_reply(reply) for reply in turn.replies)
    entry = TranscriptEntry(_displayed_text(conversation, state, said, message), turn.state.language, replies)
    return _with_offered_choices(turn.state, replies), entry, _is_private(state, said)


def _open_question(state: ConversationState) -> str | None:
    return None if state.asked == "task" or state.done else state.asked


async def _run_dialogue(steps: TurnGenerator, handlers: RuntimeEffectHandlers) -> DialogueTurn:
    """Let the dialogue run, and do for it what it asks for."""
    answer: Any = None
    while True:
        try:
            need = steps.send(answer)
        except StopIteration as end:
            turn: DialogueTurn = end.value
            return turn
        answer = await handle_effect(need, handlers)


async def _load_context(runtime: Runtime, message: IncomingMessage) -> DialogueContext:
    now = runtime.now()
    async with runtime.read_session() as session:
        catalogue = build_catalogue(await all_offices(session), now)
    zone = next((place.timezone for place in catalogue.offices), None)
    horizon = now.astimezone(zone).date() + timedelta(days=HORIZON_DAYS)
    return DialogueContext(catalogue, now, horizon, message.help_phone)


def _displayed_text(
    conversation: StoredConversation, state: ConversationState, said: Understanding, message: IncomingMessage
) -> str:
    """What the conversation shows as said: the words of a choice, not what it sends.

    A page that is older than another one of the same conversation may send what was offered before.
    """
    if pressed_choice(state, said) is None:
        return said.text
    before = [pick for turn in reversed(conversation.turns) for one in turn["replies"] for pick in one["picks"]]
    first = opening_reply(state.language, message.translate(state.language), conversation.expires_at)
    labels = [(one.value, one.label) for one in state.offered]
    labels += [(one["value"], one["label"]) for one in before]
    labels += [(one.value, one.label) for one in first.picks]
    return next((label for value, label in labels if value == said.text.strip()), said.text)


def _with_offered_choices(state: ConversationState, replies: Sequence[RenderedReply]) -> ConversationState:
    picks = [pick for reply in replies for pick in reply.picks]
    labels = (OfferedChoice(f"{one.label}, {one.detail}" if one.detail else one.label, one.value) for one in picks)
    return replace(state, offered=tuple(labels))


def _is_private(state: ConversationState, said: Understanding) -> bool:
    told = bool(said.facts & PERSONAL_QUESTIONS)
    return told or (state.asked in PERSONAL_QUESTIONS and pressed_choice(state, said) is None)


# Keeping it


async def _load_or_begin_conversation(
    runtime: Runtime, message: IncomingMessage, token: str
) -> StoredConversation:
    now = runtime.now()
    async with runtime.read_session() as session:
        found = await conversation_rows.conversation_by_token_hash(session, hash_token(token), now)
        if found is None and message.session is not None:
            raise Gone("chat_over")
        if found is None:
            await _check_conversation_limit(session, runtime, message, now)
    if found is not None and found.version >= MAX_TURNS:
        raise RateLimited("chat_too_long", retry_after_s=int(CONVERSATION_LIFETIME.total_seconds()))
    first = opening_reply(message.language, message.translate(message.language), now)
    fresh = state_to_json(_with_offered_choices(ConversationState(language=message.language), (first,)))
    return found or StoredConversation(new_id(), hash_token(token), fresh, (), 0, None, now)


async def _check_conversation_limit(
    session: Any, runtime: Runtime, message: IncomingMessage, now: datetime
) -> None:
    if message.requester.limits is None:  # a program, or staff
        return
    begun = await conversation_rows.count_conversations_since(
        session, _signed_address(runtime, message), now - timedelta(hours=1)
    )
    if begun >= MAX_CONVERSATIONS_PER_HOUR:
        raise RateLimited(retry_after_s=600)


def _signed_address(runtime: Runtime, message: IncomingMessage) -> str:
    """The address as it is counted by: nobody who reads the table learns it."""
    return runtime.tokens.sign("chat-origin", message.address)


def _find_repeated_answer(conversation: StoredConversation, message: IncomingMessage) -> TranscriptEntry | None:
    """The answer that this very message got: sent twice by a double tap, or again after a lost network."""
    if not conversation.turns:
        return None
    last = conversation.turns[-1]
    same_key = message.key is not None and message.key == conversation.request_key
    same_end = _is_done(conversation) and last["sent"] == message.text.strip() != ""
    return _to_transcript_entry(last) if same_key or same_end else None


def _is_done(conversation: StoredConversation) -> bool:
    return bool(conversation.state.get("done"))


async def _save_turn(
    runtime: Runtime,
    conversation: StoredConversation,
    message: IncomingMessage,
    state: ConversationState,
    entry: TranscriptEntry,
    private: bool,
) -> None:
    """Save the turn. Raises WriteConflict when another message of the conversation was saved first."""
    turn = {"sent": "" if private else message.text.strip(), "private": private, **asdict(entry)}
    turns: list[Mapping[str, Any]] = [*conversation.turns, turn]
    if state.done:
        turns = [_redact_turn(one, message.translate(state.language)(texts.DETAILS_REMOVED)) for one in turns]
    async with runtime.transaction() as tx:
        changed = replace(
            conversation,
            state=state_to_json(state),
            turns=[dict(one) for one in turns],
            request_key=message.key,
            expires_at=tx.now + CONVERSATION_LIFETIME,
        )
        await tx.schedule_timer(EXPIRY_TIMER, subject=conversation.id, due_at=changed.expires_at)
        if conversation.version == 0:
            await conversation_rows.insert_conversation(
                tx.session, changed, _signed_address(runtime, message), tx.now
            )
        else:
            await conversation_rows.update_conversation(tx.session, changed)


def _redact_turn(turn: Mapping[str, Any], replacement: str) -> Mapping[str, Any]:
    """A turn without what it tells of a person: an appointment keeps that now, or nobody."""
    replies = [
        {**one, "text": replacement, "private": False} if one["private"] else one for one in turn["replies"]
    ]
    said = replacement if turn["private"] else turn["said"]
    return {**turn, "said": said, "private": False, "replies": replies}


def _to_transcript_entry(turn: Mapping[str, Any]) -> TranscriptEntry:
    replies = tuple(
        RenderedReply(**{**one, "picks": tuple(RenderedChoice(**pick) for pick in one["picks"])})
        for one in turn["replies"]
    )
    return TranscriptEntry(turn["said"], turn["language"], replies)


async def _with_appointment_links(runtime: Runtime, entry: TranscriptEntry) -> TranscriptEntry:
    """With the appointments' tokens in their links, derived again."""
    replies = [replace(one, link=await _appointment_link(runtime, one.link)) for one in entry.replies]
    return replace(entry, replies=tuple(replies))


async def _appointment_link(runtime: Runtime, link: str | None) -> str | None:
    if link is None or not link.startswith(APPOINTMENT_LINK_PREFIX):
        return link
    async with runtime.read_session() as session:
        mine = await appointment_by_id(session, link.removeprefix(APPOINTMENT_LINK_PREFIX))
    return f"{runtime.public_url}/a/{appointment_token(runtime, mine)}"


async def _expire_conversation(tx: Transaction, conversation_id: str) -> None:
    """A conversation is over two hours after its last message; one that went on is looked at again then."""
    if not await conversation_rows.delete_expired_conversation(tx.session, conversation_id, tx.now):
        ends = await conversation_rows.conversation_expiry(tx.session, conversation_id)
        assert ends is not None
        await tx.schedule_timer(EXPIRY_TIMER, subject=conversation_id, due_at=ends)


TIMERS: Mapping[str, TimerHandler] = {EXPIRY_TIMER: _expire_conversation}
