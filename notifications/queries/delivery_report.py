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
from ..domain.message_content import Message, has_outlived
from ..domain.message_kinds import EMAIL, KINDS, SMS
from ..domain.message_texts import REASONS, UNKNOWN_REASON
from ..storage import delivery_rows as store
from ..storage.delivery_rows import Event, Stored, Wanted

MOST = 200  # as long as any list (contract.md)
# What one can look for, and the states that it means.
FILTERS: Mapping[str, Collection[str] | None] = {
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
    retried: Event | None


@dataclass(frozen=True, slots=True)
class Deliveries:
    """A page of them, with how many there are in each state whatever was looked for."""

    found: tuple[Delivery, ...]
    counts: Mapping[str, int]


async def deliveries(session: AsyncSession, wanted: Wanted, shown: str, now: datetime) -> Deliveries:
    """Messages as staff see them, the newest first. `shown`: a word of FILTERS."""
    counted = await store.counts(session, wanted)
    rows = await store.listed(session, wanted, FILTERS[shown], MOST)
    events = await store.events_of(session, [row.message.id for row in rows])
    found = tuple(delivery_of(row, now, events.get(row.message.id)) for row in rows)
    counts = {name: sum(counted.get(one, 0) for one in states) for name, states in FILTERS.items() if states}
    return Deliveries(found, counts)


async def try_again(runtime: Runtime, outbox_id: str, who: Principal) -> bool:
    """Take up again what was given up, and note who did it. False when it has not been given up, or is over.

    Raises NotFound, also for a message of an office that is not theirs.
    """
    async with runtime.transaction() as tx:
        row = await store.by_id(tx.session, outbox_id)
        if row is None or not _may_see(row, who):
            raise NotFound
        if not _can_retry(row, tx.now) or not await store.revive(tx.session, outbox_id):
            return False
        await store.note(tx.session, outbox_id, "tried_again", who.id, who.name, tx.now)
        return True


def _may_see(row: Stored, who: Principal) -> bool:
    return who.offices is None or (row.office is not None and who.works_in(row.office))


def delivery_of(row: Stored, now: datetime, retried: Event | None = None) -> Delivery:
    """A message as staff see it."""
    message = row.message
    state, at = _state(row, now)
    reason, detail = reason_of(row.failure)
    kind = KINDS.get(message.kind)
    return Delivery(
        id=message.id,
        kind=kind.title if kind else message.kind,
        channel=message.channel,
        to=masked(message.channel, message.recipient),
        office=row.office,
        state=state,
        at=at,
        next_at=row.lease_until if state == "waiting" else None,
        reason=reason,
        detail=detail,
        can_retry=_can_retry(row, now),
        retried=retried,
    )


def _state(row: Stored, now: datetime) -> tuple[str, datetime]:
    if row.state == PENDING and row.not_before > now:
        return ("put_off" if row.failure else "planned"), row.not_before
    if row.state == PENDING:
        return "waiting", row.not_before
    words = {SENDING: "sending", SENT: "sent", DEAD: "given_up", VOID: "not_sent"}
    return words[row.state], row.sent_at or row.not_before


def _can_retry(row: Stored, now: datetime) -> bool:
    if row.state != DEAD or not row.message.recipient:
        return False
    return not _is_over(row.message, now)


def _is_over(message: Message, now: datetime) -> bool:
    try:
        return has_outlived(message, now)
    except LookupError:  # a kind, or a payload, that this version does not know, or that was forgotten
        return True


def reason_of(failure: str | None) -> tuple[str | None, str]:
    """A sentence for a failure's code, and what the code says more."""
    if not failure:
        return None, ""
    if failure in REASONS:
        return REASONS[failure], ""
    word, _, detail = failure.replace(":", "").partition(" ")
    return (REASONS[word], detail) if word in REASONS else (UNKNOWN_REASON, failure)


def masked(channel: str, recipient: str) -> str:
    """As much of a contact as one needs to recognise it: `a…@example.org`, `··· 123`; empty when there is none."""
    if channel == EMAIL and "@" in recipient:
        local, _, domain = recipient.rpartition("@")
        return f"{local[:1]}…@{domain}"
    return f"··· {recipient[-3:]}" if channel == SMS and recipient else ""
