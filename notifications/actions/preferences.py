"""Message preferences of a contact.

A contact stops and restarts each group of kinds through the link in its messages.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession

from ...core.errors import NotFound
from ...core.runtime import Runtime, Transaction
from ...core.tokens import TokenSigner
from ..domain.channel_declaration import MessageGroup
from ..domain.contact_tokens import channel_of_token, hash_contact_token, possible_contact_hashes
from ..domain.message_kinds import EMAIL, KINDS
from ..storage import opt_out_rows

STAFF_GROUPS = frozenset({MessageGroup.FIGURES})


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


async def contact_preferences(runtime: Runtime, token: str, asked: str | None = None) -> ContactPreferences:
    """Load the preferences of a token's contact. Raises NotFound for an invalid token.

    Groups for staff are left out, unless the contact asked for the group or stopped it: most contacts are
    citizens.
    """
    # the token is the only authorisation: a mail program must be able to stop messages without a login (RFC 8058)
    channel = channel_of_token(runtime.tokens, token)
    if channel is None:
        raise NotFound
    async with runtime.read_session() as session:
        stopped = await opt_out_rows.opted_out_groups(session, [hash_contact_token(token)])
    groups = [
        group
        for group in stoppable_groups(channel)
        if group not in STAFF_GROUPS or group == asked or group in stopped
    ]
    return ContactPreferences(channel, tuple(GroupPreference(group, group in stopped) for group in groups))


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


async def stop_all_groups(runtime: Runtime, channel: str, contact: str) -> None:
    """Stop all groups for a contact that says so in the channel itself. Idempotent."""
    contact_hash = possible_contact_hashes(runtime.tokens, channel, contact)[0]
    async with runtime.transaction() as tx:
        for group in stoppable_groups(channel):
            await opt_out_rows.insert_opt_out(tx.session, contact_hash, group, tx.now)


async def restart_all_groups(tx: Transaction, channel: str, contact: str) -> None:
    """Restart all groups for a contact that asks for them in the channel. Idempotent."""
    # by each secret key: the refusal may have been stored under a key that is no longer the first
    for contact_hash in possible_contact_hashes(tx.runtime.tokens, channel, contact):
        for group in stoppable_groups(channel):
            await opt_out_rows.delete_opt_out(tx.session, contact_hash, group)


async def is_group_stopped(session: AsyncSession, tokens: TokenSigner, email: str, group: MessageGroup) -> bool:
    """Tell whether an e-mail address has stopped a group."""
    hashes = possible_contact_hashes(tokens, EMAIL, email)
    return group in await opt_out_rows.opted_out_groups(session, hashes)


async def restart_group(session: AsyncSession, tokens: TokenSigner, email: str, group: MessageGroup) -> None:
    """Restart a group for an e-mail address whose owner asked for it. Idempotent."""
    for contact_hash in possible_contact_hashes(tokens, EMAIL, email):
        await opt_out_rows.delete_opt_out(session, contact_hash, group)
