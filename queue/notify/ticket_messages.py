"""Outbox rows for e-mails, pushes and messages on chosen channels about tickets.

Sends nothing: `notifications/` does.
Only tickets whose citizen asked for it have notifications, so that other calls cost nothing here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from ...core.contact import push_subscriptions
from ...core.db.outbox import OutboxRow, build_outbox_row, enqueue_unless_present, void_messages_of_subjects
from ...core.i18n.dates import format_optional_rfc3339
from ...core.i18n.languages import join_list
from ...core.runtime import Transaction
from ...core.tokens import hash_token
from ...offices.service import Office, things_to_bring
from ..domain import ticket_notifications
from ..domain.line_settings import LineSettings
from ..domain.ticket import ENDED_STATES, Ticket, TicketState
from ..domain.ticket_notifications import TicketNotification
from ..domain.wait_estimate import ForecastRange
from ..queries.ticket_json import range_json
from ..storage import contact_rows, ticket_rows
from ..storage.contact_rows import NotificationRecipient
from ..storage.ticket_rows import TicketRecord

LINK_KIND = "ticket_link"
LINK_EVERY_S = 300  # a mailbox gets at most one link in five minutes, so that strangers cannot flood it


def ticket_subject(ticket_id: str) -> str:
    """Return the subject of all outbox rows of a ticket, by which unsent ones are voided."""
    return f"ticket:{ticket_id}"


def enqueue_ticket_email(
    tx: Transaction,
    office: Office,
    record: TicketRecord,
    email: str,
    call_range: ForecastRange | None,
    kind: str = "ticket_issued",
) -> None:
    """Enqueue the e-mail with code, range and link.

    `kind` is `ticket_standby` for a standby ticket.
    """
    tx.session.add(_ticket_email_row(tx, office, record, email, call_range, kind))


def _ticket_email_row(
    tx: Transaction,
    office: Office,
    record: TicketRecord,
    email: str,
    call_range: ForecastRange | None,
    kind: str,
    stamp: str = "",
) -> OutboxRow:
    """Build the row of an e-mail.

    The token of its link is not stored: it is derived again when the e-mail is sent.
    """
    ticket, language = record.ticket, record.language
    services = office.services_by_slugs(ticket.services)
    eta = range_json(call_range, office) or {}
    return build_outbox_row(
        kind,
        subject=ticket_subject(ticket.id),
        recipient=email,
        language=language,
        channel="email",
        key=f"{kind}:{ticket.id}{stamp}",
        created_at=tx.now,
        not_before=None,
        payload={
            "ticket_id": ticket.id,
            "token_hash": record.token_hash,
            "code": ticket.code,
            "name": record.name,
            "office": office.name,
            "office_slug": office.slug,
            "address": office.address,
            "office_phone": office.phone,
            "line": office.line_by_id(ticket.line_id).name(language),
            "service": join_list((service.name(language) for service in services), language),
            "bring": "; ".join(things_to_bring(services, language)) or None,
            "eta_earliest": eta.get("earliest"),
            "eta_latest": eta.get("latest"),
            "timezone": str(office.timezone),
        },
    )


async def enqueue_ticket_link(
    tx: Transaction, office: Office, record: TicketRecord, channel: str, recipient: str
) -> None:
    """Enqueue the link to a lost ticket, at most once in LINK_EVERY_S."""
    stamp = str(int(tx.now.timestamp()) // LINK_EVERY_S)
    if channel == "email":
        row = _ticket_email_row(tx, office, record, recipient, None, LINK_KIND, f":{stamp}")
    else:
        person = await contact_rows.notification_recipient(tx.session, record.ticket.id)
        draft = NotificationDraft(record.ticket, TicketNotification(LINK_KIND, stamp))
        row = _notification_row(tx, office, person, draft, channel, recipient)
    await enqueue_unless_present(tx.session, [row])


# Notifications by push and on chosen channels. A new one replaces those that are not sent yet.


@dataclass(frozen=True, slots=True)
class NotificationDraft:
    """A notification about one ticket.

    `facts`: `ahead`, `earliest`, `latest`, where they apply.
    """

    ticket: Ticket
    notification: TicketNotification
    facts: Mapping[str, Any] = field(default_factory=dict)


_STATES_ASKING_TO_COME = frozenset({TicketState.CALLED, TicketState.MISSED})  # the citizen should come at once


async def notify_of_changes(
    tx: Transaction, office: Office, changes: Iterable[tuple[Ticket, Ticket, LineSettings]], actor: str
) -> None:
    """Enqueue notifications of ticket changes: before, after, settings of the line.

    The caller holds the lock of the lines. Unsent messages are voided for ended tickets and answered calls.
    """
    drafts, ended, answered = [], [], []
    for before, after, settings in changes:
        notification = None  # during an evacuation the only message is to leave
        if not office.is_evacuating:
            notification = ticket_notifications.notification_for_change(before, after, actor, settings)
        if notification is not None:
            drafts.append(NotificationDraft(after, notification))
        elif after.state in ENDED_STATES:
            ended.append(ticket_subject(after.id))
        elif before.state in _STATES_ASKING_TO_COME and after.state is not before.state:
            answered.append(ticket_subject(after.id))
    if ended:
        await void_messages_of_subjects(tx.session, ended)
        await push_subscriptions.delete_subscriptions_of_subjects(tx.session, ended)
    if answered:
        await void_messages_of_subjects(tx.session, answered, ticket_notifications.NOTIFICATION_KINDS)
    await enqueue_notifications(tx, office, drafts)


async def notify_of_pause(tx: Transaction, office: Office) -> None:
    """Enqueue the notification of a pause, or of its end, for all tickets of the office."""
    notification = ticket_notifications.notification_for_pause(office.paused, tx.now)
    states = ticket_notifications.PAUSE_NOTIFIED_STATES
    await enqueue_notifications(tx, office, await _drafts_in_states(tx, office, states, notification))


async def notify_of_evacuation(tx: Transaction, office: Office) -> None:
    """Enqueue the notification to leave, for all tickets of the office.

    Only inserts: voiding older messages would wait for transactions that hold a line.
    """
    notification = ticket_notifications.notification_for_evacuation(tx.now)
    states = ticket_notifications.EVACUATION_NOTIFIED_STATES
    drafts = await _drafts_in_states(tx, office, states, notification)
    await enqueue_notifications(tx, office, drafts, is_replacing=False)


async def notify_of_evacuation_end(tx: Transaction, office: Office) -> None:
    """Enqueue the notification that calls go on, and void unsent ones to leave."""
    notification = ticket_notifications.notification_for_pause(office.paused, tx.now)
    states = ticket_notifications.EVACUATION_NOTIFIED_STATES
    drafts = await _drafts_in_states(tx, office, states, notification)
    subjects = [ticket_subject(draft.ticket.id) for draft in drafts]
    if subjects:
        kinds = frozenset({ticket_notifications.EVACUATION_KIND})
        await void_messages_of_subjects(tx.session, subjects, kinds)
    await enqueue_notifications(tx, office, drafts)


async def _drafts_in_states(
    tx: Transaction, office: Office, states: frozenset[TicketState], notification: TicketNotification
) -> list[NotificationDraft]:
    recipients = await contact_rows.notification_recipients_in_states(tx.session, states, office.id)
    tickets = await ticket_rows.tickets_by_ids(tx.session, list(recipients)) if recipients else []
    return [NotificationDraft(ticket, notification) for ticket in tickets]


async def enqueue_notifications(
    tx: Transaction, office: Office, drafts: Sequence[NotificationDraft], *, is_replacing: bool = True
) -> None:
    """Enqueue notifications for every browser and chosen channel of their tickets.

    `is_replacing`: void those that are not sent yet.
    """
    if not drafts:
        return
    recipients = await contact_rows.notification_recipients(tx.session, [draft.ticket.id for draft in drafts])
    wanted = [draft for draft in drafts if draft.ticket.id in recipients]
    if not wanted:
        return
    subjects = [ticket_subject(draft.ticket.id) for draft in wanted]
    browsers = await push_subscriptions.subscription_ids_by_subject(tx.session, subjects)
    if is_replacing:
        await void_messages_of_subjects(tx.session, subjects, ticket_notifications.NOTIFICATION_KINDS)
    rows = [
        _notification_row(tx, office, recipients[draft.ticket.id], draft, channel, address)
        for draft, subject in zip(wanted, subjects, strict=True)
        for channel, address in _recipient_addresses(recipients[draft.ticket.id], browsers.get(subject, []))
    ]
    await enqueue_unless_present(tx.session, rows)


async def notify_of_issue(
    tx: Transaction,
    office: Office,
    ticket: Ticket,
    seen: Mapping[str, Any],
    recipient: tuple[str, str] | None = None,
) -> None:
    """Enqueue the first notification. `seen`: the ticket as its phone sees it.

    `recipient`: the channel and address that the citizen has just added, or None for all addresses of the ticket.
    """
    announced = {name: datetime.fromisoformat(moment) for name, moment in (seen["eta"] or {}).items()}
    facts = {"ahead": seen["ahead"], **announced}
    draft = NotificationDraft(ticket, ticket_notifications.ISSUED_NOTIFICATION, facts)
    if recipient is None:
        await enqueue_notifications(tx, office, [draft])
    else:
        person = await contact_rows.notification_recipient(tx.session, ticket.id)
        await enqueue_unless_present(tx.session, [_notification_row(tx, office, person, draft, *recipient)])
    # the notification itself says that the ticket is among the next
    earliest = announced.get("earliest")
    is_next = ticket_notifications.notification_if_next(ticket, seen["ahead"], earliest, tx.now) is not None
    await contact_rows.save_announced_values(tx.session, ticket.id, next=is_next, **announced)


def _recipient_addresses(person: NotificationRecipient, browsers: Sequence[str]) -> list[tuple[str, str]]:
    chosen = ((each.channel, each.address) for each in person.channels)
    return [*(("push", browser) for browser in browsers), *chosen]


def _notification_row(
    tx: Transaction,
    office: Office,
    recipient: NotificationRecipient,
    draft: NotificationDraft,
    channel: str,
    address: str,
) -> OutboxRow:
    ticket, notification = draft.ticket, draft.notification
    return build_outbox_row(
        notification.kind,
        subject=ticket_subject(ticket.id),
        recipient=address,
        payload=_notification_payload(office, recipient, draft),
        key=f"{notification.kind}:{ticket.id}:{notification.stamp}:{channel}.{hash_token(address)[:12]}",
        language=recipient.language,
        channel=channel,
        created_at=tx.now,
        not_before=None,
    )


def _notification_payload(
    office: Office, recipient: NotificationRecipient, draft: NotificationDraft
) -> dict[str, Any]:
    """Build the payload: facts without words, without name and contact."""
    ticket, facts, valid_until = draft.ticket, draft.facts, draft.notification.valid_until
    is_called = ticket.state is TicketState.CALLED
    missed_until = valid_until if ticket.state is TicketState.MISSED else None
    desk = next((desk for desk in office.desks if is_called and desk.id == ticket.desk_id), None)
    return {
        "ticket_id": ticket.id,
        "token_hash": recipient.token_hash,
        "code": ticket.code,
        "office": office.name,
        "office_slug": office.slug,
        "timezone": str(office.timezone),
        "desk": desk.name if desk else None,
        "way": (desk.way or {}).get(recipient.language) if desk else None,
        "ahead": facts.get("ahead"),
        "eta_earliest": format_optional_rfc3339(facts.get("earliest"), UTC),
        "eta_latest": format_optional_rfc3339(facts.get("latest"), UTC),
        "message": office.pause_text(recipient.language),
        "needs_help": ticket.needs_help,
        "may_return_until": format_optional_rfc3339(missed_until, UTC),
        "until": format_optional_rfc3339(min(valid_until or recipient.expires_at, recipient.expires_at), UTC),
    }
