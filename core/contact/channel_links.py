"""One-time codes by which a person's chat becomes the address of a channel.

The page of a ticket or appointment shows a link with a code, and the service of the channel tells who opened it.
A code is derived from the installation's secret; a hash of it is stored until it is used or expires.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Index, String, delete, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from ..db.batch_delete import delete_in_batches
from ..db.engine import Base, IdType, UtcDateTime
from ..ids import new_id
from ..runtime import Runtime, Transaction
from ..tokens import TokenSigner, hash_token

# long enough to install the app, too short to be found later
LINK_LIFETIME = timedelta(minutes=15)
PURPOSE = "channel_link"


@dataclass(frozen=True, slots=True)
class ChannelLinked:
    """A person opened the link of a subject, `ticket:ID` or `appointment:ID`, in an app."""

    subject: str
    channel: str
    address: str

    def subject_id(self, kind: str) -> str | None:
        """Return the id of a subject of this kind; None for another kind."""
        prefix, _, id = self.subject.partition(":")
        return id if prefix == kind else None


@dataclass(frozen=True, slots=True)
class UsedLink:
    """The purpose of a used code, and the language of the page that showed it."""

    subject: str
    language: str


class ChannelLinkRow(Base):
    """A code that was shown and not used yet."""

    __tablename__ = "channel_links"
    __table_args__ = (
        Index("ix_channel_links_subject", "subject"),
        Index("ix_channel_links_expires_at", "expires_at"),
    )

    id: Mapped[str] = mapped_column(IdType, primary_key=True)
    code_hash: Mapped[str] = mapped_column(String(64), unique=True)
    channel: Mapped[str] = mapped_column(String(16))
    subject: Mapped[str] = mapped_column(String(64))
    language: Mapped[str] = mapped_column(String(8))
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)


async def create_channel_link(tx: Transaction, channel: str, subject: str, language: str) -> str:
    """Store a new code and return it; it replaces an earlier one of this subject."""
    row, id = ChannelLinkRow, new_id()
    await tx.session.execute(delete(row).where(row.subject == subject, row.channel == channel))
    code = tx.runtime.tokens.derive(PURPOSE, id)
    values = {"channel": channel, "subject": subject, "language": language}
    tx.session.add(row(id=id, code_hash=hash_token(code), expires_at=tx.now + LINK_LIFETIME, **values))
    return code


async def open_channel_code(
    session: AsyncSession, tokens: TokenSigner, channel: str, subject: str, now: datetime
) -> str | None:
    """Return the code of a subject that can still be used; None without one."""
    row = ChannelLinkRow
    is_open = (row.subject == subject, row.channel == channel, row.expires_at > now)
    newest = select(row.id, row.code_hash).where(*is_open).order_by(row.expires_at.desc()).limit(1)
    found = (await session.execute(newest)).one_or_none()
    return tokens.derive(PURPOSE, found.id, found.code_hash) if found is not None else None


async def use_channel_link(session: AsyncSession, channel: str, code: str, now: datetime) -> UsedLink | None:
    """Delete a code and return its purpose; None if it is unknown, used or expired."""
    row = ChannelLinkRow
    is_open = (row.code_hash == hash_token(code), row.channel == channel, row.expires_at > now)
    statement = delete(row).where(*is_open).returning(row.subject, row.language)
    used = (await session.execute(statement)).one_or_none()
    return UsedLink(used.subject, used.language) if used is not None else None


async def delete_expired_links(runtime: Runtime) -> None:
    """Delete the codes that were not used in time."""
    row = ChannelLinkRow
    await delete_in_batches(runtime, row.id, row.expires_at <= runtime.now(), row.expires_at)
