"""SQL statements for conversations. No other module of the chatbot runs SQL."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from ...core.db.write_conflicts import WriteConflict
from .tables import ChatSessionRow


@dataclass(frozen=True, slots=True)
class StoredConversation:
    """A conversation's row as a value. `version` 0: it is not in the table yet."""

    id: str
    token_hash: str
    state: dict[str, Any]
    turns: Sequence[dict[str, Any]]
    version: int
    request_key: str | None
    expires_at: datetime


async def conversation_by_token_hash(
    session: AsyncSession, token_hash: str, now: datetime
) -> StoredConversation | None:
    """Load the conversation of a token, unless it has expired."""
    statement = select(ChatSessionRow).where(
        ChatSessionRow.token_hash == token_hash, ChatSessionRow.expires_at > now
    )
    row = (await session.execute(statement)).scalar_one_or_none()
    if row is None:
        return None
    return StoredConversation(
        row.id, row.token_hash, row.state, row.turns, row.version, row.request_key, row.expires_at
    )


async def insert_conversation(
    session: AsyncSession, conversation: StoredConversation, origin: str, now: datetime
) -> None:
    """Insert a new conversation with its first turn. `origin`: the signed client address."""
    session.add(
        ChatSessionRow(
            id=conversation.id,
            token_hash=conversation.token_hash,
            state=conversation.state,
            turns=list(conversation.turns),
            version=1,
            request_key=conversation.request_key,
            origin=origin,
            created_at=now,
            expires_at=conversation.expires_at,
        )
    )
    await session.flush()


async def update_conversation(session: AsyncSession, conversation: StoredConversation) -> None:
    """Save a further turn. Raises WriteConflict if another message was saved first."""
    statement = (
        update(ChatSessionRow)
        .where(ChatSessionRow.id == conversation.id, ChatSessionRow.version == conversation.version)
        .values(
            state=conversation.state,
            turns=list(conversation.turns),
            version=conversation.version + 1,
            request_key=conversation.request_key,
            expires_at=conversation.expires_at,
        )
    )
    result = await session.execute(statement, execution_options={"synchronize_session": False})
    if not result.rowcount:  # type: ignore[attr-defined]
        raise WriteConflict


async def count_conversations_since(session: AsyncSession, origin: str, since: datetime) -> int:
    """Count the conversations that an address has begun since an instant."""
    statement = select(func.count()).where(ChatSessionRow.origin == origin, ChatSessionRow.created_at > since)
    return int((await session.execute(statement)).scalar_one())


async def delete_conversation_by_token_hash(session: AsyncSession, token_hash: str) -> None:
    """Delete a conversation, if it exists."""
    await session.execute(delete(ChatSessionRow).where(ChatSessionRow.token_hash == token_hash))


async def delete_expired_conversation(session: AsyncSession, conversation_id: str, now: datetime) -> bool:
    """Delete a conversation if it has expired; return False if it has not."""
    statement = delete(ChatSessionRow).where(
        ChatSessionRow.id == conversation_id, ChatSessionRow.expires_at <= now
    )
    await session.execute(statement, execution_options={"synchronize_session": False})
    remaining = select(ChatSessionRow.id).where(ChatSessionRow.id == conversation_id)
    return (await session.execute(remaining)).scalar_one_or_none() is None


async def conversation_expiry(session: AsyncSession, conversation_id: str) -> datetime | None:
    """Return the instant at which a conversation expires; None if it does not exist."""
    statement = select(ChatSessionRow.expires_at).where(ChatSessionRow.id == conversation_id)
    expires_at: datetime | None = (await session.execute(statement)).scalar_one_or_none()
    return expires_at
