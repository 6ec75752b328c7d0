"""Payloads of messages as other features write them, and one for each kind."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from office360.core.tokens import TokenSigner, hash_token
from office360.notifications.domain.message_kinds import KINDS, STAFF_CONSOLE

PayloadFactory = Callable[[TokenSigner], dict[str, Any]]


def appointment_payload(tokens: TokenSigner, **changes: Any) -> dict[str, Any]:
    """Build the payload of a message about an appointment, as appointments/ writes it."""
    token = tokens.derive("appointment", "01APPOINTMENT")
    return {
        "appointment_id": "01APPOINTMENT",
        "token_hash": hash_token(token),
        "locator": "7KQM2X9T",
        "name": "Amina O'Hara & Co",
        "mode": "video",
        "starts_at": "2026-11-27T08:20:00+00:00",
        "ends_at": "2026-11-27T08:35:00+00:00",
        "entry_opens_at": "2026-11-27T08:05:00+00:00",
        "timezone": "Europe/Madrid",
        "minutes": 15,
        "service": "Certificado digital",
        "bring": "DNI o NIE",
        "office": "Oficina Centro",
        "office_slug": "centro",
        "service_slug": "certificate",
        "address": "Calle del Olivar, 12",
        "office_phone": "900 000 361",
        "access": "Entrada sin escalones",
        "needs": [],
        "calendar_uid": "01FIRST",
        "revision": 0,
        **changes,
    }


def ticket_payload(tokens: TokenSigner, **changes: Any) -> dict[str, Any]:
    """Build the payload of an e-mail about a ticket, as queue/ writes it."""
    token = tokens.derive("ticket", "01TICKET")
    return {
        "ticket_id": "01TICKET",
        "token_hash": hash_token(token),
        "code": "B-042",
        "office": "Oficina Centro",
        "line": "Identidad digital",
        "timezone": "Europe/Madrid",
        "eta_earliest": "2026-11-27T09:40:00+00:00",
        "eta_latest": "2026-11-27T09:50:00+00:00",
        **changes,
    }


def ticket_notification_payload(tokens: TokenSigner, **changes: Any) -> dict[str, Any]:
    """Build the payload of a push or SMS about a ticket, as queue/ writes it."""
    token = tokens.derive("ticket", "01TICKET")
    return {
        "ticket_id": "01TICKET",
        "token_hash": hash_token(token),
        "code": "B-042",
        "office": "Oficina Centro",
        "office_slug": "centro",
        "timezone": "Europe/Madrid",
        "desk": "4",
        "way": "Al fondo, a la izquierda",
        "ahead": 2,
        "eta_earliest": "2026-11-25T09:40:00Z",
        "eta_latest": "2026-11-25T09:50:00Z",
        "may_return_until": "2026-11-25T09:50:00Z",
        "message": None,
        "until": "2026-11-25T09:33:00Z",
        **changes,
    }


def _rescheduled(tokens: TokenSigner) -> dict[str, Any]:
    return appointment_payload(tokens, previous_starts_at="2026-11-26T09:00:00+00:00")


def _earlier_offer(tokens: TokenSigner) -> dict[str, Any]:
    return appointment_payload(
        tokens, offered_starts_at="2026-11-26T09:00:00+00:00", offered_until="2026-11-25T10:00:00+00:00"
    )


def _office_cancelled(tokens: TokenSigner) -> dict[str, Any]:
    times = {"first_at": "2026-11-27T08:15:00+00:00", "second_at": "2026-11-27T08:30:00+00:00", "third_at": None}
    return appointment_payload(tokens, reason="Hoy no hay luz.", kept_until="2026-11-26T09:30:00+00:00", **times)


def _waitlist_entry(tokens: TokenSigner) -> dict[str, Any]:
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
    return (
        _waitlist_entry(tokens) | {"office": "Oficina Centro", "office_slug": "centro", "mode": "video"} | offered
    )


def _reminder(tokens: TokenSigner) -> dict[str, Any]:
    return appointment_payload(tokens, until="2026-11-27T08:20:00+00:00", verdict=None, changes_until=None)


def _acceptance(tokens: TokenSigner) -> dict[str, Any]:
    """Build the payload of messages about a text to accept, as rooms/ writes it."""
    code = {"code_purpose": "acceptance_code", "code_subject": "01ACCEPTANCE.1"}
    text = {
        "title": "Consulta de mis datos",
        "body": "Autorizo la consulta.\n\nUna sola vez.",
        "text_hash": "ab" * 32,
    }
    parties = {"agent": "Boris", "sent_to": "a•••@example.org", "accepted_at": "2026-11-27T08:30:00+00:00"}
    return appointment_payload(tokens, until="2026-11-27T08:40:00+00:00", **code, **text, **parties)


def _missed_call(tokens: TokenSigner) -> dict[str, Any]:
    called = {"called_at": "2026-11-27T08:21:00+00:00", "attempts": 1, "mode": "phone", "call_to": "6•• ••• •22"}
    return _reminder(tokens) | called


def _delayed(tokens: TokenSigner) -> dict[str, Any]:
    return _reminder(tokens) | {"come_at": "2026-11-27T09:00:00+00:00", "told_at": None}


def _unverified_appointment(tokens: TokenSigner) -> dict[str, Any]:
    secret = hash_token(tokens.derive("verify", "01APPOINTMENT.abc"))
    until = {"kept_until": "2026-11-25T10:00:00+00:00"}
    return appointment_payload(tokens, verify_id="01APPOINTMENT.abc", verify_hash=secret, **until)


def _email_verification(tokens: TokenSigner) -> dict[str, Any]:
    return {
        "mailbox_id": "01CHECK",
        "token_hash": hash_token(tokens.derive("mailbox", "01CHECK")),
        "name": "Amina O'Hara & Co",
        "office": "Oficina Centro",
        "office_slug": "centro",
        "office_phone": "900 000 361",
        "timezone": "Europe/Madrid",
    }


def _staff_account(tokens: TokenSigner) -> dict[str, Any]:
    return {
        "account_id": "01LINK",
        "token_hash": hash_token(tokens.derive("account", "01LINK")),
        "name": "Boris O'Hara & Co",
        "username": "boris",
        "office": "Oficina Centro",
        "office_slug": "centro",
        "timezone": "Europe/Madrid",
        "expires_at": "2026-12-02T09:30:00+00:00",
    }


def _staff_test(tokens: TokenSigner) -> dict[str, Any]:
    return {
        "test_message_id": "01TEST",
        "token_hash": "",
        "name": "Boris O'Hara & Co",
        "timezone": "Europe/Madrid",
    }


def _monthly_figures(tokens: TokenSigner) -> dict[str, Any]:
    def mark(key: str, unit: str, value: int | None, **more: Any) -> dict[str, Any]:
        fields = {"before": 12, "year_before": None, "target": None, "is_reached": None}
        return {"key": key, "unit": unit, "value": value, **fields, **more}

    return {
        "month_at": "2026-10-01T12:00:00+00:00",
        "before_at": "2026-09-01T12:00:00+00:00",
        "year_at": "2025-10-01T12:00:00+00:00",
        "timezone": "Europe/Madrid",
        "until": "2026-12-15T09:30:00+00:00",
        "office_slug": "centro",
        "offices": [
            {
                "slug": "centro",
                "name": "Oficina O'Higgins & Co",
                "marks": [
                    mark("tickets", "count", 1234, year_before=1100),
                    mark("wait_p90", "minutes", 31, target=30, is_reached=False),
                    mark("on_time", "percent", None),
                ],
                "sentences": [
                    {"code": "visits_more", "numbers": {"num": 1234, "percent": 8}},
                    {"code": "wait_shorter", "numbers": {"num": 12, "by": 3}},
                    {"code": "targets_none", "numbers": {"reached": 0, "num": 1}},
                ],
                "best": {"hour": 9, "wait_min": 2},
                "worst": {"hour": 14, "wait_min": 56},
            }
        ],
    }


def _guest_invite(tokens: TokenSigner) -> dict[str, Any]:
    """Build the payload of a guest's link, as rooms/ writes it."""
    return {
        "guest_id": "01INVITE",
        "token_hash": hash_token(tokens.derive("guest", "01INVITE")),
        "role": "interpreter",
        "name": "Elena O'Hara & Co",
        "service": "Certificado digital",
        "office": "Oficina Centro",
        "office_slug": "centro",
        "office_phone": "900 000 361",
        "timezone": "Europe/Madrid",
        "starts_at": "2026-11-27T08:20:00+00:00",
        "until": "2026-11-27T09:05:00+00:00",
    }


def _staff_factor(tokens: TokenSigner) -> dict[str, Any]:
    return {**_staff_account(tokens), "change": "passkey_added", "changed_at": "2026-12-02T09:30:00+00:00"}


def _staff_alert(tokens: TokenSigner) -> dict[str, Any]:
    """Build the payload of a push to staff, as staff/ writes it."""
    return {
        "office": "Oficina Centro",
        "office_slug": "centro",
        "timezone": "Europe/Madrid",
        "path": "/staff/host?office=centro",
        "tag": "help:01TICKET:1764063000",
        "until": "2026-11-25T09:45:00Z",
        "code": "B-042",
        "minutes": 31,
        "desk": "4",
        "started_at": "2026-11-25T09:30:00Z",
        "transfer": "cold",
        "sender": "Carmen",
    }


SAMPLE_PAYLOADS: Mapping[str, PayloadFactory] = {
    "appointment_link": appointment_payload,
    "room_ready": _reminder,
    "room_invite": _guest_invite,
    "acceptance_code": _acceptance,
    "acceptance_receipt": _acceptance,
    "phone_call_missed": _missed_call,
    "appointment_confirmed": appointment_payload,
    "appointment_rescheduled": _rescheduled,
    "appointment_cancelled": appointment_payload,
    "appointment_followed": appointment_payload,
    "earlier_offer": _earlier_offer,
    "come_in_now": _earlier_offer,
    "appointment_reminder_days": _reminder,
    "appointment_reminder_day": _reminder,
    "appointment_reminder_hour": _reminder,
    "appointment_late": _delayed,
    "appointment_verify": _unverified_appointment,
    "appointment_already": appointment_payload,
    "mailbox_verify": _email_verification,
    "appointment_office_cancelled": _office_cancelled,
    "waiting_joined": _waitlist_entry,
    "waiting_begun": _waitlist_entry,
    "waiting_offer": _waiting_offer,
    "waiting_expired": _waitlist_entry,
    "staff_invitation": _staff_account,
    "staff_reset": _staff_account,
    "staff_test": _staff_test,
    "monthly_figures": _monthly_figures,
    "staff_factor": _staff_factor,
    **{kind: _staff_alert for kind in KINDS if KINDS[kind].link_target == STAFF_CONSOLE},
    "ticket_issued": ticket_payload,
    "ticket_standby": ticket_payload,
    "ticket_link": ticket_payload,
    **{kind: ticket_notification_payload for kind in KINDS if kind.startswith("turn_")},
}
