"""Message preferences of one contact.

A contact stops and restarts each group of kinds through the link in its messages.
"""

from __future__ import annotations

from dataclasses import dataclass

from ...core.errors import NotFound
from ...core.runtime import Runtime
from ..domain.contact_tokens import channel_of_token, hash_contact_token
from ..domain.message_kinds import EMAIL, KINDS, MessageGroup
from ..storage import opt_out_rows


@dataclass(frozen=True, slots=True)
class GroupPreference:
    """A group of kinds, and whether the contact stopped it."""

    group: MessageGroup
    stopped: bool


@dataclass(frozen=True, slots=True)
class ContactPreferences:
    """The channel of a contact and the groups that it can stop there."""

    channel: str
    groups: tuple[GroupPreference, ...]

    @property
    def is_email(self) -> bool:
        return self.channel == EMAIL


async def contact_preferences(runtime: Runtime, token: str) -> ContactPreferences:
    """Load the preferences of a token's contact. Raises NotFound for an invalid token."""
    channel = channel_of_token(runtime.tokens, token)
    if channel is None:
        raise NotFound
    async with runtime.read_session() as session:
        stopped = await opt_out_rows.opted_out_groups(session, [hash_contact_token(token)])
    return ContactPreferences(
        channel, tuple(GroupPreference(group, group in stopped) for group in stoppable_groups(channel))
    )


def stoppable_groups(channel: str) -> list[MessageGroup]:
    """Return the groups that can be stopped in a channel, in display order."""
    groups = {kind.group for kind in KINDS.values() if kind.can_be_stopped and channel in kind.channels}
    return [group for group in MessageGroup if group in groups]


async def set_group_preference(runtime: Runtime, token: str, group: str, *, stop: bool) -> None:
    """Stop or restart a group. Idempotent. Raises NotFound for an invalid token or group."""
    channel = channel_of_token(runtime.tokens, token)
    if channel is None or group not in stoppable_groups(channel):
        raise NotFound
    async with runtime.transaction() as tx:
        if stop:
            await opt_out_rows.insert_opt_out(tx.session, hash_contact_token(token), group, tx.now)
        else:
            await opt_out_rows.delete_opt_out(tx.session, hash_contact_token(token), group)
