"""SQL of chosen alerts, of devices that get pushes, and of people who are signed in."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, delete, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from ...core.auth import StaffRole
from ...core.contact.push_subscriptions import PushSubscriptionRow
from ...core.db.engine import dialect_insert
from ...core.row_mapping import from_row
from ..domain.account import SESSION_IDLE_TIMEOUT
from ..domain.alerts import AlertSettings
from .tables import AlertDeviceRow, AlertSettingsRow, StaffSessionRow, UserOfficeRow, UserRow


@dataclass(frozen=True, slots=True)
class AlertDevice:
    """A browser of a person that gets pushes."""

    subscription_id: str
    label: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class PushRecipient:
    """A device of a person who is signed in, with the person's role."""

    user_id: str
    role: StaffRole
    device: AlertDevice
    language: str


# Choices


async def load_alert_settings(session: AsyncSession, user_ids: Collection[str]) -> dict[str, AlertSettings]:
    """Load the choices of people by id; people who never chose are missing."""
    rows = await session.scalars(select(AlertSettingsRow).where(AlertSettingsRow.user_id.in_(user_ids)))
    return {row.user_id: from_row(AlertSettings, row) for row in rows}


async def save_alert_settings(session: AsyncSession, user_id: str, settings: AlertSettings) -> None:
    """Insert or replace the choices of a person."""
    offices = settings.push_offices
    values = asdict(settings) | {"push_offices": None if offices is None else list(offices)}
    insert = dialect_insert(session, AlertSettingsRow).values(user_id=user_id, **values)
    await session.execute(insert.on_conflict_do_update(index_elements=["user_id"], set_=values))


# Devices


async def insert_alert_device(session: AsyncSession, user_id: str, device: AlertDevice, language: str) -> None:
    """Insert a device, or replace its label and owner.

    A browser belongs to the person who chose last.
    """
    values = {"user_id": user_id, "label": device.label, "language": language, "created_at": device.created_at}
    insert = dialect_insert(session, AlertDeviceRow).values(subscription_id=device.subscription_id, **values)
    await session.execute(insert.on_conflict_do_update(index_elements=["subscription_id"], set_=values))


async def alert_devices(session: AsyncSession, user_id: str) -> list[AlertDevice]:
    """List the devices of a person whose subscription is valid, oldest first."""
    row = AlertDeviceRow
    found = (
        select(row.subscription_id, row.label, row.created_at)
        .join(PushSubscriptionRow, PushSubscriptionRow.id == row.subscription_id)
        .where(row.user_id == user_id)
        .order_by(row.created_at, row.subscription_id)
    )
    return [AlertDevice(*values) for values in await session.execute(found)]


async def delete_alert_device(session: AsyncSession, user_id: str, subscription_id: str) -> AlertDevice | None:
    """Delete a device of a person and its subscription.

    Returns it; None if the person has no such device.
    """
    is_own = (AlertDeviceRow.subscription_id == subscription_id) & (AlertDeviceRow.user_id == user_id)
    row = (await session.scalars(select(AlertDeviceRow).where(is_own))).one_or_none()
    if row is None:
        return None
    device = from_row(AlertDevice, row)
    await session.execute(delete(AlertDeviceRow).where(is_own))
    await session.execute(delete(PushSubscriptionRow).where(PushSubscriptionRow.id == subscription_id))
    return device


async def delete_alert_devices(session: AsyncSession, user_id: str) -> None:
    """Delete all devices of a person and their subscriptions."""
    row = AlertDeviceRow
    ids = list(await session.scalars(select(row.subscription_id).where(row.user_id == user_id)))
    await session.execute(delete(row).where(row.subscription_id.in_(ids)))
    await session.execute(delete(PushSubscriptionRow).where(PushSubscriptionRow.id.in_(ids)))


async def delete_other_subscriptions(session: AsyncSession, subscription_id: str) -> None:
    """Delete the subscriptions of this browser to the alerts of other people."""
    row = PushSubscriptionRow
    endpoint = select(row.endpoint_hash).where(row.id == subscription_id).scalar_subquery()
    devices = select(AlertDeviceRow.subscription_id)
    others = (row.endpoint_hash == endpoint) & (row.id != subscription_id) & row.id.in_(devices)
    ids = list(await session.scalars(select(row.id).where(others)))
    await session.execute(delete(AlertDeviceRow).where(AlertDeviceRow.subscription_id.in_(ids)))
    await session.execute(delete(row).where(row.id.in_(ids)))


async def delete_unused_devices(session: AsyncSession, seen_before: datetime) -> int:
    """Delete devices that get no pushes any more.

    They belong to disabled accounts, to people who were not there since, or their subscription ended.

    Returns their number.
    """
    seen = (
        select(StaffSessionRow.user_id)
        .join(UserRow, UserRow.id == StaffSessionRow.user_id)
        .where(StaffSessionRow.last_seen_at >= seen_before, UserRow.active)
    )
    row, valid = AlertDeviceRow, select(PushSubscriptionRow.id)
    is_unused = or_(row.user_id.not_in(seen), row.subscription_id.not_in(valid))
    ids = list(await session.scalars(select(row.subscription_id).where(is_unused)))
    await session.execute(delete(row).where(row.subscription_id.in_(ids)))
    await session.execute(delete(PushSubscriptionRow).where(PushSubscriptionRow.id.in_(ids)))
    return len(ids)


async def extend_subscriptions(session: AsyncSession, expires_at: datetime) -> None:
    """Keep the subscriptions of all remaining devices until this time."""
    devices = select(AlertDeviceRow.subscription_id)
    await session.execute(
        update(PushSubscriptionRow).where(PushSubscriptionRow.id.in_(devices)).values(expires_at=expires_at)
    )


# People who are signed in


def _is_signed_in(now: datetime) -> ColumnElement[bool]:
    """Match sessions as `opens_pages` does, of active accounts."""
    row = StaffSessionRow
    return and_(
        UserRow.active,
        row.needs_factor.is_(False),
        row.revoked_at.is_(None),
        or_(row.confirmed_until.is_(None), row.confirmed_until > now),
        row.expires_at > now,
        row.last_seen_at > now - SESSION_IDLE_TIMEOUT,
    )


def _works_in(office: str) -> ColumnElement[bool]:
    own = select(UserOfficeRow.user_id).where(UserOfficeRow.office == office)
    return or_(UserRow.all_offices, UserRow.id.in_(own))


async def has_signed_in_host(
    session: AsyncSession, office: str, roles: Collection[StaffRole], now: datetime
) -> bool:
    """Whether a person with such a role in the office (slug) is signed in."""
    found = (
        select(UserRow.id)
        .join(StaffSessionRow, StaffSessionRow.user_id == UserRow.id)
        .where(_is_signed_in(now), UserRow.role.in_([str(role) for role in roles]), _works_in(office))
        .limit(1)
    )
    return (await session.execute(found)).first() is not None


async def signed_in_people(session: AsyncSession, office: str, now: datetime) -> dict[str, str]:
    """Return the names of the people who work in the office (slug) and are signed in, by id."""
    found = select(UserRow.id, UserRow.name).where(_signed_in_user(now), _works_in(office)).order_by(UserRow.name)
    return {row.id: row.name for row in await session.execute(found)}


async def push_recipients(session: AsyncSession, office: str, now: datetime) -> list[PushRecipient]:
    """List the devices of people who work in the office (slug) and are signed in."""
    row = AlertDeviceRow
    found = (
        select(row, UserRow.role)
        .join(UserRow, UserRow.id == row.user_id)
        .where(_signed_in_user(now), _works_in(office))
        .order_by(row.subscription_id)
    )
    return [
        PushRecipient(device.user_id, StaffRole(role), from_row(AlertDevice, device), device.language)
        for device, role in await session.execute(found)
    ]


def _signed_in_user(now: datetime) -> ColumnElement[bool]:
    signed_in = (
        select(StaffSessionRow.id).where(StaffSessionRow.user_id == UserRow.id, _is_signed_in(now)).exists()
    )
    return and_(UserRow.active, signed_in)


# Finds a device. Built once: a worker asks every five seconds.
SELECT_DEVICE = select(AlertDeviceRow.user_id).limit(1)


async def offices_of_devices(session: AsyncSession, now: datetime) -> list[str | None]:
    """Return slugs of offices in which owners of devices are signed in.

    None for owners of all offices.
    """
    found = (
        select(UserOfficeRow.office)
        .select_from(AlertDeviceRow)
        .join(UserRow, UserRow.id == AlertDeviceRow.user_id)
        .outerjoin(UserOfficeRow, (UserOfficeRow.user_id == UserRow.id) & UserRow.all_offices.is_(False))
        .where(_signed_in_user(now))
        .distinct()
    )
    return list(await session.scalars(found))
