"""Pushes to devices of staff, written into the outbox.

Texts name no citizen: lock screens show them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from ...core.db.outbox import OutboxRow, build_outbox_row, enqueue_unless_present
from ...offices.service import Office
from ...rooms.service import RoomTransfer
from ..domain.alerts import (
    HOST_ROLES,
    NO_ALERTS,
    AlertKind,
    AlertSettings,
    OfficeAttention,
    StaffAlert,
    find_alerts,
    push_key,
    should_push,
)
from ..domain.emergency import Emergency
from ..storage.alert_rows import PushRecipient

PUSH_KINDS = {
    AlertKind.LOBBY: "staff_lobby",
    AlertKind.HELP: "staff_help",
    AlertKind.LONG_WAIT: "staff_long_wait",
}
EMERGENCY_KIND = "staff_emergency"
TRANSFER_KIND = "staff_transfer"
EVACUATION_KIND = "staff_evacuation"
# Later the situation is over, or a screen has shown it.
PUSH_LIFETIME = timedelta(minutes=15)


def push_subject(user_id: str) -> str:
    """Return the subject of a person's pushes and of the subscriptions of their devices."""
    return f"staff:{user_id}"


def alert_push_rows(
    office: Office,
    attention: OfficeAttention,
    recipients: Sequence[PushRecipient],
    settings: Mapping[str, AlertSettings],
    now: datetime,
) -> list[OutboxRow]:
    """Build a push for each new situation that concerns the owner of a device."""
    rows = []
    for recipient in recipients:
        chosen = settings.get(recipient.user_id, NO_ALERTS)
        if not chosen.pushes_about(office.slug):
            continue
        alerts = find_alerts(attention, recipient.user_id, recipient.role, chosen, now)
        rows += [
            _alert_row(office, recipient, alert, now)
            for alert in alerts
            if should_push(alert, recipient.device.created_at, now)
        ]
    return rows


def _alert_row(office: Office, recipient: PushRecipient, alert: StaffAlert, now: datetime) -> OutboxRow:
    path = f"/staff/host?office={office.slug}" if recipient.role in HOST_ROLES else "/staff/desk"
    if alert.kind is AlertKind.LOBBY:
        path = f"/staff/rooms/{alert.subject}"
    # Lock screens show pushes to others, so a code is the most that they name.
    facts = {"code": alert.code, "minutes": alert.minutes}
    return _push_row(PUSH_KINDS[alert.kind], office, recipient, push_key(alert), path, facts, now)


async def enqueue_emergency_pushes(
    session: AsyncSession, office: Office, emergency: Emergency, recipients: Sequence[PushRecipient], now: datetime
) -> None:
    """Write a push for each device of the office's hosts and managers.

    It does not depend on the alerts that they chose.
    """
    rows = [
        _push_row(
            EMERGENCY_KIND,
            office,
            recipient,
            f"emergency:{emergency.id}",
            f"/staff/host?office={office.slug}",
            {
                "desk": emergency.desk,
                "place": str(emergency.place),
                "started_at": emergency.started_at.isoformat(),
            },
            now,
        )
        for recipient in recipients
        # The button is silent where it was pressed, so the devices of that person stay silent, too.
        if recipient.role in HOST_ROLES and recipient.user_id != emergency.starter_id
    ]
    await enqueue_unless_present(session, rows)


async def enqueue_evacuation_pushes(
    session: AsyncSession, office: Office, recipients: Sequence[PushRecipient], now: datetime
) -> None:
    """Write a push for each device of people who are signed in at the office."""
    key = f"evacuation:{office.id}:{round(now.timestamp())}"
    rows = [
        _push_row(
            EVACUATION_KIND,
            office,
            recipient,
            key,
            f"/staff/host?office={office.slug}" if recipient.role in HOST_ROLES else "/staff/desk",
            {"message": office.pause_text(recipient.language)},
            now,
        )
        for recipient in recipients
    ]
    await enqueue_unless_present(session, rows)


async def enqueue_transfer_pushes(
    session: AsyncSession,
    office: Office,
    transfer: RoomTransfer,
    recipients: Sequence[PushRecipient],
    now: datetime,
) -> None:
    """Write a push for each device of the receiver. It names the sender, who is staff."""
    rows = [
        _push_row(
            TRANSFER_KIND,
            office,
            recipient,
            f"transfer:{transfer.id}",
            f"/staff/rooms/{transfer.appointment_id}",
            {"transfer": transfer.kind.value, "sender": transfer.sender.name},
            now,
        )
        for recipient in recipients
        if recipient.user_id == transfer.receiver.id
    ]
    await enqueue_unless_present(session, rows)


def _push_row(
    kind: str,
    office: Office,
    recipient: PushRecipient,
    key: str,
    path: str,
    facts: Mapping[str, Any],
    now: datetime,
) -> OutboxRow:
    subscription = recipient.device.subscription_id
    payload = {
        "office": office.name,
        "office_slug": office.slug,
        "timezone": str(office.timezone),
        "path": path,
        "tag": key,
        "until": (now + PUSH_LIFETIME).isoformat(),
        **facts,
    }
    return build_outbox_row(
        kind,
        subject=push_subject(recipient.user_id),
        recipient=subscription,
        payload=payload,
        key=f"staff:{key}:{subscription}",
        language=recipient.language,
        channel="push",
        created_at=now,
        not_before=None,
    )
