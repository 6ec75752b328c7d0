"""Which browsers want to be told of what: web push subscriptions, by subject. Sending is notifications/'s.

A subscription is an address that only its browser's push service and we know, and two keys by which what we
say can be read by that browser alone (RFC 8291). Nothing here tells whose it is.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Index, String, Text, UniqueConstraint, delete, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from ..db.engine import Base, IdType, UtcDateTime
from ..ids import new_id

MAX_SUBSCRIPTIONS_PER_SUBJECT = (
    5  # browsers of one subject: a phone, a laptop, a companion; beyond, the oldest goes
)


@dataclass(frozen=True, slots=True)
class PushSubscription:
    """A browser's address and keys, as its `PushSubscription` gives them: base64url without padding."""

    endpoint: str
    p256dh: str
    auth: str


@dataclass(frozen=True, slots=True)
class PushSettings:
    """What a page needs to subscribe: our public key. `local`: addresses on this machine are accepted too."""

    public_key: str
    allow_loopback: bool = False


class PushSubscriptionRow(Base):
    """A browser that is told about one subject until `expires_at`."""

    __tablename__ = "push_subscriptions"
    __table_args__ = (
        UniqueConstraint("subject", "endpoint_hash"),
        Index("ix_push_subscriptions_expires_at", "expires_at"),
    )

    id: Mapped[str] = mapped_column(IdType, primary_key=True)
    subject: Mapped[str] = mapped_column(String(64))
    endpoint: Mapped[str] = mapped_column(Text)
    endpoint_hash: Mapped[str] = mapped_column(String(64))
    p256dh: Mapped[str] = mapped_column(String(120))
    auth: Mapped[str] = mapped_column(String(40))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)


def _hash_endpoint(endpoint: str) -> str:
    return hashlib.sha256(endpoint.encode()).hexdigest()


async def save_push_subscription(
    session: AsyncSession, subject: str, subscription: PushSubscription, now: datetime, expires_at: datetime
) -> str:
    """Note that this browser wants to be told; the subscription's id, the same one for the same browser."""
    found = await _upsert_subscription(session, subject, subscription, now, expires_at)
    rows = await _subscription_rows(session, [subject])
    await _delete_rows(
        session, [row.id for row in rows[: max(0, len(rows) - MAX_SUBSCRIPTIONS_PER_SUBJECT)] if row.id != found]
    )
    return found


async def copy_push_subscriptions(
    session: AsyncSession, from_subject: str, to_subject: str, now: datetime, expires_at: datetime
) -> int:
    """Tell the browsers of one subject about another one too, such as an appointment's turn; how many."""
    rows = await _subscription_rows(session, [from_subject])
    for row in rows:
        await _upsert_subscription(
            session, to_subject, PushSubscription(row.endpoint, row.p256dh, row.auth), now, expires_at
        )
    return len(rows)


async def _upsert_subscription(
    session: AsyncSession, subject: str, subscription: PushSubscription, now: datetime, expires_at: datetime
) -> str:
    """Insert it, or renew its keys where this browser is known; two at once are one."""
    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    renewed = {"p256dh": subscription.p256dh, "auth": subscription.auth, "expires_at": expires_at}
    written = insert(PushSubscriptionRow).values(
        id=new_id(),
        subject=subject,
        endpoint=subscription.endpoint,
        endpoint_hash=_hash_endpoint(subscription.endpoint),
        created_at=now,
        **renewed,
    )
    same = written.on_conflict_do_update(index_elements=["subject", "endpoint_hash"], set_=renewed)
    return str((await session.execute(same.returning(PushSubscriptionRow.id))).scalar_one())


async def delete_push_subscription(session: AsyncSession, subject: str, endpoint: str) -> None:
    """This browser wants to hear no more of it."""
    mine = PushSubscriptionRow.subject == subject
    await session.execute(
        delete(PushSubscriptionRow).where(mine, PushSubscriptionRow.endpoint_hash == _hash_endpoint(endpoint))
    )


async def subscription_ids_by_subject(session: AsyncSession, subjects: Collection[str]) -> Mapping[str, list[str]]:
    """The ids of the subscriptions of each subject, oldest first."""
    found: dict[str, list[str]] = defaultdict(list)
    for row in await _subscription_rows(session, subjects):
        found[row.subject].append(row.id)
    return found


async def delete_subscriptions_of_subjects(session: AsyncSession, subjects: Collection[str]) -> None:
    """There is nothing more to tell of them."""
    await session.execute(delete(PushSubscriptionRow).where(PushSubscriptionRow.subject.in_(subjects)))


async def delete_expired_subscriptions(session: AsyncSession, now: datetime) -> None:
    """Nobody's browser is known longer than there is something to tell it."""
    await session.execute(delete(PushSubscriptionRow).where(PushSubscriptionRow.expires_at <= now))


async def load_push_subscription(session: AsyncSession, subscription_id: str) -> PushSubscription | None:
    """Address and keys of a subscription; None when it is gone."""
    row = await session.get(PushSubscriptionRow, subscription_id)
    return None if row is None else PushSubscription(row.endpoint, row.p256dh, row.auth)


async def delete_push_endpoint(session: AsyncSession, subscription_id: str) -> None:
    """The push service says that this browser is not there any more: nor are its other subscriptions."""
    row = await session.get(PushSubscriptionRow, subscription_id)
    if row is not None:
        same = PushSubscriptionRow.endpoint_hash == row.endpoint_hash
        await session.execute(delete(PushSubscriptionRow).where(same))


async def _delete_rows(session: AsyncSession, ids: Collection[str]) -> None:
    if ids:
        await session.execute(delete(PushSubscriptionRow).where(PushSubscriptionRow.id.in_(ids)))


async def _subscription_rows(session: AsyncSession, subjects: Collection[str]) -> list[PushSubscriptionRow]:
    statement = select(PushSubscriptionRow).where(PushSubscriptionRow.subject.in_(subjects))
    ordered = statement.order_by(PushSubscriptionRow.created_at, PushSubscriptionRow.id)
    return list((await session.execute(ordered)).scalars())
