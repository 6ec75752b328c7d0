"""What the outside is told of an appointment: rows of the outbox, written in the transaction of their cause."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from ..core import push
from ..core.dates import rfc3339
from ..core.outbox import OutboxRow, enqueue_once, outbox_row
from ..core.runtime import Transaction
from ..offices.service import Office
from .appointment import Appointment, entry_opens_at

PUSHES_KEPT = timedelta(hours=12)  # after its end, for what is still on its way


def subject(appointment: Appointment) -> str:
    """What the rows of one appointment have in common, so that unsent ones can be taken back."""
    return f"appointment:{appointment.id}"


async def followed(tx: Transaction, office: Office, appointment: Appointment, subscription: str) -> None:
    """The first push of whoever has just asked to be told, which proves that it works."""
    await enqueue_once(tx.session, [_push(tx, "appointment_followed", office, appointment, subscription)])


def confirmed(tx: Transaction, office: Office, appointment: Appointment) -> None:
    _send(tx, "appointment_confirmed", office, appointment)


async def cancelled(tx: Transaction, office: Office, appointment: Appointment) -> None:
    await tx.void(subject(appointment))
    _send(tx, "appointment_cancelled", office, appointment)
    await _tell_browsers(tx, "appointment_cancelled", office, appointment)


async def rescheduled(tx: Transaction, office: Office, old: Appointment, new: Appointment) -> None:
    await tx.void(subject(old))
    await push.hand_on(tx.session, subject(old), subject(new), tx.now, new.ends_at + PUSHES_KEPT)
    await _tell_browsers(tx, "appointment_rescheduled", office, new)
    _send(tx, "appointment_rescheduled", office, new, {"previous_starts_at": _utc(old.starts_at)})


async def _tell_browsers(tx: Transaction, kind: str, office: Office, appointment: Appointment) -> None:
    mine = subject(appointment)
    browsers = (await push.of_subjects(tx.session, [mine])).get(mine, [])
    await enqueue_once(tx.session, [_push(tx, kind, office, appointment, browser) for browser in browsers])


def _push(tx: Transaction, kind: str, office: Office, appointment: Appointment, subscription: str) -> OutboxRow:
    """Read on a locked screen by whoever passes: where and when, and nobody's name."""
    return outbox_row(
        kind,
        subject=subject(appointment),
        recipient=subscription,
        payload={
            "appointment_id": appointment.id,
            "token_hash": appointment.token_hash,
            "office": office.name,
            "office_slug": office.slug,
            "timezone": office.timezone.key,
            "starts_at": _utc(appointment.starts_at),
            "ends_at": _utc(appointment.ends_at),
        },
        key=f"{kind}:{appointment.id}:push.{subscription}",
        language=appointment.language,
        channel="push",
        created_at=tx.now,
        not_before=None,
    )


def _send(
    tx: Transaction, kind: str, office: Office, appointment: Appointment, more: Mapping[str, Any] | None = None
) -> None:
    tx.enqueue(
        kind,
        subject=subject(appointment),
        recipient=appointment.email,
        payload={**_payload(office, appointment), **(more or {})},
        key=f"{kind}:{appointment.id}",
        language=appointment.language,
    )


def _payload(office: Office, appointment: Appointment) -> dict[str, Any]:
    """Everything a letter says. No token: whoever sends it derives the link from id and hash."""
    service, language = office.service(appointment.service_slug), appointment.language
    return {
        "appointment_id": appointment.id,
        "token_hash": appointment.token_hash,
        "locator": appointment.locator,
        "name": appointment.name,
        "mode": appointment.mode,
        "starts_at": _utc(appointment.starts_at),
        "ends_at": _utc(appointment.ends_at),
        "timezone": office.timezone.key,
        "minutes": round((appointment.ends_at - appointment.starts_at).total_seconds() / 60),
        "service": service.name(language),
        "bring": service.what_to_bring(language),
        "service_slug": service.slug,
        "office": office.name,
        "office_slug": office.slug,
        "address": office.address,
        "office_phone": office.phone,
        "access": office.access_in(language),
        "entry_opens_at": _utc(entry_opens_at(appointment)),
        "needs": list(appointment.needs),
        "calendar_uid": appointment.calendar_uid,
        "revision": appointment.revision,
    }


def _utc(moment: datetime) -> str:
    return rfc3339(moment, UTC)
