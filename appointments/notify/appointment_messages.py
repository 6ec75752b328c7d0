"""What the outside is told of an appointment: rows of the outbox, written in the transaction of their cause.

Reminders are not written ahead: a timer is set, and reminding.py writes each when it is due, as things are then.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from ...core.contact import push_subscriptions
from ...core.db.outbox import OutboxRow, build_outbox_row, enqueue_unless_present
from ...core.i18n.dates import format_rfc3339
from ...core.ids import new_id
from ...core.runtime import Transaction
from ...core.tokens import hash_token
from ...offices.service import Office, things_to_bring
from ..domain import reminder_schedule
from ..domain.appointment import Appointment, BookingRequest, entry_opens_at
from ..domain.contact_identifiers import email_key
from ..domain.reminder_schedule import PlannedReminder, ReminderKind, ReminderSettings
from ..events import LastTestResult
from ..queries.service_settings import agenda_settings_or_defaults, change_limit
from ..queries.visit_services import appointment_services

VERIFY_KIND, EXISTING_BOOKING_KIND, MAILBOX_VERIFY_KIND = (
    "appointment_verify",
    "appointment_already",
    "mailbox_verify",
)
PUSH_SUBSCRIPTION_GRACE = timedelta(hours=12)  # after its end, for what is still on its way
REMINDER_TIMER = "appointment.remind"  # the timer of an appointment's next reminder
SUBJECT_PREFIX = "appointment:"
REMINDER_KINDS = frozenset(str(one) for one in ReminderKind)
DELAY_KIND = "appointment_late"
ATTENDANCE_KINDS = REMINDER_KINDS | {DELAY_KIND}  # what asks somebody to come


def outbox_subject(appointment: Appointment) -> str:
    """What the rows and the timer of one appointment have in common, so that they can be taken back."""
    return f"{SUBJECT_PREFIX}{appointment.id}"


def appointment_id_from_subject(subject: str) -> str:
    """The appointment's id."""
    return subject.removeprefix(SUBJECT_PREFIX)


# Reminders to come


def planned_reminders(office: Office, appointment: Appointment) -> list[PlannedReminder]:
    """The reminders of an appointment, as its office wants them."""
    rules = reminder_settings(office, appointment)
    spread = reminder_schedule.reminder_spread(appointment.id)
    return reminder_schedule.plan_reminders(
        appointment.starts_at, appointment.created_at, office.timezone, rules, spread
    )


def reminder_settings(office: Office, appointment: Appointment) -> ReminderSettings:
    """The office's or the service's. Rules that make no sense leave nobody without a reminder."""
    return agenda_settings_or_defaults(office, appointment_services(office, appointment)[0]).reminders


async def schedule_next_reminder(tx: Transaction, office: Office, appointment: Appointment) -> None:
    """Set the timer of an appointment's first reminder."""
    at = reminder_schedule.next_reminder_at(planned_reminders(office, appointment), tx.now)
    if at is not None:
        await tx.schedule_timer(REMINDER_TIMER, subject=outbox_subject(appointment), due_at=at)


async def void_pending_messages(tx: Transaction, appointment: Appointment) -> None:
    """Nothing more is told of it: what has not left is taken back, and nobody is reminded."""
    await tx.void_messages(outbox_subject(appointment))
    await tx.cancel_timers(outbox_subject(appointment), [REMINDER_TIMER])


async def void_pending_reminders(tx: Transaction, appointment: Appointment) -> None:
    """Whoever is here, or is expected no more, is asked to come by nothing that has not left yet."""
    await tx.void_messages(outbox_subject(appointment), ATTENDANCE_KINDS)


# Letters and notices


async def send_push_confirmation(
    tx: Transaction, office: Office, appointment: Appointment, subscription: str
) -> None:
    """The first push of whoever has just asked to be told, which proves that it works."""
    await enqueue_unless_present(
        tx.session, [_push_row(tx, "appointment_followed", office, appointment, subscription)]
    )


async def send_confirmation(
    tx: Transaction, office: Office, appointment: Appointment, *, verify: bool = False
) -> None:
    """It is certain now: its letter, and the reminders to come. `verify`: with the link that shows that the
    mailbox is its owner's."""
    send_email(
        tx, "appointment_confirmed", office, appointment, _verification_fields(tx, appointment) if verify else None
    )
    await schedule_next_reminder(tx, office, appointment)


def send_verification_email(tx: Transaction, office: Office, appointment: Appointment) -> None:
    """Asks to open the link that this letter alone has."""
    assert appointment.kept_until is not None
    more = {**_verification_fields(tx, appointment), "kept_until": _utc(appointment.kept_until)}
    send_email(tx, VERIFY_KIND, office, appointment, more, stamp=f".{new_id()}")


def send_existing_booking(tx: Transaction, office: Office, appointment: Appointment) -> None:
    """Somebody asked for the same service with this address: what it has, and where to change it."""
    send_email(tx, EXISTING_BOOKING_KIND, office, appointment, stamp=f".{new_id()}")


def send_mailbox_verification(
    tx: Transaction, office: Office, booking: BookingRequest, check_id: str, token_hash: str
) -> None:
    """Asks to show that a mailbox is its owner's before there is an appointment."""
    tx.enqueue_message(
        MAILBOX_VERIFY_KIND,
        subject=f"mailbox:{check_id}",
        recipient=booking.email,
        payload={
            "mailbox_id": check_id,
            "token_hash": token_hash,
            "name": booking.name,
            "office": office.name,
            "office_slug": office.slug,
            "office_phone": office.phone,
            "timezone": office.timezone.key,
        },
        key=f"{MAILBOX_VERIFY_KIND}:{check_id}",
        language=booking.language,
    )


def _verification_fields(tx: Transaction, appointment: Appointment) -> dict[str, Any]:
    """From what the link's secret is derived again by whoever sends the letter; it stands nowhere in clear."""
    stands_for = verification_secret_id(appointment.id, appointment.email)
    return {"verify_id": stands_for, "verify_hash": hash_token(tx.runtime.tokens.derive("verify", stands_for))}


def verification_secret_id(appointment_id: str, email: str) -> str:
    """What the e-mail's own secret stands for. Another address makes the old letter's secret worthless."""
    return f"{appointment_id}.{email_key(email)[:32]}"


async def send_cancellation(tx: Transaction, office: Office, appointment: Appointment) -> None:
    await void_pending_messages(tx, appointment)
    if appointment.kept_until is not None:  # nobody has shown that they read this mailbox
        return
    send_email(tx, "appointment_cancelled", office, appointment)
    await notify_browsers(tx, "appointment_cancelled", office, appointment)


async def send_rescheduling(tx: Transaction, office: Office, old: Appointment, new: Appointment) -> None:
    await void_pending_messages(tx, old)
    await push_subscriptions.copy_push_subscriptions(
        tx.session, outbox_subject(old), outbox_subject(new), tx.now, new.ends_at + PUSH_SUBSCRIPTION_GRACE
    )
    await notify_browsers(tx, "appointment_rescheduled", office, new)
    send_email(tx, "appointment_rescheduled", office, new, {"previous_starts_at": _utc(old.starts_at)})
    await schedule_next_reminder(tx, office, new)


async def send_reminder(
    tx: Transaction,
    office: Office,
    appointment: Appointment,
    due: PlannedReminder,
    last_test: LastTestResult | None,
) -> None:
    """One reminder by every way; written a second time, it is the same rows."""
    more = {"until": _utc(due.until), "verdict": last_test.verdict if last_test else None}
    await notify_all_channels(tx, str(due.reminder), office, appointment, more)


async def send_delay(tx: Transaction, office: Office, appointment: Appointment, announced_start: datetime) -> None:
    """When to come instead. What was told before and has not left is taken back."""
    await tx.void_messages(outbox_subject(appointment), ATTENDANCE_KINDS)
    before = appointment.told_starts_at
    more = {
        "come_at": _utc(announced_start),
        "told_at": _utc(before) if before else None,
        "until": _utc(max(announced_start, appointment.starts_at)),
    }
    await notify_all_channels(
        tx, DELAY_KIND, office, appointment, more, stamp=f":{_utc(announced_start)}:{_utc(tx.now)}"
    )


async def notify_all_channels(
    tx: Transaction,
    kind: str,
    office: Office,
    appointment: Appointment,
    more: Mapping[str, Any] | None = None,
    *,
    stamp: str = "",
) -> None:
    """By e-mail, to every browser that follows it, and by SMS to whoever wants that. The same `kind`, appointment
    and `stamp` once more is nothing new."""
    mine = outbox_subject(appointment)
    browsers = (await push_subscriptions.subscription_ids_by_subject(tx.session, [mine])).get(mine, [])
    rows = [_message_row(tx, kind, office, appointment, "email", appointment.email, more, stamp)]
    rows += [_message_row(tx, kind, office, appointment, "push", browser, more, stamp) for browser in browsers]
    if appointment.remind_by_sms and appointment.phone:
        rows.append(_message_row(tx, kind, office, appointment, "sms", appointment.phone, more, stamp))
    await enqueue_unless_present(tx.session, rows)


async def notify_browsers(
    tx: Transaction,
    kind: str,
    office: Office,
    appointment: Appointment,
    more: Mapping[str, Any] | None = None,
) -> None:
    mine = outbox_subject(appointment)
    browsers = (await push_subscriptions.subscription_ids_by_subject(tx.session, [mine])).get(mine, [])
    await enqueue_unless_present(
        tx.session, [_push_row(tx, kind, office, appointment, browser, more) for browser in browsers]
    )


def _push_row(
    tx: Transaction,
    kind: str,
    office: Office,
    appointment: Appointment,
    subscription: str,
    more: Mapping[str, Any] | None = None,
) -> OutboxRow:
    return _message_row(tx, kind, office, appointment, "push", subscription, more)


def send_email(
    tx: Transaction,
    kind: str,
    office: Office,
    appointment: Appointment,
    more: Mapping[str, Any] | None = None,
    *,
    stamp: str = "",
) -> None:
    """A letter by e-mail that its cause writes once, or once for each `stamp`."""
    tx.session.add(_message_row(tx, kind, office, appointment, "email", appointment.email, more, stamp))


def _message_row(
    tx: Transaction,
    kind: str,
    office: Office,
    appointment: Appointment,
    channel: str,
    recipient: str,
    more: Mapping[str, Any] | None = None,
    stamp: str = "",
) -> OutboxRow:
    payload = _email_payload if channel == "email" else _short_payload
    way = {"email": "", "push": f":push.{recipient}", "sms": ":sms"}[channel]
    return build_outbox_row(
        kind,
        subject=outbox_subject(appointment),
        recipient=recipient,
        payload={**payload(office, appointment), **(more or {})},
        key=f"{kind}:{appointment.id}{stamp}{way}",
        language=appointment.language,
        channel=channel,
        created_at=tx.now,
        not_before=None,
    )


def _short_payload(office: Office, appointment: Appointment) -> dict[str, Any]:
    """Read on a locked screen by whoever passes: where and when, and nobody's name."""
    return {
        "appointment_id": appointment.id,
        "token_hash": appointment.token_hash,
        "office": office.name,
        "office_slug": office.slug,
        "timezone": office.timezone.key,
        "mode": appointment.mode,
        "starts_at": _utc(appointment.starts_at),
        "ends_at": _utc(appointment.ends_at),
        "entry_opens_at": _utc(entry_opens_at(appointment)),
    }


def _email_payload(office: Office, appointment: Appointment) -> dict[str, Any]:
    """Everything a letter says. No token: whoever sends it derives the link from id and hash."""
    services = appointment_services(office, appointment)
    service, language, limit = services[0], appointment.language, change_limit(office, appointment)
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
        "services": [one.name(language) for one in services],
        "bring": "; ".join(things_to_bring(services, language)) or None,
        "service_slug": service.slug,
        "more_services": [one.slug for one in services[1:]],
        "office": office.name,
        "office_slug": office.slug,
        "address": office.address,
        "office_phone": office.phone,
        "access": office.access_in(language),
        "entry_opens_at": _utc(entry_opens_at(appointment)),
        "changes_until": _utc(appointment.starts_at - limit) if limit else None,
        "needs": list(appointment.needs),
        "calendar_uid": appointment.calendar_uid,
        "revision": appointment.revision,
    }


def _utc(moment: datetime) -> str:
    return format_rfc3339(moment, UTC)
