"""What is told to whoever is offered a place: letters, and notices to the browsers and telephones they chose."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from ...core.i18n.dates import rfc3339
from ...core.runtime import Transaction
from ...core.tokens import hash_token
from ...offices.service import Office
from ..domain.appointment import Appointment
from ..domain.offer import Offer
from ..domain.waitlist_entry import STANDS, Waiting
from . import appointment_messages

JOINED, BEGUN = "waiting_joined", "waiting_begun"
NAMES = ("first_at", "second_at", "third_at")


async def earlier_offered(tx: Transaction, office: Office, appointment: Appointment, offer: Offer) -> None:
    """An earlier time is theirs if they press a button until then."""
    await appointment_messages.tell(
        tx, "earlier_offer", office, appointment, _offered(offer), stamp=f":{offer.id}"
    )


async def withdrawn(
    tx: Transaction, office: Office, gone: Appointment, times: Sequence[datetime], kept: datetime | None
) -> None:
    """The office cancelled: why, and up to three times instead. The first of them is `kept` until then."""
    more = dict.fromkeys(NAMES) | dict(zip(NAMES, map(_utc, times), strict=False))
    more |= {"reason": gone.cancel_reason, "kept_until": _utc(kept) if kept else None}
    await appointment_messages.take_back(tx, gone)
    await appointment_messages.tell(tx, "appointment_office_cancelled", office, gone, more)


async def asked_in(tx: Transaction, office: Office, appointment: Appointment, offer: Offer) -> None:
    """An agent is free: their video call can begin now."""
    await appointment_messages.tell(tx, "come_in_now", office, appointment, _offered(offer), stamp=f":{offer.id}")


def _offered(offer: Offer) -> dict[str, Any]:
    return {"offered_starts_at": _utc(offer.starts_at), "offered_until": _utc(offer.expires_at)}


def waiting_offered(tx: Transaction, office: Office, entry: Waiting, offer: Offer) -> None:
    """A place is kept for somebody of the waiting list."""
    more = _offered(offer) | {"mode": offer.mode}
    _to_waiting(tx, "waiting_offer", entry, office, {**_at(office), **more}, key=offer.id)


def waiting_joined(tx: Transaction, kind: str, wished: Office | None, office: Office, entry: Waiting) -> None:
    """Somebody asked to be told. `kind`: JOINED, the letter that proves that the mailbox is theirs, or BEGUN, they
    wait already. `wished`: None for any office."""
    until = entry.expires_at if kind == BEGUN else tx.now + STANDS
    more = _at(wished) | {"mode": entry.mode, "until": _utc(until)}
    _to_waiting(tx, kind, entry, office, more, key=f"{entry.id}:{_utc(tx.now)}")


def waiting_expired(tx: Transaction, office: Office, entry: Waiting) -> None:
    """The wait is over, and nothing was found."""
    more = _at(None) | {"mode": entry.mode}
    _to_waiting(tx, "waiting_expired", entry, office, more, key=f"{entry.id}:{_utc(entry.expires_at)}")


def _at(office: Office | None) -> dict[str, Any]:
    return {"office": office and office.name, "office_slug": office and office.slug}


def _to_waiting(
    tx: Transaction, kind: str, entry: Waiting, office: Office, more: dict[str, Any], *, key: str
) -> None:
    """`office`: one that gives all that is waited for."""
    token = tx.runtime.tokens.derive("waiting", entry.id)
    tx.enqueue(
        kind,
        subject=f"waiting:{entry.id}",
        recipient=entry.email,
        payload={
            "waiting_id": entry.id,
            "token_hash": hash_token(token),
            "service": ", ".join(one.name(entry.language) for one in office.services_of(entry.service_slugs)),
            "timezone": office.timezone.key,
            **more,
        },
        key=f"{kind}:{key}",
        language=entry.language,
    )


def _utc(moment: datetime) -> str:
    return rfc3339(moment, UTC)
