"""What the outside is told of an appointment: rows of the outbox, written in the transaction of their cause.

Reminders are not written ahead: a timer is set, and reminding.py writes each when it is due, as things are then.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from ...core.contact import push_subscriptions
from ...core.db.outbox import OutboxRow, enqueue_once, outbox_row
from ...core.i18n.dates import rfc3339
from ...core.ids import new_id
from ...core.runtime import Transaction
from ...core.tokens import hash_token
from ...offices.service import Office, things_to_bring
from ..domain import reminder_schedule
from ..domain.appointment import Appointment, BookingRequest, entry_opens_at
from ..domain.reminder_schedule import Planned, Reminder, ReminderRules
from ..events import LastTest
from ..queries.availability import change_limit, rules_or_house
from ..queries.visit_services import services_of
from ..storage.appointment_rows import email_key

VERIFY, ALREADY, MAILBOX = "appointment_verify", "appointment_already", "mailbox_verify"
PUSHES_KEPT = timedelta(hours=12)  # after its end, for what is still on its way
REMIND = "appointment.remind"  # the timer of an appointment's next reminder
SUBJECT = "appointment:"
REMINDERS = frozenset(str(one) for one in Reminder)
LATE = "appointment_late"
CALLS = REMINDERS | {LATE}  # what asks somebody to come


def subject(appointment: Appointment) -> str:
    """What the rows and the timer of one appointment have in common, so that they can be taken back."""
    return f"{SUBJECT}{appointment.id}"


def id_of(subject: str) -> str:
    """The appointment's id."""
    return subject.removeprefix(SUBJECT)


# Reminders to come


def reminders(office: Office, appointment: Appointment) -> list[Planned]:
    """The reminders of an appointment, as its office wants them."""
    rules = reminder_rules(office, appointment)
    spread = reminder_schedule.spread_of(appointment.id)
    return reminder_schedule.plan(appointment.starts_at, appointment.created_at, office.timezone, rules, spread)


def reminder_rules(office: Office, appointment: Appointment) -> ReminderRules:
    """The office's or the service's. Rules that make no sense leave nobody without a reminder."""
    return rules_or_house(office, services_of(office, appointment)[0]).reminders


async def expect(tx: Transaction, office: Office, appointment: Appointment) -> None:
    """Set the timer of an appointment's first reminder."""
    at = reminder_schedule.next_at(reminders(office, appointment), tx.now)
    if at is not None:
        await tx.schedule(REMIND, subject=subject(appointment), due_at=at)


async def take_back(tx: Transaction, appointment: Appointment) -> None:
    """Nothing more is told of it: what has not left is taken back, and nobody is reminded."""
    await tx.void(subject(appointment))
    await tx.unschedule(subject(appointment), [REMIND])


async def come(tx: Transaction, appointment: Appointment) -> None:
    """Whoever is here, or is expected no more, is asked to come by nothing that has not left yet."""
    await tx.void(subject(appointment), CALLS)


# Letters and notices


async def followed(tx: Transaction, office: Office, appointment: Appointment, subscription: str) -> None:
    """The first push of whoever has just asked to be told, which proves that it works."""
    await enqueue_once(tx.session, [_push(tx, "appointment_followed", office, appointment, subscription)])


async def confirmed(tx: Transaction, office: Office, appointment: Appointment, *, verify: bool = False) -> None:
    """It is certain now: its letter, and the reminders to come. `verify`: with the link that shows that the
    mailbox is its owner's."""
    send(tx, "appointment_confirmed", office, appointment, _secret(tx, appointment) if verify else None)
    await expect(tx, office, appointment)


def verify(tx: Transaction, office: Office, appointment: Appointment) -> None:
    """Asks to open the link that this letter alone has."""
    assert appointment.kept_until is not None
    more = {**_secret(tx, appointment), "kept_until": _utc(appointment.kept_until)}
    send(tx, VERIFY, office, appointment, more, stamp=f".{new_id()}")


def already(tx: Transaction, office: Office, appointment: Appointment) -> None:
    """Somebody asked for the same service with this address: what it has, and where to change it."""
    send(tx, ALREADY, office, appointment, stamp=f".{new_id()}")


def mailbox(tx: Transaction, office: Office, booking: BookingRequest, check_id: str, token_hash: str) -> None:
    """Asks to show that a mailbox is its owner's before there is an appointment."""
    tx.enqueue(
        MAILBOX,
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
        key=f"{MAILBOX}:{check_id}",
        language=booking.language,
    )


def _secret(tx: Transaction, appointment: Appointment) -> dict[str, Any]:
    """From what the link's secret is derived again by whoever sends the letter; it stands nowhere in clear."""
    stands_for = secret_id(appointment.id, appointment.email)
    return {"verify_id": stands_for, "verify_hash": hash_token(tx.runtime.tokens.derive("verify", stands_for))}


def secret_id(appointment_id: str, email: str) -> str:
    """What the e-mail's own secret stands for. Another address makes the old letter's secret worthless."""
    return f"{appointment_id}.{email_key(email)[:32]}"


async def cancelled(tx: Transaction, office: Office, appointment: Appointment) -> None:
    await take_back(tx, appointment)
    if appointment.kept_until is not None:  # nobody has shown that they read this mailbox
        return
    send(tx, "appointment_cancelled", office, appointment)
    await tell_browsers(tx, "appointment_cancelled", office, appointment)


async def rescheduled(tx: Transaction, office: Office, old: Appointment, new: Appointment) -> None:
    await take_back(tx, old)
    await push_subscriptions.hand_on(tx.session, subject(old), subject(new), tx.now, new.ends_at + PUSHES_KEPT)
    await tell_browsers(tx, "appointment_rescheduled", office, new)
    send(tx, "appointment_rescheduled", office, new, {"previous_starts_at": _utc(old.starts_at)})
    await expect(tx, office, new)


async def reminded(
    tx: Transaction, office: Office, appointment: Appointment, due: Planned, last_test: LastTest | None
) -> None:
    """One reminder by every way; written a second time, it is the same rows."""
    more = {"until": _utc(due.until), "verdict": last_test.verdict if last_test else None}
    await tell(tx, str(due.reminder), office, appointment, more)


async def running_late(tx: Transaction, office: Office, appointment: Appointment, come_at: datetime) -> None:
    """When to come instead. What was told before and has not left is taken back."""
    await tx.void(subject(appointment), CALLS)
    before = appointment.told_starts_at
    more = {
        "come_at": _utc(come_at),
        "told_at": _utc(before) if before else None,
        "until": _utc(max(come_at, appointment.starts_at)),
    }
    await tell(tx, LATE, office, appointment, more, stamp=f":{_utc(come_at)}:{_utc(tx.now)}")


async def tell(
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
    mine = subject(appointment)
    browsers = (await push_subscriptions.of_subjects(tx.session, [mine])).get(mine, [])
    rows = [_row(tx, kind, office, appointment, "email", appointment.email, more, stamp)]
    rows += [_row(tx, kind, office, appointment, "push", browser, more, stamp) for browser in browsers]
    if appointment.remind_by_sms and appointment.phone:
        rows.append(_row(tx, kind, office, appointment, "sms", appointment.phone, more, stamp))
    await enqueue_once(tx.session, rows)


async def tell_browsers(
    tx: Transaction,
    kind: str,
    office: Office,
    appointment: Appointment,
    more: Mapping[str, Any] | None = None,
) -> None:
    mine = subject(appointment)
    browsers = (await push_subscriptions.of_subjects(tx.session, [mine])).get(mine, [])
    await enqueue_once(tx.session, [_push(tx, kind, office, appointment, browser, more) for browser in browsers])


def _push(
    tx: Transaction,
    kind: str,
    office: Office,
    appointment: Appointment,
    subscription: str,
    more: Mapping[str, Any] | None = None,
) -> OutboxRow:
    return _row(tx, kind, office, appointment, "push", subscription, more)


def send(
    tx: Transaction,
    kind: str,
    office: Office,
    appointment: Appointment,
    more: Mapping[str, Any] | None = None,
    *,
    stamp: str = "",
) -> None:
    """A letter by e-mail that its cause writes once, or once for each `stamp`."""
    tx.session.add(_row(tx, kind, office, appointment, "email", appointment.email, more, stamp))


def _row(
    tx: Transaction,
    kind: str,
    office: Office,
    appointment: Appointment,
    channel: str,
    recipient: str,
    more: Mapping[str, Any] | None = None,
    stamp: str = "",
) -> OutboxRow:
    payload = _payload if channel == "email" else _notice
    way = {"email": "", "push": f":push.{recipient}", "sms": ":sms"}[channel]
    return outbox_row(
        kind,
        subject=subject(appointment),
        recipient=recipient,
        payload={**payload(office, appointment), **(more or {})},
        key=f"{kind}:{appointment.id}{stamp}{way}",
        language=appointment.language,
        channel=channel,
        created_at=tx.now,
        not_before=None,
    )


def _notice(office: Office, appointment: Appointment) -> dict[str, Any]:
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


def _payload(office: Office, appointment: Appointment) -> dict[str, Any]:
    """Everything a letter says. No token: whoever sends it derives the link from id and hash."""
    services = services_of(office, appointment)
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
    return rfc3339(moment, UTC)
