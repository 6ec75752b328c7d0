"""Outbox rows about appointments, written in the transaction of their cause.

Reminders are not written in advance: reminders.py writes a reminder when its timer is due, with the facts of
that moment.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from ...core.contact import push_subscriptions
from ...core.contact.masked_contact import mask_contact
from ...core.db.outbox import OutboxRow, build_outbox_row, enqueue_unless_present, present_keys
from ...core.i18n.dates import format_utc
from ...core.ids import new_id
from ...core.runtime import Transaction
from ...core.tokens import hash_token
from ...offices.service import Office, prices_of_services, things_to_bring
from ..domain.appointment import Appointment, BookingRequest, entry_opens_at
from ..domain.contact_identifiers import email_digest
from ..domain.phone_call import PhoneCall
from ..domain.reminder_schedule import PlannedReminder, ReminderKind
from ..events import LastTestResult
from ..queries.bookable_services import change_limit
from ..queries.visit_services import appointment_services
from .reminder_timers import REMINDER_TIMER, outbox_subject, schedule_next_reminder

VERIFY_KIND = "appointment_verify"
EXISTING_BOOKING_KIND = "appointment_already"
MAILBOX_VERIFY_KIND = "mailbox_verify"
# After the appointment, for messages that are still on their way.
PUSH_SUBSCRIPTION_GRACE = timedelta(hours=12)
LOST_LINK_KIND = "appointment_link"
SECONDS_BETWEEN_LINKS = 60  # of the same appointment, sent by staff
# An agent does not wait longer for a citizen who left the lobby.
CALL_BACK_USEFUL_FOR = timedelta(minutes=10)
REMINDER_KINDS = frozenset(str(kind) for kind in ReminderKind)
DELAY_KIND = "appointment_late"
CALL_BACK_KIND = "room_ready"
MISSED_CALL_KIND = "phone_call_missed"
MISSED_CALL_USEFUL_FOR = timedelta(hours=2)  # later, the citizen has noticed the call
ATTENDANCE_KINDS = REMINDER_KINDS | {DELAY_KIND}  # messages that ask the citizen to come


async def void_pending_messages(tx: Transaction, appointment: Appointment) -> None:
    """Void all messages about an appointment that are not sent yet, and cancel its reminders."""
    await tx.void_messages(outbox_subject(appointment))
    await tx.cancel_timers(outbox_subject(appointment), [REMINDER_TIMER])


async def void_pending_reminders(tx: Transaction, appointment: Appointment) -> None:
    """Void unsent messages that ask the citizen to come: reminders and delay notices."""
    await tx.void_messages(outbox_subject(appointment), ATTENDANCE_KINDS)


async def send_push_confirmation(
    tx: Transaction, office: Office, appointment: Appointment, subscription: str
) -> None:
    """Send a first push to a browser that has just subscribed, as a proof that it works."""
    await enqueue_unless_present(
        tx.session, [_message_row(tx, "appointment_followed", office, appointment, "push", subscription)]
    )


async def send_confirmation(
    tx: Transaction, office: Office, appointment: Appointment, *, verify: bool = False
) -> None:
    """Confirm an appointment and schedule its reminders.

    `verify`: with a link by which the citizen verifies the mailbox.
    """
    fields = _verification_fields(tx, appointment) if verify else None
    send_to_citizen(tx, "appointment_confirmed", office, appointment, fields)
    await schedule_next_reminder(tx, office, appointment)


async def send_confirmation_again(tx: Transaction, office: Office, appointment: Appointment) -> None:
    """Confirm an appointment to its corrected address; the reminders follow there."""
    # A void row keeps its unique key, so that the new row needs a key of its own.
    await tx.void_messages(outbox_subject(appointment), {"appointment_confirmed"})
    fields = _verification_fields(tx, appointment)
    send_to_citizen(tx, "appointment_confirmed", office, appointment, fields, stamp=f".{new_id()}")


def send_verification_email(tx: Transaction, office: Office, appointment: Appointment) -> None:
    """Ask the citizen to open the verification link of a pre-confirmed appointment."""
    assert appointment.kept_until is not None
    fields = {**_verification_fields(tx, appointment), "kept_until": format_utc(appointment.kept_until)}
    send_to_citizen(tx, VERIFY_KIND, office, appointment, fields, stamp=f".{new_id()}")


def send_existing_booking(tx: Transaction, office: Office, appointment: Appointment) -> None:
    """Tell a mailbox about its appointment, after another booking for the service."""
    send_to_citizen(tx, EXISTING_BOOKING_KIND, office, appointment, stamp=f".{new_id()}")


def send_mailbox_verification(
    tx: Transaction, office: Office, booking: BookingRequest, check_id: str, token_hash: str
) -> None:
    """Ask the owner of a mailbox to verify it before a booking."""
    assert booking.email is not None
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
    """Return the id and hash from which the worker derives the link's secret."""
    assert appointment.email is not None
    secret_id = verification_secret_id(appointment.id, appointment.email)
    return {"verify_id": secret_id, "verify_hash": hash_token(tx.runtime.tokens.derive("verify", secret_id))}


def verification_secret_id(appointment_id: str, email: str) -> str:
    """Return the id from which the secret of a verification link is derived.

    It contains the e-mail, so that a corrected e-mail revokes the link sent to the previous.
    """
    return f"{appointment_id}.{email_digest(email)[:32]}"


def send_lost_link(tx: Transaction, office: Office, appointment: Appointment) -> None:
    """Send the link of an appointment to its mailbox."""
    send_to_citizen(tx, LOST_LINK_KIND, office, appointment, stamp=f".{new_id()}")


async def send_link(tx: Transaction, office: Office, appointment: Appointment) -> bool:
    """Send the link of an appointment again for staff: by e-mail, or on the chosen channels.

    Once in a minute, because a button may be pressed twice. Returns whether a message was written.
    """
    kind = LOST_LINK_KIND if appointment.email is not None else "appointment_confirmed"
    stamp = f".{int(tx.now.timestamp()) // SECONDS_BETWEEN_LINKS}"
    rows = _citizen_rows(tx, kind, office, appointment, {}, stamp)
    known = await present_keys(tx.session, [row.key for row in rows])
    new = [row for row in rows if row.key not in known]
    await enqueue_unless_present(tx.session, new)
    return bool(new)


async def send_confirmation_to_contact(tx: Transaction, office: Office, appointment: Appointment) -> None:
    """Confirm an appointment to the contact that staff corrected, and schedule its reminders."""
    send_to_citizen(tx, "appointment_confirmed", office, appointment, stamp=f".{new_id()}")
    await schedule_next_reminder(tx, office, appointment)


async def send_cancellation(tx: Transaction, office: Office, appointment: Appointment) -> None:
    """Void pending messages, and confirm the cancellation, unless the mailbox is unverified."""
    await void_pending_messages(tx, appointment)
    # Anyone can type an address: an unverified mailbox may be a stranger's.
    if appointment.kept_until is not None:
        return
    send_to_citizen(tx, "appointment_cancelled", office, appointment)
    await notify_browsers(tx, "appointment_cancelled", office, appointment)


async def send_rescheduling(
    tx: Transaction,
    office: Office,
    old: Appointment,
    new: Appointment,
    *,
    by_office: bool = False,
    reason: str | None = None,
) -> None:
    """Tell the new time, copy the subscriptions of browsers, and schedule reminders.

    `by_office`: the citizen did not choose the time, and is also told on the channels chosen for reminders.
    `reason`: why the office moved it, as the citizen reads it.
    """
    await void_pending_messages(tx, old)
    await push_subscriptions.copy_push_subscriptions(
        tx.session, outbox_subject(old), outbox_subject(new), tx.now, new.ends_at + PUSH_SUBSCRIPTION_GRACE
    )
    fields = {"previous_starts_at": format_utc(old.starts_at), "moved_by": "office" if by_office else "citizen"}
    if reason:
        fields["move_reason"] = reason
    if by_office:
        await notify_all_channels(tx, "appointment_rescheduled", office, new, fields)
    else:
        await notify_browsers(tx, "appointment_rescheduled", office, new)
        send_to_citizen(tx, "appointment_rescheduled", office, new, fields)
    await schedule_next_reminder(tx, office, new)


async def send_reminder(
    tx: Transaction,
    office: Office,
    appointment: Appointment,
    due: PlannedReminder,
    last_test: LastTestResult | None,
) -> None:
    """Send a reminder on all channels. Idempotent."""
    fields = {"until": format_utc(due.until), "verdict": last_test.verdict if last_test else None}
    await notify_all_channels(tx, str(due.reminder), office, appointment, fields)


async def send_delay(tx: Transaction, office: Office, appointment: Appointment, announced_start: datetime) -> None:
    """Announce a later start, and void unsent reminders and earlier delay notices."""
    # A reminder that has not left names the old start.
    await void_pending_reminders(tx, appointment)
    previous = appointment.told_starts_at
    fields = {
        "come_at": format_utc(announced_start),
        "told_at": format_utc(previous) if previous else None,
        "until": format_utc(max(announced_start, appointment.starts_at)),
    }
    # The same start can be announced again after another start, so that the key contains the time of the notice.
    stamp = f":{format_utc(announced_start)}:{format_utc(tx.now)}"
    await notify_all_channels(tx, DELAY_KIND, office, appointment, fields, stamp=stamp)


async def call_back_to_room(
    tx: Transaction, office: Office, appointment: Appointment, stamp: str, *, has_come: bool
) -> tuple[str, ...]:
    """Tell the citizen that the office is ready for the video call. Once for each stamp.

    By push, or else on the channels that the citizen chose, and always by e-mail, which may be read on
    another device. `has_come`: the citizen was in the lobby and has a place there. Return the channels;
    empty if the citizen cannot be reached.
    """
    fields = {"has_come": has_come, "until": format_utc(max(appointment.ends_at, tx.now + CALL_BACK_USEFUL_FOR))}
    recipients = [("push", browser) for browser in await _subscribed_browsers(tx, appointment)]
    if not recipients:
        recipients = _chosen_recipients(appointment)
    if appointment.email is not None:
        recipients.append(("email", appointment.email))
    rows = [
        _message_row(tx, CALL_BACK_KIND, office, appointment, channel, recipient, fields, f":{stamp}")
        for channel, recipient in recipients
    ]
    await enqueue_unless_present(tx.session, rows)
    return tuple(dict.fromkeys(channel for channel, _ in recipients))


async def send_missed_call(
    tx: Transaction, office: Office, appointment: Appointment, call: PhoneCall, *, attempts: int
) -> None:
    """Tell the citizen on all channels of a call without an answer. Once for each call."""
    fields = {
        "called_at": format_utc(call.called_at),
        "attempts": attempts,
        "until": format_utc(tx.now + MISSED_CALL_USEFUL_FOR),
    }
    await notify_all_channels(tx, MISSED_CALL_KIND, office, appointment, fields, stamp=f":{call.id}")


def send_room_message(
    tx: Transaction,
    kind: str,
    office: Office,
    appointment: Appointment,
    channel: str,
    recipient: str,
    fields: Mapping[str, Any],
    *,
    stamp: str,
) -> None:
    """Send a message that the citizen asked for in a call, to a contact of the citizen.

    Once for each stamp.
    """
    tx.session.add(_message_row(tx, kind, office, appointment, channel, recipient, fields, stamp))


async def void_call_back(tx: Transaction, appointment: Appointment) -> None:
    """Void unsent call-backs: the citizen is in the room again."""
    await tx.void_messages(outbox_subject(appointment), {CALL_BACK_KIND})


async def notify_all_channels(
    tx: Transaction,
    kind: str,
    office: Office,
    appointment: Appointment,
    fields: Mapping[str, Any] | None = None,
    *,
    stamp: str = "",
) -> None:
    """Enqueue e-mail, push to subscribed browsers, and a message on each chosen channel.

    Idempotent for the same kind, appointment and stamp.
    """
    recipients = [("push", browser) for browser in await _subscribed_browsers(tx, appointment)]
    if appointment.email is not None:
        recipients.insert(0, ("email", appointment.email))
    recipients += _chosen_recipients(appointment)
    await enqueue_unless_present(
        tx.session,
        [
            _message_row(tx, kind, office, appointment, channel, recipient, fields, stamp)
            for channel, recipient in recipients
        ],
    )


async def notify_browsers(tx: Transaction, kind: str, office: Office, appointment: Appointment) -> None:
    """Enqueue a push to each subscribed browser. Idempotent."""
    browsers = await _subscribed_browsers(tx, appointment)
    rows = [_message_row(tx, kind, office, appointment, "push", browser) for browser in browsers]
    await enqueue_unless_present(tx.session, rows)


async def _subscribed_browsers(tx: Transaction, appointment: Appointment) -> list[str]:
    """Return the ids of the push subscriptions to an appointment."""
    subject = outbox_subject(appointment)
    return (await push_subscriptions.subscription_ids_by_subject(tx.session, [subject])).get(subject, [])


def send_to_citizen(
    tx: Transaction,
    kind: str,
    office: Office,
    appointment: Appointment,
    fields: Mapping[str, Any] | None = None,
    *,
    stamp: str = "",
) -> None:
    """Enqueue an e-mail, or messages on the chosen channels of a citizen without e-mail.

    The caller sends each kind once to an appointment, or once for each stamp.
    """
    tx.session.add_all(_citizen_rows(tx, kind, office, appointment, fields, stamp))


def _citizen_rows(
    tx: Transaction,
    kind: str,
    office: Office,
    appointment: Appointment,
    fields: Mapping[str, Any] | None,
    stamp: str,
) -> list[OutboxRow]:
    """Build the e-mail, or the messages on the chosen channels; empty without both."""
    recipients = _chosen_recipients(appointment)
    if appointment.email is not None:
        recipients = [("email", appointment.email)]
    return [
        _message_row(tx, kind, office, appointment, channel, recipient, fields, stamp)
        for channel, recipient in recipients
    ]


def _chosen_recipients(appointment: Appointment) -> list[tuple[str, str]]:
    return [(chosen.channel, chosen.address) for chosen in appointment.channels]


def _message_row(
    tx: Transaction,
    kind: str,
    office: Office,
    appointment: Appointment,
    channel: str,
    recipient: str,
    fields: Mapping[str, Any] | None = None,
    stamp: str = "",
) -> OutboxRow:
    build_payload = _email_payload if channel == "email" else _short_payload
    key_suffix = {"email": "", "push": f":push.{recipient}"}.get(channel, f":{channel}")
    return build_outbox_row(
        kind,
        subject=outbox_subject(appointment),
        recipient=recipient,
        payload={**build_payload(office, appointment), **(fields or {})},
        key=f"{kind}:{appointment.id}{stamp}{key_suffix}",
        language=appointment.language,
        channel=channel,
        created_at=tx.now,
        not_before=None,
    )


def _short_payload(office: Office, appointment: Appointment) -> dict[str, Any]:
    """Return place and time, without a name: others may read them on a locked screen."""
    return {
        "appointment_id": appointment.id,
        "token_hash": appointment.token_hash,
        "office": office.name,
        "office_slug": office.slug,
        "timezone": office.timezone.key,
        "mode": appointment.mode,
        "starts_at": format_utc(appointment.starts_at),
        "ends_at": format_utc(appointment.ends_at),
        "entry_opens_at": format_utc(entry_opens_at(appointment)),
        "call_to": mask_contact(appointment.phone) if appointment.mode == "phone" else None,
    }


def _email_payload(office: Office, appointment: Appointment) -> dict[str, Any]:
    """Return all facts of an e-mail.

    The worker derives the token of the link from id and hash.
    """
    services = appointment_services(office, appointment)
    service, language, limit = services[0], appointment.language, change_limit(office, appointment)
    return {
        "appointment_id": appointment.id,
        "token_hash": appointment.token_hash,
        "locator": appointment.locator,
        "name": appointment.name,
        "mode": appointment.mode,
        "starts_at": format_utc(appointment.starts_at),
        "ends_at": format_utc(appointment.ends_at),
        "timezone": office.timezone.key,
        "minutes": round((appointment.ends_at - appointment.starts_at).total_seconds() / 60),
        "service": service.name(language),
        "services": [each.name(language) for each in services],
        "bring": "; ".join(things_to_bring(services, language)) or None,
        "price": "; ".join(prices_of_services(services, language)) or None,
        "service_slug": service.slug,
        "more_services": [each.slug for each in services[1:]],
        "office": office.name,
        "office_slug": office.slug,
        "address": office.address,
        "office_phone": office.phone,
        **{name: office.fact_in(name, language) for name in ("access", "transport", "parking")},
        "entry_opens_at": format_utc(entry_opens_at(appointment)),
        "changes_until": format_utc(appointment.starts_at - limit) if limit else None,
        "needs": list(appointment.needs),
        "call_to": mask_contact(appointment.phone) if appointment.mode == "phone" else None,
        "calendar_uid": appointment.calendar_uid,
        "revision": appointment.revision,
    }
