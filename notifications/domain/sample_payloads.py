"""Example facts for each kind of message, for previews. Pure: no clock, no SQL.

The person is obviously an example, and the links lead to no appointment, turn or account.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from ...core.i18n.languages import text_in_language
from .declared_channels import CHOSEN_CHANNELS
from .message_content import OutboxMessage
from .message_kinds import (
    APPOINTMENT,
    EMAIL,
    FIGURES_PAGE,
    GUEST_LINK,
    OWN_ACCOUNT,
    PUSH,
    STAFF_CONSOLE,
    TICKET,
    WAITLIST_ENTRY,
    message_kind,
)

EXAMPLE_ID = "EXAMPLE"  # no row has it, and its token opens nothing
EXAMPLE_NAMES: Mapping[str, str] = {"es": "Nombre Apellido", "en": "Name Surname"}
EXAMPLE_REASONS: Mapping[str, str] = {
    "es": "Motivo que escribe la oficina.",
    "en": "Reason that the office writes.",
}
EXAMPLE_RECIPIENTS: Mapping[str, str] = {
    EMAIL: "nombre@ejemplo.es",
    PUSH: EXAMPLE_ID,
    **{channel.name: channel.example_recipient for channel in CHOSEN_CHANNELS},
}
EXAMPLE_LOCATOR = "K7Q29XTM"
EXAMPLE_CALL_TO = "6•• ••• •00"
# Kinds that are about a single mode.
MODES_OF_KINDS: Mapping[str, str] = {
    "come_in_now": "video",
    "room_ready": "video",
    "acceptance_code": "video",
    "acceptance_receipt": "video",
    "phone_call_missed": "phone",
}
EXAMPLE_TEXTS: Mapping[str, str] = {"es": "Texto de la oficina", "en": "Text of the office"}
EXAMPLE_LEAD = timedelta(days=2)  # from now to the appointment


@dataclass(frozen=True, slots=True)
class SampleOffice:
    """The office that a preview names, with a service in its language."""

    slug: str
    name: str
    address: str
    phone: str
    access: str | None
    timezone: ZoneInfo
    service: str
    service_slug: str
    minutes: int
    bring: str | None
    line: str
    code: str
    desk: str
    way: str | None
    price: str | None = None
    transport: str | None = None
    parking: str | None = None


def sample_message(
    kind: str, channel: str, language: str, office: SampleOffice, now: datetime, *, mode: str = "in_person"
) -> OutboxMessage:
    """Build an example of a message. Raises LookupError for an unknown kind or channel."""
    if channel not in message_kind(kind).channels:
        raise LookupError(channel)
    payload = _sample_payload(kind, language, office, now, MODES_OF_KINDS.get(kind, mode))
    recipient = EXAMPLE_RECIPIENTS[channel]
    return OutboxMessage(EXAMPLE_ID, f"example:{kind}", channel, kind, recipient, language, payload, now)


def _sample_payload(kind: str, language: str, office: SampleOffice, now: datetime, mode: str) -> dict[str, Any]:
    target = message_kind(kind).link_target
    common = {
        f"{target.purpose}_id": EXAMPLE_ID,
        "token_hash": "",
        "name": text_in_language(EXAMPLE_NAMES, language),
        "office": office.name,
        "office_slug": office.slug,
        "office_phone": office.phone,
        "timezone": office.timezone.key,
        "username": "nombre",
    }
    soon = now.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    times = {
        "until": soon + timedelta(hours=1),
        "expires_at": now + timedelta(days=7),
        "kept_until": now + timedelta(hours=1),
        "offered_until": soon,
        "offered_starts_at": soon + timedelta(days=1),
    }
    facts = {**common, **{name: moment.isoformat() for name, moment in times.items()}}
    if target == APPOINTMENT:
        return {**facts, **_appointment_facts(kind, language, office, now, mode)}
    if target == TICKET:
        return {**facts, **_ticket_facts(office, soon)}
    if target == GUEST_LINK:
        return {**facts, "role": "interpreter", "service": office.service, "starts_at": soon.isoformat()}
    if target == WAITLIST_ENTRY:
        return {**facts, "service": office.service, "mode": None}
    if target == FIGURES_PAGE:
        return {**facts, **_figures_facts(office, now)}
    if target == STAFF_CONSOLE:
        return {**facts, **_staff_alert_facts(office, now)}
    if target == OWN_ACCOUNT:
        return {**facts, "change": "passkey_added", "changed_at": now.isoformat()}
    return facts


def _appointment_facts(kind: str, language: str, office: SampleOffice, now: datetime, mode: str) -> dict[str, Any]:
    local = (now + EXAMPLE_LEAD).astimezone(office.timezone)
    starts_at = local.replace(hour=10, minute=20, second=0, microsecond=0)
    times = {
        "starts_at": starts_at,
        "ends_at": starts_at + timedelta(minutes=office.minutes),
        "entry_opens_at": starts_at - timedelta(minutes=15),
        "changes_until": starts_at - timedelta(hours=2),
        "come_at": starts_at + timedelta(minutes=20),
        "first_at": starts_at + timedelta(minutes=30),
        "second_at": starts_at + timedelta(hours=1),
        "third_at": starts_at + timedelta(days=1),
    }
    if kind == "appointment_rescheduled":
        times["previous_starts_at"] = starts_at - timedelta(days=1)
    if kind == "phone_call_missed":
        times["called_at"] = starts_at
    return {
        **{name: moment.isoformat() for name, moment in times.items()},
        "told_at": None,
        "locator": EXAMPLE_LOCATOR,
        "mode": mode,
        "call_to": EXAMPLE_CALL_TO if mode == "phone" else None,
        "attempts": 1,
        "minutes": office.minutes,
        "service": office.service,
        "service_slug": office.service_slug,
        "bring": office.bring,
        "address": office.address,
        "access": office.access,
        "price": office.price,
        "transport": office.transport,
        "parking": office.parking,
        "needs": [],
        "verdict": None,
        "reason": text_in_language(EXAMPLE_REASONS, language),
        **_acceptance_facts(language, now),
        "verify_id": EXAMPLE_ID if kind == "appointment_verify" else None,
        "verify_hash": "",
    }


def _acceptance_facts(language: str, now: datetime) -> dict[str, Any]:
    return {
        "code_purpose": EXAMPLE_ID,
        "code_subject": EXAMPLE_ID,
        "title": text_in_language(EXAMPLE_TEXTS, language),
        "body": text_in_language(EXAMPLE_REASONS, language),
        "text_hash": "0" * 64,
        "agent": text_in_language(EXAMPLE_NAMES, language),
        "sent_to": EXAMPLE_RECIPIENTS[EMAIL],
        "accepted_at": now.isoformat(),
    }


def _ticket_facts(office: SampleOffice, soon: datetime) -> dict[str, Any]:
    return {
        "code": office.code,
        "line": office.line,
        "desk": office.desk,
        "way": office.way,
        "ahead": 2,
        "eta_earliest": soon.isoformat(),
        "eta_latest": (soon + timedelta(minutes=10)).isoformat(),
        "may_return_until": soon.isoformat(),
        "message": None,
    }


def _staff_alert_facts(office: SampleOffice, now: datetime) -> dict[str, Any]:
    return {
        "path": f"/staff/host?office={office.slug}",
        "tag": EXAMPLE_ID,
        "code": office.code,
        "minutes": 31,
        "desk": office.desk,
        "started_at": now.isoformat(),
        "sender": "Boris",
        "transfer": "warm",
    }


def _figures_facts(office: SampleOffice, now: datetime) -> dict[str, Any]:
    def mark(key: str, unit: str, value: int, before: int, **target: Any) -> dict[str, Any]:
        values = {"key": key, "unit": unit, "value": value, "before": before, "year_before": None}
        return {**values, "target": None, "is_reached": None, **target}

    month_at = now.replace(day=1, hour=12, minute=0, second=0, microsecond=0) - timedelta(days=15)
    return {
        "month_at": month_at.isoformat(),
        "before_at": (month_at - timedelta(days=30)).isoformat(),
        "year_at": (month_at - timedelta(days=365)).isoformat(),
        "offices": [
            {
                "slug": office.slug,
                "name": office.name,
                "marks": [
                    mark("tickets", "count", 1200, 1100),
                    mark("wait_p90", "minutes", 28, 31, target=30, is_reached=True),
                    mark("on_time", "percent", 86, 83),
                ],
                "sentences": [
                    {"code": "visits_more", "numbers": {"num": 1200, "percent": 9}},
                    {"code": "wait_shorter", "numbers": {"num": 12, "by": 3}},
                    {"code": "targets_all", "numbers": {"reached": 1, "num": 1}},
                ],
                "best": {"hour": 9, "wait_min": 4},
                "worst": {"hour": 12, "wait_min": 31},
            }
        ],
    }
