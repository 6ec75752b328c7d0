"""Messages of the outbox, and the secrets of their links."""

from __future__ import annotations

from office360.core.db.outbox import OutboxRow
from office360.core.runtime import Runtime
from sqlalchemy import select


async def active_messages(runtime: Runtime) -> list[OutboxRow]:
    """Load the e-mails that are not void, the oldest first."""
    async with runtime.read_session() as session:
        rows = await session.execute(select(OutboxRow).where(OutboxRow.state != "void").order_by(OutboxRow.id))
        return [row for row in rows.scalars() if row.channel == "email"]


def verification_secret(runtime: Runtime, message: OutboxRow) -> str:
    """Derive the secret of the e-mail's link from its payload, as the sender does."""
    return runtime.tokens.derive("verify", message.payload["verify_id"], message.payload["verify_hash"])
