"""SQL statements on the contacts of tickets, and on the values that were notified.

No rules.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from ...appointments.service import VisitPerson
from ...core.contact.chosen_channels import ChosenChannel, channels_from_json
from ...core.row_mapping import field_names, from_row
from ..domain.ticket import ENDED_STATES, TicketState
from .tables import PERSONAL_COLUMNS, TicketRow
from .ticket_rows import channel_columns, ticket_state_in


@dataclass(frozen=True, slots=True)
class NotificationRecipient:
    """How the citizen of a ticket is notified, and the last notified values (`told_*`)."""

    ticket_id: str
    line_id: str
    office_id: str
    token_hash: str
    language: str
    expires_at: datetime
    channels: tuple[ChosenChannel, ...]
    told_next: bool
    told_earliest: datetime | None
    told_latest: datetime | None


_RECIPIENT_COLUMNS = (
    TicketRow.id.label("ticket_id"),
    *(getattr(TicketRow, name) for name in field_names(NotificationRecipient) if name != "ticket_id"),
    TicketRow.sms_phone,
)


async def notification_recipients(
    session: AsyncSession, ticket_ids: Collection[str]
) -> dict[str, NotificationRecipient]:
    """Return the recipients of these tickets who asked for notifications, by ticket id."""
    return await _recipients(session, TicketRow.id.in_(ticket_ids))


async def notification_recipient(session: AsyncSession, ticket_id: str) -> NotificationRecipient:
    """Return the recipient of a ticket, also if the citizen did not ask for notifications."""
    return _to_recipient(
        (await session.execute(select(*_RECIPIENT_COLUMNS).where(TicketRow.id == ticket_id))).one()
    )


async def notification_recipients_in_states(
    session: AsyncSession, states: Collection[TicketState], office_id: str | None = None
) -> dict[str, NotificationRecipient]:
    """Return the recipients of tickets in these states, by ticket id.

    `office_id`: None for all offices.
    """
    condition = TicketRow.state.in_(states)
    return await _recipients(
        session, condition if office_id is None else condition & (TicketRow.office_id == office_id)
    )


# Finds a waiting person with notifications. Built once: each worker asks every two seconds.
SELECT_WAITING_RECIPIENT = (
    select(TicketRow.id).where(TicketRow.state == TicketState.WAITING, TicketRow.notify).limit(1)
)


async def _recipients(session: AsyncSession, condition: ColumnElement[bool]) -> dict[str, NotificationRecipient]:
    rows = await session.execute(select(*_RECIPIENT_COLUMNS).where(condition, TicketRow.notify))
    return {row.ticket_id: _to_recipient(row) for row in rows}


def _to_recipient(row: Any) -> NotificationRecipient:
    return from_row(NotificationRecipient, row, channels=channels_from_json(row.channels, row.sms_phone))


async def people_of_tickets(session: AsyncSession, ticket_ids: Collection[str]) -> dict[str, VisitPerson]:
    """Return the visits and contacts of these tickets, by ticket id."""
    row = TicketRow
    columns = select(row.id, row.appointment_id, row.email, row.phone)
    found = await session.execute(columns.where(row.id.in_(ticket_ids)))
    return {id: VisitPerson(id, appointment_id, email, phone) for id, appointment_id, email, phone in found}


@dataclass(frozen=True, slots=True)
class TicketContact:
    """The code of a ticket, and the name and telephone of its citizen as far as they are kept."""

    code: str
    name: str | None
    phone: str | None
    appointment_id: str | None


async def ticket_contacts(session: AsyncSession, ticket_ids: Collection[str]) -> dict[str, TicketContact]:
    """Return the contacts of these tickets, by ticket id."""
    row = TicketRow
    columns = select(row.id, row.code, row.name, func.coalesce(row.phone, row.sms_phone), row.appointment_id)
    found = await session.execute(columns.where(row.id.in_(ticket_ids)))
    return {id: TicketContact(code, name, phone, booked) for id, code, name, phone, booked in found}


async def save_shown_range(session: AsyncSession, ticket_id: str, earliest: datetime, latest: datetime) -> None:
    """Store the range that was shown when the ticket joined the line."""
    values = {"shown_earliest": earliest, "shown_latest": latest}
    await session.execute(update(TicketRow).where(TicketRow.id == ticket_id).values(**values))


async def save_announced_values(session: AsyncSession, ticket_id: str, **announced: Any) -> None:
    """Store the last notified values: `next`, `earliest`, `latest`."""
    values = {f"told_{name}": value for name, value in announced.items()}
    await session.execute(update(TicketRow).where(TicketRow.id == ticket_id).values(**values))


async def save_channels(session: AsyncSession, ticket_id: str, channels: Sequence[ChosenChannel]) -> None:
    """Store the channels with notifications of a ticket."""
    values = channel_columns(channels)
    await session.execute(update(TicketRow).where(TicketRow.id == ticket_id).values(**values))


async def clear_priority_request(session: AsyncSession, ticket_id: str) -> None:
    """Delete the citizen's request for priority, because a host declined it."""
    await session.execute(update(TicketRow).where(TicketRow.id == ticket_id).values(preferential_requested=False))


async def delete_contacts(session: AsyncSession, before: datetime, limit: int) -> int:
    """Delete the personal data of up to `limit` tickets that ended before; return how many."""
    known = or_(*(getattr(TicketRow, column).is_not(None) for column in PERSONAL_COLUMNS))
    statement = select(TicketRow.id).where(ticket_state_in(ENDED_STATES), TicketRow.since < before, known)
    # a ticket that another transaction holds is left for the next run
    oldest = statement.order_by(TicketRow.since).limit(limit).with_for_update(skip_locked=True)
    ended = (await session.execute(oldest)).scalars().all()
    if ended:
        await session.execute(
            update(TicketRow).where(TicketRow.id.in_(ended)).values(dict.fromkeys(PERSONAL_COLUMNS))
        )
    return len(ended)
