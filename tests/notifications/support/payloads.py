"""One payload of each kind of message, as the folder that knows writes it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from office360.core.tokens import Tokens
from office360.notifications.domain.message_kinds import KINDS

from ..conftest import appointment, notice, ticket

Sample = Callable[[Tokens], dict[str, Any]]


def _rescheduled(tokens: Tokens) -> dict[str, Any]:
    return appointment(tokens, previous_starts_at="2026-11-26T09:00:00+00:00")


def _offered(tokens: Tokens) -> dict[str, Any]:
    return appointment(
        tokens, offered_starts_at="2026-11-26T09:00:00+00:00", offered_until="2026-11-25T10:00:00+00:00"
    )


def _withdrawn(tokens: Tokens) -> dict[str, Any]:
    times = {"first_at": "2026-11-27T08:15:00+00:00", "second_at": "2026-11-27T08:30:00+00:00", "third_at": None}
    return appointment(tokens, reason="Hoy no hay luz.", kept_until="2026-11-26T09:30:00+00:00", **times)


def _waiting(tokens: Tokens) -> dict[str, Any]:
    return {
        "waiting_id": "01WAITING",
        "token_hash": tokens.hash(tokens.derive("waiting", "01WAITING")),
        "service": "Certificado digital",
        "office": None,
        "office_slug": None,
        "mode": None,
        "timezone": "Europe/Madrid",
        "until": "2026-12-25T09:30:00+00:00",
    }


def _waiting_offer(tokens: Tokens) -> dict[str, Any]:
    offered = {"offered_starts_at": "2026-11-26T09:00:00+00:00", "offered_until": "2026-11-25T10:00:00+00:00"}
    return _waiting(tokens) | {"office": "Oficina Centro", "office_slug": "centro", "mode": "video"} | offered


def _reminder(tokens: Tokens) -> dict[str, Any]:
    return appointment(tokens, until="2026-11-27T08:20:00+00:00", verdict=None, changes_until=None)


def _late(tokens: Tokens) -> dict[str, Any]:
    return _reminder(tokens) | {"come_at": "2026-11-27T09:00:00+00:00", "told_at": None}


def _verify(tokens: Tokens) -> dict[str, Any]:
    secret = tokens.hash(tokens.derive("verify", "01APPOINTMENT.abc"))
    until = {"kept_until": "2026-11-25T10:00:00+00:00"}
    return appointment(tokens, verify_id="01APPOINTMENT.abc", verify_hash=secret, **until)


def _mailbox(tokens: Tokens) -> dict[str, Any]:
    return {
        "mailbox_id": "01CHECK",
        "token_hash": tokens.hash(tokens.derive("mailbox", "01CHECK")),
        "name": "Amina O'Hara & Co",
        "office": "Oficina Centro",
        "office_slug": "centro",
        "office_phone": "900 000 361",
        "timezone": "Europe/Madrid",
    }


SAMPLES: Mapping[str, Sample] = {
    "appointment_confirmed": appointment,
    "appointment_rescheduled": _rescheduled,
    "appointment_cancelled": appointment,
    "appointment_followed": appointment,
    "earlier_offer": _offered,
    "come_in_now": _offered,
    "appointment_reminder_days": _reminder,
    "appointment_reminder_day": _reminder,
    "appointment_reminder_hour": _reminder,
    "appointment_late": _late,
    "appointment_verify": _verify,
    "appointment_already": appointment,
    "mailbox_verify": _mailbox,
    "appointment_office_cancelled": _withdrawn,
    "waiting_joined": _waiting,
    "waiting_begun": _waiting,
    "waiting_offer": _waiting_offer,
    "waiting_expired": _waiting,
    "ticket_issued": ticket,
    "ticket_standby": ticket,
    "ticket_link": ticket,
    **{kind: notice for kind in KINDS if kind.startswith("turn_")},
}
