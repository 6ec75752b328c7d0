"""Outbox rows about offers and the waitlist, written in the transaction of their cause."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from ...core.i18n.dates import format_utc
from ...core.i18n.languages import join_list
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
    """Offer an earlier slot to a citizen with a later appointment."""
    await appointment_messages.notify_all_channels(
        tx, "earlier_offer", office, appointment, _offer_fields(offer), stamp=f":{offer.id}"
    )


async def send_office_cancellation(
    tx: Transaction, office: Office, cancelled: Appointment, times: Sequence[datetime], kept_until: datetime | None
) -> None:
    """Tell that the office cancelled, why, and up to three times instead.

    The first of the times is held for the citizen until `kept_until`, if that is set.
    """
    fields = dict.fromkeys(TIME_FIELDS) | dict(zip(TIME_FIELDS, map(format_utc, times), strict=False))
    fields |= {"reason": cancelled.cancel_reason, "kept_until": format_utc(kept_until) if kept_until else None}
    await appointment_messages.void_pending_messages(tx, cancelled)
    await appointment_messages.notify_all_channels(tx, "appointment_office_cancelled", office, cancelled, fields)


async def send_early_start_offer(
    tx: Transaction, office: Office, appointment: Appointment, offer: SlotOffer
) -> None:
    """Invite a citizen to begin the video call now, because an agent is free."""
    await appointment_messages.notify_all_channels(
        tx, "come_in_now", office, appointment, _offer_fields(offer), stamp=f":{offer.id}"
    )


def _offer_fields(offer: SlotOffer) -> dict[str, Any]:
    return {"offered_starts_at": format_utc(offer.starts_at), "offered_until": format_utc(offer.expires_at)}


def send_waitlist_offer(tx: Transaction, office: Office, entry: WaitlistEntry, offer: SlotOffer) -> None:
    """Offer a slot to a waitlist entry."""
    fields = _office_fields(office) | _offer_fields(offer) | {"mode": offer.mode}
    _enqueue_to_entry(tx, "waiting_offer", entry, office, fields, key=offer.id)


def send_waitlist_status(
    tx: Transaction, kind: str, wished: Office | None, office: Office, entry: WaitlistEntry
) -> None:
    """Answer a request to join the waitlist.

    `kind`: WAITLIST_VERIFY_KIND asks to verify the mailbox, WAITLIST_BEGUN_KIND tells that the entry waits.
    `wished`: the office of the request, None for any.
    """
    until = entry.expires_at if kind == WAITLIST_BEGUN_KIND else tx.now + WAITLIST_DURATION
    fields = _office_fields(wished) | {"mode": entry.mode, "until": format_utc(until)}
    _enqueue_to_entry(tx, kind, entry, office, fields, key=f"{entry.id}:{format_utc(tx.now)}")


def send_waitlist_expired(tx: Transaction, office: Office, entry: WaitlistEntry) -> None:
    """Tell that the entry expired without an appointment."""
    fields = _office_fields(None) | {"mode": entry.mode}
    _enqueue_to_entry(
        tx, "waiting_expired", entry, office, fields, key=f"{entry.id}:{format_utc(entry.expires_at)}"
    )


def _office_fields(office: Office | None) -> dict[str, Any]:
    return {"office": office and office.name, "office_slug": office and office.slug}


def _enqueue_to_entry(
    tx: Transaction, kind: str, entry: WaitlistEntry, office: Office, fields: dict[str, Any], *, key: str
) -> None:
    """Enqueue an e-mail to an entry; `office` names the services, and provides all of them."""
    token = tx.runtime.tokens.derive("waiting", entry.id)
    tx.enqueue_message(
        kind,
        subject=f"waiting:{entry.id}",
        recipient=entry.email,
        payload={
            "waiting_id": entry.id,
            "token_hash": hash_token(token),
            "service": join_list(
                (service.name(entry.language) for service in office.services_by_slugs(entry.service_slugs)),
                entry.language,
            ),
            "timezone": office.timezone.key,
            **fields,
        },
        key=f"{kind}:{key}",
        language=entry.language,
    )
