"""How messages fare, for the people who work here: never what they say, and little of whom they went to."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from ...core.auth import Principal
from ...core.db.outbox import DEAD, PENDING, SENDING, SENT, VOID
from ...core.errors import NotFound
from ...core.runtime import Runtime
from ..domain.message_content import OutboxMessage, has_expired
from ..domain.message_kinds import EMAIL, KINDS, SMS
from ..domain.message_texts import FAILURE_REASONS, UNKNOWN_FAILURE_REASON
from ..storage import delivery_rows as store
from ..storage.delivery_rows import DeliveryEvent, DeliveryQuery, DeliveryRecord

MAX_LISTED_DELIVERIES = 200  # as long as any list (contract.md)
# What one can look for, and the states that it means.
STATES_BY_FILTER: Mapping[str, Collection[str] | None] = {
    "all": None,
    "waiting": (PENDING, SENDING),
    "sent": (SENT,),
    "given_up": (DEAD,),
    "not_sent": (VOID,),
}


@dataclass(frozen=True, slots=True)
class Delivery:
    """One message. `state`: waiting, planned, put_off, sending, sent, given_up or not_sent; `at`: since, until.

    `next_at`: when it is tried again, of one that waits for that. `reason` is a sentence with `%(detail)s`,
    untranslated; None when there is none to give.
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


@dataclass(frozen=True, slots=True)
class DeliveryReport:
    """A page of them, with how many there are in each state whatever was looked for."""

    found: tuple[Delivery, ...]
    counts: Mapping[str, int]


async def build_delivery_report(
    session: AsyncSession, query: DeliveryQuery, state_filter: str, now: datetime
) -> DeliveryReport:
    """Messages as staff see them, the newest first. `shown`: a word of FILTERS."""
    counted = await store.count_deliveries_by_state(session, query)
    rows = await store.newest_delivery_records(
        session, query, STATES_BY_FILTER[state_filter], MAX_LISTED_DELIVERIES
    )
    events = await store.latest_delivery_events(session, [row.message.id for row in rows])
    found = tuple(to_delivery(row, now, events.get(row.message.id)) for row in rows)
    counts = {
        name: sum(counted.get(one, 0) for one in states) for name, states in STATES_BY_FILTER.items() if states
    }
    return DeliveryReport(found, counts)


async def retry_dead_message(runtime: Runtime, outbox_id: str, principal: Principal) -> bool:
    """Take up again what was given up, and note who did it. False when it has not been given up, or is over.

    Raises NotFound, also for a message of an office that is not theirs.
    """
    async with runtime.transaction() as tx:
        row = await store.delivery_record_by_id(tx.session, outbox_id)
        if row is None or not _can_see(row, principal):
            raise NotFound
        if not _can_retry(row, tx.now) or not await store.revive_dead_message(tx.session, outbox_id):
            return False
        await store.insert_delivery_event(
            tx.session, outbox_id, "tried_again", principal.id, principal.name, tx.now
        )
        return True


def _can_see(row: DeliveryRecord, principal: Principal) -> bool:
    return principal.offices is None or (row.office is not None and principal.can_access_office(row.office))


def to_delivery(row: DeliveryRecord, now: datetime, retried: DeliveryEvent | None = None) -> Delivery:
    """A message as staff see it."""
    message = row.message
    state, at = _displayed_state(row, now)
    reason, detail = failure_reason(row.failure)
    kind = KINDS.get(message.kind)
    return Delivery(
        id=message.id,
        kind=kind.title if kind else message.kind,
        channel=message.channel,
        to=mask_contact(message.channel, message.recipient),
        office=row.office,
        state=state,
        at=at,
        next_at=row.lease_until if state == "waiting" else None,
        reason=reason,
        detail=detail,
        can_retry=_can_retry(row, now),
        retried=retried,
    )


def _displayed_state(row: DeliveryRecord, now: datetime) -> tuple[str, datetime]:
    if row.state == PENDING and row.not_before > now:
        return ("put_off" if row.failure else "planned"), row.not_before
    if row.state == PENDING:
        return "waiting", row.not_before
    words = {SENDING: "sending", SENT: "sent", DEAD: "given_up", VOID: "not_sent"}
    return words[row.state], row.sent_at or row.not_before


def _can_retry(row: DeliveryRecord, now: datetime) -> bool:
    if row.state != DEAD or not row.message.recipient:
        return False
    return not _has_expired(row.message, now)


def _has_expired(message: OutboxMessage, now: datetime) -> bool:
    try:
        return has_expired(message, now)
    except LookupError:  # a kind, or a payload, that this version does not know, or that was forgotten
        return True


def failure_reason(failure: str | None) -> tuple[str | None, str]:
    """A sentence for a failure's code, and what the code says more."""
    if not failure:
        return None, ""
    if failure in FAILURE_REASONS:
        return FAILURE_REASONS[failure], ""
    word, _, detail = failure.replace(":", "").partition(" ")
    return (FAILURE_REASONS[word], detail) if word in FAILURE_REASONS else (UNKNOWN_FAILURE_REASON, failure)


def mask_contact(channel: str, recipient: str) -> str:
    """As much of a contact as one needs to recognise it: `a…@example.org`, `··· 123`; empty when there is none."""
    if channel == EMAIL and "@" in recipient:
        local, _, domain = recipient.rpartition("@")
        return f"{local[:1]}…@{domain}"
    return f"··· {recipient[-3:]}" if channel == SMS and recipient else ""
