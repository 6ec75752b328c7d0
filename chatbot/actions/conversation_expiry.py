"""Timer that deletes expired conversations. Imports no grammar."""

from __future__ import annotations

from collections.abc import Mapping

from ...core.db.timers import TimerHandler
from ...core.runtime import Transaction
from ..storage.conversation_rows import conversation_expiry, delete_expired_conversation

EXPIRY_TIMER = "chat_over"  # kind of the timer that deletes a conversation


async def _expire_conversation(tx: Transaction, conversation_id: str) -> None:
    """Delete an expired conversation; set the timer again if it had messages since."""
    if not await delete_expired_conversation(tx.session, conversation_id, tx.now):
        expires_at = await conversation_expiry(tx.session, conversation_id)
        assert expires_at is not None
        await tx.schedule_timer(EXPIRY_TIMER, subject=conversation_id, due_at=expires_at)


TIMERS: Mapping[str, TimerHandler] = {EXPIRY_TIMER: _expire_conversation}
