"""The door to the assistant: one message in, its answer out, and the conversation kept between the two."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from ...appointments.service import HORIZON_DAYS, INSIDE, Asker, appointment_by_id, token_of
from ...core.db.timers import TimerHandler
from ...core.errors import Conflict, Gone, RateLimited
from ...core.ids import new_id
from ...core.runtime import Runtime, Transaction
from ...core.tokens import hash_token, random_token
from ...offices.service import all_offices
from ..dialogue import texts
from ..dialogue.answers import greeting
from ..dialogue.buttons import pressed
from ..dialogue.context import World
from ..dialogue.dialogue import hear
from ..dialogue.effects import Talk, Turn, done
from ..dialogue.rendering import Pick, Spoken, Translate, Voice
from ..dialogue.state import Offered, State, from_json, to_json
from ..language.understanding import Said, understand
from ..queries.catalogue_loader import catalogue_of
from ..storage import conversation_rows
from ..storage.conversation_rows import Conversation
from .effect_handlers import VISIT, Errands

__all__ = ["TIMERS", "Entry", "Heard", "Message", "Pick", "Spoken", "beginning", "history", "say"]

logger = logging.getLogger(__name__)

KEPT = timedelta(hours=2)  # after the last message: somebody who looks for their papers comes back within it
SESSIONS_PER_HOUR = 60  # of one address, which may be an office's Wi-Fi
TURNS = 120  # messages of one conversation; a booking takes about ten
ATTEMPTS = 4  # of messages sent side by side, each is heard after another one
OVER = "chat_over"  # the timer that deletes a conversation
ASKED_OF_PERSON = frozenset({"name", "email", "phone", "locator", "contact"})


@dataclass(frozen=True, slots=True)
class Message:
    """What somebody sent. `key`: the same again is the same message.

    `translate(language)`: a gettext. `explain(language, code)`: what an error code says.

    `address`: by which guesses and conversations are counted. `asker`: by which bookings are.
    """

    text: str
    language: str
    address: str
    translate: Callable[[str], Translate]
    explain: Callable[[str, str], str]
    help_phone: str
    session: str | None = None
    key: str | None = None
    asker: Asker = INSIDE


@dataclass(frozen=True, slots=True)
class Entry:
    """One message and its answer, as they were."""

    said: str
    language: str
    replies: tuple[Spoken, ...]


@dataclass(frozen=True, slots=True)
class Heard:
    """The answer to a message. `session`: the conversation's token, to be sent with the next one."""

    session: str
    entry: Entry
    done: bool


async def say(runtime: Runtime, message: Message) -> Heard:
    """Answer a message, in a conversation that it begins or goes on with.

    Raises Gone("chat_over"), RateLimited, Conflict("in_progress").
    """
    token = message.session or random_token()
    for _ in range(ATTEMPTS):
        conversation = await _conversation(runtime, message, token)
        repeated = _repeated(conversation, message)
        if repeated is not None:
            return Heard(token, await _with_links(runtime, repeated), _is_done(conversation))
        state, entry, private = await _answer(runtime, conversation, message)
        if await _keep(runtime, conversation, message, state, entry, private):
            return Heard(token, await _with_links(runtime, entry), state.done)
    raise Conflict("in_progress")


async def history(runtime: Runtime, token: str | None) -> list[Entry]:
    """What was said so far, for a page that is loaded again; nothing when the conversation is over."""
    if token is None:
        return []
    async with runtime.reading() as session:
        found = await conversation_rows.by_token_hash(session, hash_token(token), runtime.now())
    return [await _with_links(runtime, _entry(one)) for one in found.turns] if found else []


def beginning(language: str, translate: Translate, now: datetime) -> Spoken:
    """What the assistant says before anybody has said anything."""
    return Voice(language, translate, now).reply(greeting())


# One turn


async def _answer(runtime: Runtime, conversation: Conversation, message: Message) -> tuple[State, Entry, bool]:
    """The new state, what was said and answered, and whether it tells of a person."""
    state = from_json(conversation.state)
    world = await _world(runtime, message)
    said = understand(message.text, state.language, world.catalogue, world.local_day(state.office), _asked(state))
    if pressed(state, said) is not None:  # what a choice sends is in no language
        said = replace(said, language=state.language)
    errands = Errands(
        runtime,
        conversation.id,
        conversation.version,
        said.language,
        message.address,
        message.asker,
        message.explain,
    )
    turn = await _driven(hear(state, said, world), errands)
    voice = Voice(turn.state.language, message.translate(turn.state.language), runtime.now())
    replies = tuple(voice.reply(reply) for reply in turn.replies)
    entry = Entry(_shown(conversation, state, said, message), turn.state.language, replies)
    return _with_offered(turn.state, replies), entry, _is_private(state, said)


def _asked(state: State) -> str | None:
    return None if state.asked == "task" or state.done else state.asked


async def _driven(talk: Talk, errands: Errands) -> Turn:
    """Let the dialogue run, and do for it what it asks for."""
    answer: Any = None
    while True:
        try:
            need = talk.send(answer)
        except StopIteration as end:
            turn: Turn = end.value
            return turn
        answer = await done(need, errands)


async def _world(runtime: Runtime, message: Message) -> World:
    now = runtime.now()
    async with runtime.reading() as session:
        catalogue = catalogue_of(await all_offices(session), now)
    zone = next((place.timezone for place in catalogue.places), None)
    horizon = now.astimezone(zone).date() + timedelta(days=HORIZON_DAYS)
    return World(catalogue, now, horizon, message.help_phone)


def _shown(conversation: Conversation, state: State, said: Said, message: Message) -> str:
    """What the conversation shows as said: the words of a choice, not what it sends.

    A page that is older than another one of the same conversation may send what was offered before.
    """
    if pressed(state, said) is None:
        return said.text
    before = [pick for turn in reversed(conversation.turns) for one in turn["replies"] for pick in one["picks"]]
    first = beginning(state.language, message.translate(state.language), conversation.expires_at)
    labels = [(one.value, one.label) for one in state.offered]
    labels += [(one["value"], one["label"]) for one in before]
    labels += [(one.value, one.label) for one in first.picks]
    return next((label for value, label in labels if value == said.text.strip()), said.text)


def _with_offered(state: State, replies: Sequence[Spoken]) -> State:
    picks = [pick for reply in replies for pick in reply.picks]
    labels = (Offered(f"{one.label}, {one.detail}" if one.detail else one.label, one.value) for one in picks)
    return replace(state, offered=tuple(labels))


def _is_private(state: State, said: Said) -> bool:
    told = bool(said.facts & ASKED_OF_PERSON)
    return told or (state.asked in ASKED_OF_PERSON and pressed(state, said) is None)


# Keeping it


async def _conversation(runtime: Runtime, message: Message, token: str) -> Conversation:
    now = runtime.now()
    async with runtime.reading() as session:
        found = await conversation_rows.by_token_hash(session, hash_token(token), now)
        if found is None and message.session is not None:
            raise Gone("chat_over")
        if found is None:
            await _check_origin(session, runtime, message, now)
    if found is not None and found.version >= TURNS:
        raise RateLimited("chat_too_long", retry_after_s=int(KEPT.total_seconds()))
    first = beginning(message.language, message.translate(message.language), now)
    fresh = to_json(_with_offered(State(language=message.language), (first,)))
    return found or Conversation(new_id(), hash_token(token), fresh, (), 0, None, now)


async def _check_origin(session: Any, runtime: Runtime, message: Message, now: datetime) -> None:
    if message.asker.limits is None:  # a program, or staff
        return
    begun = await conversation_rows.begun_since(session, _origin(runtime, message), now - timedelta(hours=1))
    if begun >= SESSIONS_PER_HOUR:
        raise RateLimited(retry_after_s=600)


def _origin(runtime: Runtime, message: Message) -> str:
    """The address as it is counted by: nobody who reads the table learns it."""
    return runtime.tokens.sign("chat-origin", message.address)


def _repeated(conversation: Conversation, message: Message) -> Entry | None:
    """The answer that this very message got: sent twice by a double tap, or again after a lost network."""
    if not conversation.turns:
        return None
    last = conversation.turns[-1]
    same_key = message.key is not None and message.key == conversation.request_key
    same_end = _is_done(conversation) and last["sent"] == message.text.strip() != ""
    return _entry(last) if same_key or same_end else None


def _is_done(conversation: Conversation) -> bool:
    return bool(conversation.state.get("done"))


async def _keep(
    runtime: Runtime, conversation: Conversation, message: Message, state: State, entry: Entry, private: bool
) -> bool:
    """Write the turn; False when another message was heard meanwhile, so that this one is heard after it."""
    turn = {"sent": "" if private else message.text.strip(), "private": private, **asdict(entry)}
    turns: list[Mapping[str, Any]] = [*conversation.turns, turn]
    if state.done:
        turns = [_forgotten(one, message.translate(state.language)(texts.FORGOTTEN)) for one in turns]
    async with runtime.transaction() as tx:
        changed = replace(
            conversation,
            state=to_json(state),
            turns=[dict(one) for one in turns],
            request_key=message.key,
            expires_at=tx.now + KEPT,
        )
        await tx.schedule(OVER, subject=conversation.id, due_at=changed.expires_at)
        if conversation.version == 0:
            await conversation_rows.insert(tx.session, changed, _origin(runtime, message), tx.now)
            return True
        return await conversation_rows.advance(tx.session, changed)


def _forgotten(turn: Mapping[str, Any], instead: str) -> Mapping[str, Any]:
    """A turn without what it tells of a person: an appointment keeps that now, or nobody."""
    replies = [{**one, "text": instead, "private": False} if one["private"] else one for one in turn["replies"]]
    said = instead if turn["private"] else turn["said"]
    return {**turn, "said": said, "private": False, "replies": replies}


def _entry(turn: Mapping[str, Any]) -> Entry:
    replies = tuple(
        Spoken(**{**one, "picks": tuple(Pick(**pick) for pick in one["picks"])}) for one in turn["replies"]
    )
    return Entry(turn["said"], turn["language"], replies)


async def _with_links(runtime: Runtime, entry: Entry) -> Entry:
    """With the appointments' tokens in their links, derived again."""
    replies = [replace(one, link=await _page_of(runtime, one.link)) for one in entry.replies]
    return replace(entry, replies=tuple(replies))


async def _page_of(runtime: Runtime, link: str | None) -> str | None:
    if link is None or not link.startswith(VISIT):
        return link
    async with runtime.reading() as session:
        mine = await appointment_by_id(session, link.removeprefix(VISIT))
    return f"{runtime.public_url}/a/{token_of(runtime, mine)}"


async def _forget(tx: Transaction, conversation_id: str) -> None:
    """A conversation is over two hours after its last message; one that went on is looked at again then."""
    if not await conversation_rows.forget(tx.session, conversation_id, tx.now):
        ends = await conversation_rows.expiry_of(tx.session, conversation_id)
        assert ends is not None
        await tx.schedule(OVER, subject=conversation_id, due_at=ends)


TIMERS: Mapping[str, TimerHandler] = {OVER: _forget}
