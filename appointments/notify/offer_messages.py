"""What is told to whoever is offered a place: letters, and notices to the browsers and telephones they chose."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from ...core.i18n.dates import format_rfc3339
from ...core.runtime import Transaction
from ...core.tokens import hash_token
from ...offices.service import Office
from ..domain.appointment import Appointment
from ..domain.offer import SlotOffer
from ..domain.waitlist_entry import WAITLIST_DURATION, WaitlistEntry
from . import appointment_messages

WAITLIST_VERIFY_KIND, WAITLIST_BEGUN_KIND = "waiting_joined", "waiting_begun"
TIME_FIELDS = ("first_at", "second_at", "third_at")


async def send_earlier_offer(tx: Transaction, office: Office, appointment: Appointment, offer: SlotOffer) -> None:
    """An earlier time is theirs if they press a button until then."""
    await appointment_messages.notify_all_channels(
        tx, "earlier_offer", office, appointment, _offer_fields(offer), stamp=f":{offer.id}"
    )


async def send_office_cancellation(
    tx: Transaction, office: Office, gone: Appointment, times: Sequence[datetime], kept: datetime | None
) -> None:
    """The office cancelled: why, and up to three times instead. The first of them is `kept` until then."""
    more = dict.fromkeys(TIME_FIELDS) | dict(zip(TIME_FIELDS, map(_utc, times), strict=False))
    more |= {"reason": gone.cancel_reason, "kept_until": _utc(kept) if kept else None}
    await appointment_messages.void_pending_messages(tx, gone)
    await appointment_messages.notify_all_channels(tx, "appointment_office_cancelled", office, gone, more)


async def send_early_start_offer(
    tx: Transaction, office: Office, appointment: Appointment, offer: SlotOffer
) -> None:
    """An agent is free: their video call can begin now."""
    await appointment_messages.notify_all_channels(
        tx, "come_in_now", office, appointment, _offer_fields(offer), stamp=f":{offer.id}"
    )


def _offer_fields(offer: SlotOffer) -> dict[str, Any]:
    return {"offered_starts_at": _utc(offer.starts_at), "offered_until": _utc(offer.expires_at)}


def send_waitlist_offer(tx: Transaction, office: Office, entry: WaitlistEntry, offer: SlotOffer) -> None:
    """A place is kept for somebody of the waiting list."""
    more = _offer_fields(offer) | {"mode": offer.mode}
    _enqueue_to_entry(tx, "waiting_offer", entry, office, {**_office_fields(office), **more}, key=offer.id)


def send_waitlist_status(
    tx: Transaction, kind: str, wished: Office | None, office: Office, entry: WaitlistEntry
) -> None:
    """Somebody asked to be told. `kind`: JOINED, the letter that proves that the mailbox is theirs, or BEGUN, they
    wait already. `wished`: None for any office."""
    until = entry.expires_at if kind == WAITLIST_BEGUN_KIND else tx.now + WAITLIST_DURATION
    more = _office_fields(wished) | {"mode": entry.mode, "until": _utc(until)}
    _enqueue_to_entry(tx, kind, entry, office, more, key=f"{entry.id}:{_utc(tx.now)}")


def send_waitlist_expired(tx: Transaction, office: Office, entry: WaitlistEntry) -> None:
    """The wait is over, and nothing was found."""
    more = _office_fields(None) | {"mode": entry.mode}
    _enqueue_to_entry(tx, "waiting_expired", entry, office, more, key=f"{entry.id}:{_utc(entry.expires_at)}")


def _office_fields(office: Office | None) -> dict[str, Any]:
    return {"office": office and office.name, "office_slug": office and office.slug}


def _enqueue_to_entry(
    tx: Transaction, kind: str, entry: WaitlistEntry, office: Office, more: dict[str, Any], *, key: str
) -> None:
    """`office`: one that gives all that is waited for."""
    token = tx.runtime.tokens.derive("waiting", entry.id)
    tx.enqueue_message(
        kind,
        subject=f"waiting:{entry.id}",
        recipient=entry.email,
        payload={
            "waiting_id": entry.id,
            "token_hash": hash_token(token),
            "service": ", ".join(
                one.name(entry.language) for one in office.services_by_slugs(entry.service_slugs)
            ),
            "timezone": office.timezone.key,
            **more,
        },
        key=f"{kind}:{key}",
        language=entry.language,
    )


def _utc(moment: datetime) -> str:
    return format_rfc3339(moment, UTC)
