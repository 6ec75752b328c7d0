"""What staff see of the outbox: how the messages of a day, or about one thing, fare; and trying one again."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from ...core.db.outbox import DEAD, PENDING, SENDING, SENT, VOID, OutboxRow
from ...core.ids import new_id
from ..domain.message_content import Message
from .outbox_rows import message_of
from .tables import NoticeEventRow

STATES = frozenset({PENDING, SENDING, SENT, VOID, DEAD})
NIGHT = timedelta(days=1)  # what was put off in a day's evening is due within the next day


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which messages: of these offices (None: of all), of a day or about one thing, of one way and state."""

    offices: Collection[str] | None
    begins: datetime
    ends: datetime
    about: str | None = None
    channel: str | None = None


@dataclass(frozen=True, slots=True)
class Stored:
    """A row of the outbox as its state is told."""

    message: Message
    office: str | None
    state: str
    attempts: int
    not_before: datetime
    lease_until: datetime | None
    sent_at: datetime | None
    failure: str | None


@dataclass(frozen=True, slots=True)
class Event:
    """What somebody of the staff did to a message."""

    at: datetime
    who: str


def _matches(wanted: Wanted) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if wanted.about is not None:
        conditions.append(OutboxRow.subject == wanted.about)
    else:
        # One span: of two, PostgreSQL walks the index from its end until it has enough.
        until_morning = OutboxRow.not_before < wanted.ends + NIGHT
        of_day = or_(OutboxRow.not_before < wanted.ends, OutboxRow.failure == "quiet_hours")
        conditions += [OutboxRow.not_before >= wanted.begins, until_morning, of_day]
    if wanted.offices is not None:
        conditions.append(OutboxRow.office.in_(wanted.offices))
    if wanted.channel is not None:
        conditions.append(OutboxRow.channel == wanted.channel)
    return conditions


async def counts(session: AsyncSession, wanted: Wanted) -> dict[str, int]:
    """How many are in each state."""
    statement = select(OutboxRow.state, func.count()).where(*_matches(wanted)).group_by(OutboxRow.state)
    return {state: count for state, count in await session.execute(statement)}  # noqa: C416 - rows are no pairs to a type checker


async def listed(
    session: AsyncSession, wanted: Wanted, states: Collection[str] | None, limit: int
) -> list[Stored]:
    """The newest first."""
    statement = select(OutboxRow).where(*_matches(wanted))
    if states is not None:  # said by what it is not: else all that was ever sent is read, and not the day
        statement = statement.where(OutboxRow.state.not_in(STATES.difference(states)))
    ordered = statement.order_by(OutboxRow.not_before.desc(), OutboxRow.id.desc()).limit(limit)
    return [_stored(row) for row in (await session.execute(ordered)).scalars()]


async def by_id(session: AsyncSession, outbox_id: str) -> Stored | None:
    row = await session.get(OutboxRow, outbox_id)
    return None if row is None else _stored(row)


async def revive(session: AsyncSession, outbox_id: str) -> bool:
    """Take up again what was given up, as if it were new; False when it was not, or somebody else was quicker."""
    again = {"state": PENDING, "attempts": 0, "lease_until": None, "failure": None}
    statement = update(OutboxRow).where(OutboxRow.id == outbox_id, OutboxRow.state == DEAD).values(again)
    revived = await session.execute(statement.returning(OutboxRow.id))
    return revived.first() is not None


async def note(session: AsyncSession, outbox_id: str, event: str, actor: str, name: str, now: datetime) -> None:
    """One line of the audit."""
    session.add(
        NoticeEventRow(id=new_id(), outbox_id=outbox_id, at=now, actor=actor, actor_name=name, event=event)
    )


async def events_of(session: AsyncSession, ids: Collection[str]) -> dict[str, Event]:
    """The last thing that staff did to each of these messages."""
    statement = select(NoticeEventRow).where(NoticeEventRow.outbox_id.in_(ids)).order_by(NoticeEventRow.at)
    rows = (await session.execute(statement)).scalars()
    return {row.outbox_id: Event(row.at, row.actor_name) for row in rows}


def _stored(row: OutboxRow) -> Stored:
    return Stored(
        message=message_of(row, row.attempts),
        office=row.office,
        state=row.state,
        attempts=row.attempts,
        not_before=row.not_before,
        lease_until=row.lease_until,
        sent_at=row.sent_at,
        failure=row.failure,
    )
