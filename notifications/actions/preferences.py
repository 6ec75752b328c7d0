"""What a contact wants to be told of: a group of kinds can be stopped, and asked for again, by whoever holds the
link that every letter of it carries."""

from __future__ import annotations

from dataclasses import dataclass

from ...core.errors import NotFound
from ...core.runtime import Runtime
from ..domain.contact_tokens import hash_of, way_of
from ..domain.message_kinds import EMAIL, KINDS, Group
from ..storage import outbox_rows


@dataclass(frozen=True, slots=True)
class Choice:
    """A group of kinds, and whether this contact has stopped it."""

    group: Group
    stopped: bool


@dataclass(frozen=True, slots=True)
class Choices:
    """What can be chosen at one contact's link. `channel`: the way that it is about."""

    channel: str
    choices: tuple[Choice, ...]

    @property
    def by_email(self) -> bool:
        return self.channel == EMAIL


async def choices_of(runtime: Runtime, token: str) -> Choices:
    """Raises NotFound for a token that we did not make."""
    channel = way_of(runtime.tokens, token)
    if channel is None:
        raise NotFound
    async with runtime.reading() as session:
        stopped = await outbox_rows.refused(session, [hash_of(token)])
    return Choices(channel, tuple(Choice(group, group in stopped) for group in groups_of(channel)))


def groups_of(channel: str) -> list[Group]:
    """The groups that can be stopped on this way, in the order in which they are shown."""
    some = {kind.group for kind in KINDS.values() if kind.can_be_stopped and channel in kind.channels}
    return [group for group in Group if group in some]


async def choose(runtime: Runtime, token: str, group: str, *, stop: bool) -> None:
    """Stop a group, or ask for it again; twice is once. Raises NotFound."""
    channel = way_of(runtime.tokens, token)
    if channel is None or group not in groups_of(channel):
        raise NotFound
    async with runtime.transaction() as tx:
        if stop:
            await outbox_rows.refuse(tx.session, hash_of(token), group, tx.now)
        else:
            await outbox_rows.forget_refusal(tx.session, hash_of(token), group)
