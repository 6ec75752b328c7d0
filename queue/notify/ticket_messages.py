"""What is written to people about their tickets: outbox rows, sent by notifications/.

Only tickets whose person asked for it have notices, so a call costs what it costs for nobody else.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from ...core.contact import push_subscriptions
from ...core.db.outbox import OutboxRow, enqueue_once, outbox_row, void_all
from ...core.i18n.dates import rfc3339
from ...core.runtime import Transaction
from ...core.tokens import hash_token
from ...offices.service import Office, things_to_bring
from ..domain import ticket_notifications
from ..domain.ticket import OVER, LineRules, State, Ticket
from ..domain.ticket_notifications import Notice
from ..domain.wait_estimate import Range
from ..queries.ticket_json import range_json, until
from ..storage import store
from ..storage.store import Addressee, Record

LINK = "ticket_link"
LINK_EVERY_S = 300  # a mailbox gets one link in five minutes, whoever asks for it


def subject_of(ticket_id: str) -> str:
    """What all rows of one ticket have in common, so that unsent ones can be taken back."""
    return f"ticket:{ticket_id}"


def issued(
    tx: Transaction, office: Office, record: Record, email: str, called: Range | None, kind: str = "ticket_issued"
) -> None:
    """The code, the range and the link; `kind` is `ticket_standby` for whoever waits for room."""
    tx.session.add(_letter(tx, office, record, email, called, kind))


def _letter(
    tx: Transaction, office: Office, record: Record, email: str, called: Range | None, kind: str, stamp: str = ""
) -> OutboxRow:
    """The link's token is derived again when the letter is sent."""
    ticket, language = record.ticket, record.language
    services = office.services_of(ticket.services)
    eta = range_json(called, office) or {}
    return outbox_row(
        kind,
        subject=subject_of(ticket.id),
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


async def tell_link(tx: Transaction, office: Office, record: Record, channel: str, recipient: str) -> None:
    """The link to a ticket, for whoever lost it; once in a while, however often somebody asks."""
    stamp = str(int(tx.now.timestamp()) // LINK_EVERY_S)
    if channel == "email":
        row = _letter(tx, office, record, recipient, None, LINK, f":{stamp}")
    else:
        person = await store.addressee(tx.session, record.ticket.id)
        row = _row(tx, office, person, News(record.ticket, Notice(LINK, stamp)), channel, recipient)
    await enqueue_once(tx.session, [row])


# Notices: by push and SMS, short, and each in place of those that have not left yet


@dataclass(frozen=True, slots=True)
class News:
    """A notice of one ticket, with what only its cause knows: `ahead`, `earliest`, `latest`, `message`."""

    ticket: Ticket
    notice: Notice
    facts: Mapping[str, Any] = field(default_factory=dict)


_ASKING = frozenset({State.CALLED, State.MISSED})  # states in which a notice asks somebody to come


async def tell_changes(
    tx: Transaction, office: Office, changes: Iterable[tuple[Ticket, Ticket, LineRules]], actor: str
) -> None:
    """What these tickets' changes (before, after, the rules of their line) are to their people.

    Called under the lock of their lines. What was not told of a ticket that is over is taken back, and of a call
    that was answered.
    """
    news, over, answered = [], [], []
    for before, after, rules in changes:
        notice = ticket_notifications.of_change(before, after, actor, until(after, rules))
        if notice is not None:
            news.append(News(after, notice))
        elif after.state in OVER:
            over.append(subject_of(after.id))
        elif before.state in _ASKING and after.state is not before.state:
            answered.append(subject_of(after.id))
    if over:
        await void_all(tx.session, over)
        await push_subscriptions.forget_subjects(tx.session, over)
    if answered:
        await void_all(tx.session, answered, ticket_notifications.KINDS)
    await tell(tx, office, news)


async def tell_pause(tx: Transaction, office: Office, *, paused: bool, message: str | None) -> None:
    """The office stops calling or goes on: everybody who waits and asked to be told."""
    people = await store.addressees_in(tx.session, ticket_notifications.PAUSABLE, office.id)
    tickets = await store.by_ids(tx.session, list(people)) if people else []
    notice = ticket_notifications.of_pause(paused, tx.now)
    await tell(tx, office, [News(ticket, notice, {"message": message}) for ticket in tickets])


async def tell(tx: Transaction, office: Office, news: Sequence[News]) -> None:
    """Write these notices for every browser and number of their tickets."""
    if not news:
        return
    people = await store.addressees(tx.session, [one.ticket.id for one in news])
    known = [one for one in news if one.ticket.id in people]
    if not known:
        return
    subjects = [subject_of(one.ticket.id) for one in known]
    browsers = await push_subscriptions.of_subjects(tx.session, subjects)
    await void_all(tx.session, subjects, ticket_notifications.KINDS)
    rows = [
        _row(tx, office, people[one.ticket.id], one, channel, recipient)
        for one, subject in zip(known, subjects, strict=True)
        for channel, recipient in _ways(people[one.ticket.id], browsers.get(subject, []))
    ]
    await enqueue_once(tx.session, rows)


async def tell_issued(
    tx: Transaction, office: Office, ticket: Ticket, seen: Mapping[str, Any], way: tuple[str, str] | None = None
) -> None:
    """What a ticket is now (`seen`: as its phone sees it): to everybody, or to the one `way` (channel and
    recipient) that has just been asked for, which proves that it works."""
    told = {name: datetime.fromisoformat(moment) for name, moment in (seen["eta"] or {}).items()}
    news = News(ticket, ticket_notifications.ISSUED, {"ahead": seen["ahead"], **told})
    if way is None:
        await tell(tx, office, [news])
    else:
        person = await store.addressee(tx.session, ticket.id)
        await enqueue_once(tx.session, [_row(tx, office, person, news, *way)])
    near = ticket_notifications.nearing(ticket, seen["ahead"], tx.now) is not None  # the notice says so itself
    await store.note_told(tx.session, ticket.id, next=near, **told)


def _ways(person: Addressee, browsers: Sequence[str]) -> list[tuple[str, str]]:
    sms = [("sms", person.sms_phone)] if person.sms_phone else []
    return [*(("push", browser) for browser in browsers), *sms]


def _row(
    tx: Transaction, office: Office, person: Addressee, news: News, channel: str, recipient: str
) -> OutboxRow:
    ticket, notice = news.ticket, news.notice
    return outbox_row(
        notice.kind,
        subject=subject_of(ticket.id),
        recipient=recipient,
        payload=_payload(office, person, news),
        key=f"{notice.kind}:{ticket.id}:{notice.stamp}:{channel}.{hash_token(recipient)[:12]}",
        language=person.language,
        channel=channel,
        created_at=tx.now,
        not_before=None,
    )


def _payload(office: Office, person: Addressee, news: News) -> dict[str, Any]:
    """Facts, no words; no name and no contact."""
    ticket, facts = news.ticket, news.facts
    desk = next((one for one in office.desks if one.id == ticket.desk_id), None)
    called = ticket.state is State.CALLED and desk is not None
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
        "eta_earliest": _utc(facts.get("earliest")),
        "eta_latest": _utc(facts.get("latest")),
        "message": facts.get("message"),
        "may_return_until": _utc(news.notice.until) if ticket.state is State.MISSED else None,
        "until": _utc(min(news.notice.until or person.expires_at, person.expires_at)),
    }


def _utc(moment: datetime | None) -> str | None:
    return rfc3339(moment, UTC) if moment else None
