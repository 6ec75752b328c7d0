"""What a contact wants to be told of: a group of kinds can be stopped, and asked for again, by whoever holds the
link that every letter of it carries."""

from __future__ import annotations

from dataclasses import dataclass

from ...core.errors import NotFound
from ...core.runtime import Runtime
from ..domain.contact_tokens import channel_of_token, hash_contact_token
from ..domain.message_kinds import EMAIL, KINDS, MessageGroup
from ..storage import outbox_rows


@dataclass(frozen=True, slots=True)
class GroupPreference:
    """A group of kinds, and whether this contact has stopped it."""

    group: MessageGroup
    stopped: bool


@dataclass(frozen=True, slots=True)
class ContactPreferences:
    """What can be chosen at one contact's link. `channel`: the way that it is about."""

    channel: str
    groups: tuple[GroupPreference, ...]

    @property
    def is_email(self) -> bool:
        return self.channel == EMAIL


async def contact_preferences(runtime: Runtime, token: str) -> ContactPreferences:
    """Raises NotFound for a token that we did not make."""
    channel = channel_of_token(runtime.tokens, token)
    if channel is None:
        raise NotFound
    async with runtime.read_session() as session:
        stopped = await outbox_rows.opted_out_groups(session, [hash_contact_token(token)])
    return ContactPreferences(
        channel, tuple(GroupPreference(group, group in stopped) for group in stoppable_groups(channel))
    )


def stoppable_groups(channel: str) -> list[MessageGroup]:
    """The groups that can be stopped on this way, in the order in which they are shown."""
    some = {kind.group for kind in KINDS.values() if kind.can_be_stopped and channel in kind.channels}
    return [group for group in MessageGroup if group in some]


async def set_group_preference(runtime: Runtime, token: str, group: str, *, stop: bool) -> None:
    """Stop a group, or ask for it again; twice is once. Raises NotFound."""
    channel = channel_of_token(runtime.tokens, token)
    if channel is None or group not in stoppable_groups(channel):
        raise NotFound
    async with runtime.transaction() as tx:
        if stop:
            await outbox_rows.insert_opt_out(tx.session, hash_contact_token(token), group, tx.now)
        else:
            await outbox_rows.delete_opt_out(tx.session, hash_contact_token(token), group)
