"""One payload of each kind of message, as the folder that knows writes it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from office360.core.tokens import TokenSigner, hash_token
from office360.notifications.domain.message_kinds import KINDS

from ..conftest import appointment_payload, ticket_notification_payload, ticket_payload

PayloadFactory = Callable[[TokenSigner], dict[str, Any]]


def _rescheduled(tokens: TokenSigner) -> dict[str, Any]:
    return appointment_payload(tokens, previous_starts_at="2026-11-26T09:00:00+00:00")


def _offered(tokens: TokenSigner) -> dict[str, Any]:
    return appointment_payload(
        tokens, offered_starts_at="2026-11-26T09:00:00+00:00", offered_until="2026-11-25T10:00:00+00:00"
    )


def _withdrawn(tokens: TokenSigner) -> dict[str, Any]:
    times = {"first_at": "2026-11-27T08:15:00+00:00", "second_at": "2026-11-27T08:30:00+00:00", "third_at": None}
    return appointment_payload(tokens, reason="Hoy no hay luz.", kept_until="2026-11-26T09:30:00+00:00", **times)


def _waiting(tokens: TokenSigner) -> dict[str, Any]:
    return {
        "waiting_id": "01WAITING",
        "token_hash": hash_token(tokens.derive("waiting", "01WAITING")),
        "service": "Certificado digital",
        "office": None,
        "office_slug": None,
        "mode": None,
        "timezone": "Europe/Madrid",
        "until": "2026-12-25T09:30:00+00:00",
    }


def _waiting_offer(tokens: TokenSigner) -> dict[str, Any]:
    offered = {"offered_starts_at": "2026-11-26T09:00:00+00:00", "offered_until": "2026-11-25T10:00:00+00:00"}
    return _waiting(tokens) | {"office": "Oficina Centro", "office_slug": "centro", "mode": "video"} | offered


def _reminder(tokens: TokenSigner) -> dict[str, Any]:
    return appointment_payload(tokens, until="2026-11-27T08:20:00+00:00", verdict=None, changes_until=None)


def _late(tokens: TokenSigner) -> dict[str, Any]:
    return _reminder(tokens) | {"come_at": "2026-11-27T09:00:00+00:00", "told_at": None}


def _verify(tokens: TokenSigner) -> dict[str, Any]:
    secret = hash_token(tokens.derive("verify", "01APPOINTMENT.abc"))
    until = {"kept_until": "2026-11-25T10:00:00+00:00"}
    return appointment_payload(tokens, verify_id="01APPOINTMENT.abc", verify_hash=secret, **until)


def _mailbox(tokens: TokenSigner) -> dict[str, Any]:
    return {
        "mailbox_id": "01CHECK",
        "token_hash": hash_token(tokens.derive("mailbox", "01CHECK")),
        "name": "Amina O'Hara & Co",
        "office": "Oficina Centro",
        "office_slug": "centro",
        "office_phone": "900 000 361",
        "timezone": "Europe/Madrid",
    }


SAMPLE_PAYLOADS: Mapping[str, PayloadFactory] = {
    "appointment_confirmed": appointment_payload,
    "appointment_rescheduled": _rescheduled,
    "appointment_cancelled": appointment_payload,
    "appointment_followed": appointment_payload,
    "earlier_offer": _offered,
    "come_in_now": _offered,
    "appointment_reminder_days": _reminder,
    "appointment_reminder_day": _reminder,
    "appointment_reminder_hour": _reminder,
    "appointment_late": _late,
    "appointment_verify": _verify,
    "appointment_already": appointment_payload,
    "mailbox_verify": _mailbox,
    "appointment_office_cancelled": _withdrawn,
    "waiting_joined": _waiting,
    "waiting_begun": _waiting,
    "waiting_offer": _waiting_offer,
    "waiting_expired": _waiting,
    "ticket_issued": ticket_payload,
    "ticket_standby": ticket_payload,
    "ticket_link": ticket_payload,
    **{kind: ticket_notification_payload for kind in KINDS if kind.startswith("turn_")},
}
