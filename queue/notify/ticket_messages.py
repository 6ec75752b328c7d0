"""What is written to people about their tickets: outbox rows, sent by notifications/.

Only tickets whose person asked for it have notices, so a call costs what it costs for nobody else.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from ...core.contact import push_subscriptions
from ...core.db.outbox import OutboxRow, build_outbox_row, enqueue_unless_present, void_messages_of_subjects
from ...core.i18n.dates import format_rfc3339
from ...core.runtime import Transaction
from ...core.tokens import hash_token
from ...offices.service import Office, things_to_bring
from ..domain import ticket_notifications
from ..domain.line_settings import LineSettings
from ..domain.ticket import ENDED_STATES, Ticket, TicketState, state_ends_at
from ..domain.ticket_notifications import TicketNotification
from ..domain.wait_estimate import ForecastRange
from ..queries.ticket_json import range_json
from ..storage import contact_rows, ticket_rows
from ..storage.contact_rows import NotificationRecipient
from ..storage.ticket_rows import TicketRecord

LINK_KIND = "ticket_link"
LINK_EVERY_S = 300  # a mailbox gets one link in five minutes, whoever asks for it


def ticket_subject(ticket_id: str) -> str:
    """What all rows of one ticket have in common, so that unsent ones can be taken back."""
    return f"ticket:{ticket_id}"


def enqueue_ticket_email(
    tx: Transaction,
    office: Office,
    record: TicketRecord,
    email: str,
    call_range: ForecastRange | None,
    kind: str = "ticket_issued",
) -> None:
    """The code, the range and the link; `kind` is `ticket_standby` for whoever waits for room."""
    tx.session.add(_ticket_email_row(tx, office, record, email, call_range, kind))


def _ticket_email_row(
    tx: Transaction,
    office: Office,
    record: TicketRecord,
    email: str,
    called: ForecastRange | None,
    kind: str,
    stamp: str = "",
) -> OutboxRow:
    """The link's token is derived again when the letter is sent."""
    ticket, language = record.ticket, record.language
    services = office.services_by_slugs(ticket.services)
    eta = range_json(called, office) or {}
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
            "service": ", ".join(one.name(language) for one in services),
            "bring": "; ".join(things_to_bring(services, language)) or None,
            "eta_earliest": eta.get("earliest"),
            "eta_latest": eta.get("latest"),
            "timezone": str(office.timezone),
        },
    )


async def enqueue_ticket_link(
    tx: Transaction, office: Office, record: TicketRecord, channel: str, recipient: str
) -> None:
    """The link to a ticket, for whoever lost it; once in a while, however often somebody asks."""
    stamp = str(int(tx.now.timestamp()) // LINK_EVERY_S)
    if channel == "email":
        row = _ticket_email_row(tx, office, record, recipient, None, LINK_KIND, f":{stamp}")
    else:
        person = await contact_rows.notification_recipient(tx.session, record.ticket.id)
        row = _notification_row(
            tx,
            office,
            person,
            NotificationDraft(record.ticket, TicketNotification(LINK_KIND, stamp)),
            channel,
            recipient,
        )
    await enqueue_unless_present(tx.session, [row])


# Notices: by push and SMS, short, and each in place of those that have not left yet


@dataclass(frozen=True, slots=True)
class NotificationDraft:
    """A notice of one ticket, with what only its cause knows: `ahead`, `earliest`, `latest`, `message`."""

    ticket: Ticket
    notification: TicketNotification
    facts: Mapping[str, Any] = field(default_factory=dict)


_STATES_ASKING_TO_COME = frozenset(
    {TicketState.CALLED, TicketState.MISSED}
)  # states in which a notice asks somebody to come


async def notify_of_changes(
    tx: Transaction, office: Office, changes: Iterable[tuple[Ticket, Ticket, LineSettings]], actor: str
) -> None:
    """What these tickets' changes (before, after, the rules of their line) are to their people.

    Called under the lock of their lines. What was not told of a ticket that is over is taken back, and of a call
    that was answered.
    """
    news, over, answered = [], [], []
    for before, after, rules in changes:
        notice = ticket_notifications.notification_for_change(before, after, actor, state_ends_at(after, rules))
        if notice is not None:
            news.append(NotificationDraft(after, notice))
        elif after.state in ENDED_STATES:
            over.append(ticket_subject(after.id))
        elif before.state in _STATES_ASKING_TO_COME and after.state is not before.state:
            answered.append(ticket_subject(after.id))
    if over:
        await void_messages_of_subjects(tx.session, over)
        await push_subscriptions.delete_subscriptions_of_subjects(tx.session, over)
    if answered:
        await void_messages_of_subjects(tx.session, answered, ticket_notifications.NOTIFICATION_KINDS)
    await enqueue_notifications(tx, office, news)


async def notify_of_pause(tx: Transaction, office: Office, *, paused: bool, message: str | None) -> None:
    """The office stops calling or goes on: everybody who waits and asked to be told."""
    people = await contact_rows.notification_recipients_in_states(
        tx.session, ticket_notifications.PAUSE_NOTIFIED_STATES, office.id
    )
    tickets = await ticket_rows.tickets_by_ids(tx.session, list(people)) if people else []
    notice = ticket_notifications.notification_for_pause(paused, tx.now)
    await enqueue_notifications(
        tx, office, [NotificationDraft(ticket, notice, {"message": message}) for ticket in tickets]
    )


async def enqueue_notifications(tx: Transaction, office: Office, drafts: Sequence[NotificationDraft]) -> None:
    """Write these notices for every browser and number of their tickets."""
    if not drafts:
        return
    people = await contact_rows.notification_recipients(tx.session, [one.ticket.id for one in drafts])
    known = [one for one in drafts if one.ticket.id in people]
    if not known:
        return
    subjects = [ticket_subject(one.ticket.id) for one in known]
    browsers = await push_subscriptions.subscription_ids_by_subject(tx.session, subjects)
    await void_messages_of_subjects(tx.session, subjects, ticket_notifications.NOTIFICATION_KINDS)
    rows = [
        _notification_row(tx, office, people[one.ticket.id], one, channel, recipient)
        for one, subject in zip(known, subjects, strict=True)
        for channel, recipient in _recipient_addresses(people[one.ticket.id], browsers.get(subject, []))
    ]
    await enqueue_unless_present(tx.session, rows)


async def notify_of_issue(
    tx: Transaction,
    office: Office,
    ticket: Ticket,
    seen: Mapping[str, Any],
    recipient: tuple[str, str] | None = None,
) -> None:
    """What a ticket is now (`seen`: as its phone sees it): to everybody, or to the one `way` (channel and
    recipient) that has just been asked for, which proves that it works."""
    told = {name: datetime.fromisoformat(moment) for name, moment in (seen["eta"] or {}).items()}
    news = NotificationDraft(ticket, ticket_notifications.ISSUED_NOTIFICATION, {"ahead": seen["ahead"], **told})
    if recipient is None:
        await enqueue_notifications(tx, office, [news])
    else:
        person = await contact_rows.notification_recipient(tx.session, ticket.id)
        await enqueue_unless_present(tx.session, [_notification_row(tx, office, person, news, *recipient)])
    near = (
        ticket_notifications.notification_if_next(ticket, seen["ahead"], tx.now) is not None
    )  # the notice says so itself
    await contact_rows.save_announced_values(tx.session, ticket.id, next=near, **told)


def _recipient_addresses(person: NotificationRecipient, browsers: Sequence[str]) -> list[tuple[str, str]]:
    sms = [("sms", person.sms_phone)] if person.sms_phone else []
    return [*(("push", browser) for browser in browsers), *sms]


def _notification_row(
    tx: Transaction,
    office: Office,
    person: NotificationRecipient,
    news: NotificationDraft,
    channel: str,
    recipient: str,
) -> OutboxRow:
    ticket, notice = news.ticket, news.notification
    return build_outbox_row(
        notice.kind,
        subject=ticket_subject(ticket.id),
        recipient=recipient,
        payload=_notification_payload(office, person, news),
        key=f"{notice.kind}:{ticket.id}:{notice.stamp}:{channel}.{hash_token(recipient)[:12]}",
        language=person.language,
        channel=channel,
        created_at=tx.now,
        not_before=None,
    )


def _notification_payload(
    office: Office, person: NotificationRecipient, news: NotificationDraft
) -> dict[str, Any]:
    """Facts, no words; no name and no contact."""
    ticket, facts = news.ticket, news.facts
    desk = next((one for one in office.desks if one.id == ticket.desk_id), None)
    called = ticket.state is TicketState.CALLED and desk is not None
    return {
        "ticket_id": ticket.id,
        "token_hash": person.token_hash,
        "code": ticket.code,
        "office": office.name,
        "office_slug": office.slug,
        "timezone": str(office.timezone),
        "desk": desk.name if called and desk else None,
        "way": (desk.way or {}).get(person.language) if called and desk else None,
        "ahead": facts.get("ahead"),
        "eta_earliest": _to_utc_text(facts.get("earliest")),
        "eta_latest": _to_utc_text(facts.get("latest")),
        "message": facts.get("message"),
        "may_return_until": _to_utc_text(news.notification.valid_until)
        if ticket.state is TicketState.MISSED
        else None,
        "until": _to_utc_text(min(news.notification.valid_until or person.expires_at, person.expires_at)),
    }


def _to_utc_text(moment: datetime | None) -> str | None:
    return format_rfc3339(moment, UTC) if moment else None
