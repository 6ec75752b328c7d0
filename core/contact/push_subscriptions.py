"""Web push subscriptions of browsers, by subject. notifications/ sends the pushes.

A subscription is a secret address at the browser's push service, and two keys with which only that browser can
decrypt a message (RFC 8291). It does not tell who uses the browser.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Index, String, Text, UniqueConstraint, delete, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from ..db.engine import Base, IdType, UtcDateTime, dialect_insert
from ..ids import new_id
from .ssrf_guard import HTTPS_PORTS

# a phone, a laptop, a companion's; beyond, the oldest is deleted
MAX_SUBSCRIPTIONS_PER_SUBJECT = 5


@dataclass(frozen=True, slots=True)
class PushSubscription:
    """A browser's address and keys, base64url without padding, as the Push API gives them."""

    endpoint: str
    p256dh: str
    auth: str


@dataclass(frozen=True, slots=True)
class PushSettings:
    """Public key for subscribing.

    `allow_loopback`: accept addresses of this machine, too. `ports`: those of push services elsewhere.
    """

    public_key: str
    allow_loopback: bool = False
    ports: frozenset[int] = HTTPS_PORTS


class PushSubscriptionRow(Base):
    """A browser that gets pushes about a subject until `expires_at`."""

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
    """Save a subscription and return its id, the same for the same browser."""
    subscription_id = await _upsert_subscription(session, subject, subscription, now, expires_at)
    rows = await _subscription_rows(session, [subject])
    surplus = [row.id for row in rows[:-MAX_SUBSCRIPTIONS_PER_SUBJECT] if row.id != subscription_id]
    if surplus:
        await session.execute(delete(PushSubscriptionRow).where(PushSubscriptionRow.id.in_(surplus)))
    return subscription_id


async def copy_push_subscriptions(
    session: AsyncSession, from_subject: str, to_subject: str, now: datetime, expires_at: datetime
) -> int:
    """Subscribe the browsers of a subject to another, such as an appointment's ticket.

    Returns their number.
    """
    rows = await _subscription_rows(session, [from_subject])
    for row in rows:
        await _upsert_subscription(
            session, to_subject, PushSubscription(row.endpoint, row.p256dh, row.auth), now, expires_at
        )
    return len(rows)


async def _upsert_subscription(
    session: AsyncSession, subject: str, subscription: PushSubscription, now: datetime, expires_at: datetime
) -> str:
    """Insert the subscription, or renew its keys; safe for concurrent requests."""
    renewed = {"p256dh": subscription.p256dh, "auth": subscription.auth, "expires_at": expires_at}
    insert = dialect_insert(session, PushSubscriptionRow).values(
        id=new_id(),
        subject=subject,
        endpoint=subscription.endpoint,
        endpoint_hash=_hash_endpoint(subscription.endpoint),
        created_at=now,
        **renewed,
    )
    upsert = insert.on_conflict_do_update(index_elements=["subject", "endpoint_hash"], set_=renewed)
    return str((await session.execute(upsert.returning(PushSubscriptionRow.id))).scalar_one())


async def delete_push_subscription(session: AsyncSession, subject: str, endpoint: str) -> None:
    """Delete the subscription of a browser to a subject."""
    is_subject = PushSubscriptionRow.subject == subject
    await session.execute(
        delete(PushSubscriptionRow).where(
            is_subject, PushSubscriptionRow.endpoint_hash == _hash_endpoint(endpoint)
        )
    )


async def subscription_ids_by_subject(session: AsyncSession, subjects: Collection[str]) -> Mapping[str, list[str]]:
    """Return the subscription ids by subject, oldest first."""
    ids: dict[str, list[str]] = defaultdict(list)
    for row in await _subscription_rows(session, subjects):
        ids[row.subject].append(row.id)
    return ids


async def delete_subscriptions_of_subjects(session: AsyncSession, subjects: Collection[str]) -> None:
    """Delete the subscriptions of subjects about which no push will follow."""
    await session.execute(delete(PushSubscriptionRow).where(PushSubscriptionRow.subject.in_(subjects)))


async def delete_expired_subscriptions(session: AsyncSession, now: datetime) -> None:
    """Delete the subscriptions that have expired."""
    await session.execute(delete(PushSubscriptionRow).where(PushSubscriptionRow.expires_at <= now))


async def load_push_subscription(session: AsyncSession, subscription_id: str) -> PushSubscription | None:
    """Return address and keys of a subscription; None if it was deleted."""
    row = await session.get(PushSubscriptionRow, subscription_id)
    return None if row is None else PushSubscription(row.endpoint, row.p256dh, row.auth)


async def delete_push_endpoint(session: AsyncSession, subscription_id: str) -> None:
    """Delete all subscriptions of this browser, which its push service no longer knows."""
    row = await session.get(PushSubscriptionRow, subscription_id)
    if row is not None:
        same_browser = PushSubscriptionRow.endpoint_hash == row.endpoint_hash
        await session.execute(delete(PushSubscriptionRow).where(same_browser))


async def _subscription_rows(session: AsyncSession, subjects: Collection[str]) -> list[PushSubscriptionRow]:
    statement = select(PushSubscriptionRow).where(PushSubscriptionRow.subject.in_(subjects))
    ordered = statement.order_by(PushSubscriptionRow.created_at, PushSubscriptionRow.id)
    return list((await session.execute(ordered)).scalars())
