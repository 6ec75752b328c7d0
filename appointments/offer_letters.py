"""What is told to whoever is offered a place: letters, and notices to the browsers and telephones they chose."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from ..core.dates import rfc3339
from ..core.runtime import Transaction
from ..core.tokens import hash_token
from ..offices.service import Office, Service
from . import letters
from .appointment import Appointment
from .offer import Offer
from .waiting_entry import Waiting


async def earlier_offered(tx: Transaction, office: Office, appointment: Appointment, offer: Offer) -> None:
    """An earlier time is theirs if they press a button until then."""
    await letters.tell(tx, "earlier_offer", office, appointment, _offered(offer), stamp=f":{offer.id}")


def _offered(offer: Offer) -> dict[str, Any]:
    return {"offered_starts_at": _utc(offer.starts_at), "offered_until": _utc(offer.expires_at)}


def waiting_offered(tx: Transaction, office: Office, service: Service, entry: Waiting, offer: Offer) -> None:
    """A place is kept for somebody of the waiting list."""
    more = {**_offered(offer), "office": office.name, "office_slug": office.slug, "mode": offer.mode}
    _to_waiting(tx, "waiting_offer", entry, office, service, more, key=offer.id)


def waiting_joined(tx: Transaction, office: Office, service: Service, entry: Waiting) -> None:
    """Somebody asked to be told; the letter proves that the mailbox is theirs."""
    more = {"until": _utc(entry.expires_at)}
    _to_waiting(tx, "waiting_joined", entry, office, service, more, key=f"{entry.id}:{_utc(entry.asked_at)}")


def _to_waiting(
    tx: Transaction, kind: str, entry: Waiting, office: Office, service: Service, more: dict[str, Any], *, key: str
) -> None:
    token = tx.runtime.tokens.derive("waiting", entry.id)
    tx.enqueue(
        kind,
        subject=f"waiting:{entry.id}",
        recipient=entry.email,
        payload={
            "waiting_id": entry.id,
            "token_hash": hash_token(token),
            "service": service.name(entry.language),
            "timezone": office.timezone.key,
            **more,
        },
        key=f"{kind}:{key}",
        language=entry.language,
    )


def _utc(moment: datetime) -> str:
    return rfc3339(moment, UTC)
