"""Delivery report: messages and their states for staff. No writes.

It shows no text and only a part of each contact.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from ...core.contact.masked_contact import mask_contact
from ...core.db.outbox import DEAD, PENDING, SENDING, SENT, VOID
from ..domain.declared_channels import CHOSEN
from ..domain.message_content import OutboxMessage, has_expired
from ..domain.message_kinds import KINDS
from ..domain.message_texts import ASK_OPERATOR, FAILURE_ADVICE, FAILURE_REASONS, UNKNOWN_FAILURE_REASON
from ..storage import delivery_rows
from ..storage.delivery_rows import DeliveryEvent, DeliveryQuery, DeliveryRecord

MAX_LISTED_DELIVERIES = 200  # the longest list that an API answers with (docs/api.md#lists)
MAX_LISTED_FAILURES = 100
FAILURES_KEPT_OPEN = timedelta(days=7)  # what happened earlier is over
# The filters of the staff page, and the stored states that each of them shows; None for all states.
STATES_BY_FILTER: Mapping[str, Collection[str] | None] = {
    "all": None,
    "waiting": (PENDING, SENDING),
    "sent": (SENT,),
    "given_up": (DEAD,),
    "not_sent": (VOID,),
}


@dataclass(frozen=True, slots=True)
class Delivery:
    """A message for the staff page.

    `state` is waiting, planned, put_off, sending, sent, arrived, given_up or not_sent. `at` is when it arrived,
    was or will be sent, or is due; `next_at` the next attempt of a waiting message. `reason` is an untranslated
    sentence with `%(detail)s`, or None without a failure; `advice` says what staff can do about it. `subject` is
    `ticket:ID` or `appointment:ID` for messages to citizens.
    """

    id: str
    kind: str
    channel: str
    to: str
    office: str | None
    state: str
    at: datetime
    next_at: datetime | None
    reason: str | None
    detail: str
    can_retry: bool
    retried: DeliveryEvent | None
    told: DeliveryEvent | None = None
    subject: str = ""
    advice: str | None = None


@dataclass(frozen=True, slots=True)
class DeliveryReport:
    """The messages that match query and filter, and the counts of all filters."""

    deliveries: tuple[Delivery, ...]
    counts: Mapping[str, int]


async def build_delivery_report(
    session: AsyncSession, query: DeliveryQuery, state_filter: str, now: datetime
) -> DeliveryReport:
    """Build the report, newest message first. `state_filter` is a key of STATES_BY_FILTER."""
    count_by_state = await delivery_rows.count_deliveries_by_state(session, query)
    records = await delivery_rows.newest_delivery_records(
        session, query, STATES_BY_FILTER[state_filter], MAX_LISTED_DELIVERIES
    )
    deliveries = tuple(await _with_events(session, records, now))
    counts = {
        name: sum(count_by_state.get(state, 0) for state in states)
        for name, states in STATES_BY_FILTER.items()
        if states
    }
    return DeliveryReport(deliveries, counts)


def to_delivery(
    record: DeliveryRecord,
    now: datetime,
    retried: DeliveryEvent | None = None,
    told: DeliveryEvent | None = None,
    arrived_at: datetime | None = None,
) -> Delivery:
    """Convert an outbox row to a line of the staff page."""
    message = record.message
    state, at = ("arrived", arrived_at) if arrived_at else _displayed_state(record, now)
    reason, detail = failure_reason(record.failure)
    kind = KINDS.get(message.kind)
    return Delivery(
        id=message.id,
        kind=kind.title if kind else message.kind,
        channel=message.channel,
        to=_displayed_contact(message),
        office=record.office,
        state=state,
        at=at,
        next_at=record.lease_until if state == "waiting" else None,
        reason=reason,
        detail=detail,
        can_retry=can_retry(record, now),
        retried=retried,
        told=told,
        subject=record.subject,
        advice=failure_advice(record.failure) if state == "given_up" else None,
    )


def _displayed_contact(message: OutboxMessage) -> str:
    """Return a part of the contact; empty for a browser, and after erasure."""
    masked = mask_contact(message.recipient)
    if not masked and message.recipient and message.channel in CHOSEN:  # the id of a chat
        return f"•••{message.recipient[-2:]}"
    return masked


def _displayed_state(record: DeliveryRecord, now: datetime) -> tuple[str, datetime]:
    if record.state == PENDING and record.not_before > now:
        return ("put_off" if record.failure else "planned"), record.not_before
    if record.state == PENDING:
        return "waiting", record.not_before
    displayed = {SENDING: "sending", SENT: "sent", DEAD: "given_up", VOID: "not_sent"}
    return displayed[record.state], record.sent_at or record.not_before


def can_retry(record: DeliveryRecord, now: datetime) -> bool:
    """Tell whether staff can retry a message: it is dead, has its contact and has not expired."""
    return record.state == DEAD and bool(record.message.recipient) and not _has_expired(record.message, now)


def _has_expired(message: OutboxMessage, now: datetime) -> bool:
    try:
        return has_expired(message, now)
    except LookupError:  # a kind that this version does not know, or a payload that was erased
        return True


def failure_reason(failure: str | None) -> tuple[str | None, str]:
    """Return the sentence for a stored failure, and the detail that the sentence may quote."""
    if not failure:
        return None, ""
    if failure in FAILURE_REASONS:
        return FAILURE_REASONS[failure], ""
    code, _, detail = failure.replace(":", "").partition(" ")
    return (FAILURE_REASONS[code], detail) if code in FAILURE_REASONS else (UNKNOWN_FAILURE_REASON, failure)


def failure_advice(failure: str | None) -> str:
    """Return the sentence that tells staff what to do about a stored failure."""
    code = (failure or "").replace(":", "").partition(" ")[0]
    return FAILURE_ADVICE.get(code, ASK_OPERATOR)


async def load_open_failures(
    session: AsyncSession, offices: Collection[str] | None, now: datetime
) -> list[Delivery]:
    """Load the failed messages of the last days that still need a person, newest first."""
    records = await delivery_rows.open_failures(session, offices, now - FAILURES_KEPT_OPEN, MAX_LISTED_FAILURES)
    return await _with_events(session, records, now)


async def _with_events(session: AsyncSession, records: Sequence[DeliveryRecord], now: datetime) -> list[Delivery]:
    ids = [record.message.id for record in records]
    retried = await delivery_rows.latest_delivery_events(session, ids, delivery_rows.TRIED_AGAIN)
    told = await delivery_rows.latest_delivery_events(session, ids, delivery_rows.TOLD_OTHERWISE)
    arrivals = await delivery_rows.arrival_times(session, ids)
    return [
        to_delivery(
            each, now, retried.get(each.message.id), told.get(each.message.id), arrivals.get(each.message.id)
        )
        for each in records
    ]
