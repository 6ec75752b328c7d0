"""SQL of appointments."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, func, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from ...core.contact.chosen_channels import (
    OLD_CHANNEL,
    ChosenChannel,
    channel_address,
    channels_from_json,
    channels_to_json,
)
from ...core.db.batch_delete import BATCH_ROWS
from ...core.db.engine import affects_one_row
from ...core.db.write_conflicts import flush_inserts
from ...core.row_mapping import from_row, row_values
from ..domain.appointment import (
    ACTIVE_STATES,
    BOOKED_BY_CITIZEN,
    SLOT_FREEING_STATES,
    UNCONFIRMED_STATES,
    Appointment,
    AppointmentState,
)
from ..domain.contact_identifiers import email_digest
from .tables import IS_IDENTIFIED_SQL, AppointmentRow


@dataclass(frozen=True, slots=True)
class IdempotentBooking:
    """The appointment that a request key made, and the digest of that request."""

    appointment: Appointment
    digest: str


async def anonymise_appointments(session: AsyncSession, before: datetime) -> int:
    """Delete personal data from a batch of appointments that ended before this instant.

    Return how many.
    """
    identified = select(AppointmentRow.id).where(AppointmentRow.ends_at < before, text(IS_IDENTIFIED_SQL))
    # A row that another transaction changes is left for the next batch.
    oldest = identified.order_by(AppointmentRow.ends_at).limit(BATCH_ROWS).with_for_update(skip_locked=True)
    ids = (await session.execute(oldest)).scalars().all()
    if ids:
        # An empty `email_key` takes the row out of the partial index of identified appointments.
        citizen = {"name": "", "email": "", "email_key": "", "phone": None, "document": None, "channels": None}
        requester = {"device": None, "address": None}
        statement = update(AppointmentRow).where(AppointmentRow.id.in_(ids))
        # The digest goes too: it tells whether guessed details are right.
        request = {"request_key": None, "request_digest": None}
        await session.execute(
            statement.values(**citizen, **requester, **request, needs=[], needs_note=None, details={})
        )
    return len(ids)


async def find_active_appointments(
    session: AsyncSession, service_ids: Sequence[str], citizen_keys: Sequence[str], now: datetime
) -> list[Appointment]:
    """Return the active appointments of a citizen for any of these services, oldest first."""
    statement = select(AppointmentRow).where(
        AppointmentRow.email_key.in_(citizen_keys),
        AppointmentRow.state.in_(ACTIVE_STATES),
        AppointmentRow.ends_at > now,
    )
    rows = (await session.execute(statement.order_by(AppointmentRow.created_at, AppointmentRow.id))).scalars()
    # Compared here: additional services are in a JSON column, and a citizen has few appointments.
    return [
        appointment_from_row(row)
        for row in rows
        if {row.service_id, *(service["id"] for service in row.more_services)} & set(service_ids)
    ]


async def upcoming_appointments_of_mailbox(
    session: AsyncSession, mailbox_keys: Sequence[str], now: datetime, limit: int
) -> list[Appointment]:
    """Return the active appointments of a mailbox that are not over, by time."""
    statement = (
        select(AppointmentRow)
        .where(
            AppointmentRow.email_key.in_(mailbox_keys),
            AppointmentRow.state.in_(ACTIVE_STATES),
            AppointmentRow.ends_at > now,
        )
        .order_by(AppointmentRow.starts_at)
        .limit(limit)
    )
    return [appointment_from_row(row) for row in (await session.execute(statement)).scalars()]


async def locators_by_id(session: AsyncSession, appointment_ids: Collection[str]) -> dict[str, str]:
    """Return locators by appointment id; of a replaced appointment its successor's."""
    row, found, successors = AppointmentRow, dict[str, str](), {id: id for id in appointment_ids}
    while successors:
        columns = select(row.id, row.locator, row.rescheduled_to).where(row.id.in_(set(successors.values())))
        rows = {found_row.id: found_row for found_row in await session.execute(columns)}
        known = {id: rows[present] for id, present in successors.items() if present in rows}
        found |= {id: known_row.locator for id, known_row in known.items()}
        successors = {
            id: known_row.rescheduled_to for id, known_row in known.items() if known_row.rescheduled_to is not None
        }
    return found


async def insert_appointment(
    session: AsyncSession,
    appointment: Appointment,
    *,
    contact_key: str,
    request_key: str | None,
    request_digest: str | None,
    booked_by: str = BOOKED_BY_CITIZEN,
    override: str | None = None,
) -> None:
    """Insert an appointment.

    Raises WriteConflict if its locator or request key exists already; the transaction is over then.
    """
    columns = row_values(
        appointment,
        email=appointment.email or "",
        email_key=contact_key,
        request_key=request_key,
        request_digest=request_digest,
        booked_by=booked_by,
        override=override,
        changed_at=appointment.created_at,
        **channel_columns(appointment.channels),
    )
    session.add(AppointmentRow(**columns))
    await flush_inserts(session)


async def update_appointment(
    session: AsyncSession,
    appointment_id: str,
    expected_state: AppointmentState,
    now: datetime,
    **values: Any,
) -> bool:
    """Update an appointment that is still in the expected state.

    False if another request changed it first.
    """
    statement = (
        update(AppointmentRow)
        .where(AppointmentRow.id == appointment_id, AppointmentRow.state == expected_state)
        .values(changed_at=now, **values)
    )
    return await affects_one_row(session, statement)


async def clear_requester(session: AsyncSession, appointment_id: str) -> None:
    """Delete the device and the address from which an appointment was booked."""
    statement = update(AppointmentRow).where(AppointmentRow.id == appointment_id)
    await session.execute(statement.values(device=None, address=None))


async def find_appointment_by_token_hash(session: AsyncSession, token_hash: str) -> Appointment | None:
    return await _find_appointment_where(session, AppointmentRow.token_hash == token_hash)


async def find_appointment(session: AsyncSession, appointment_id: str) -> Appointment | None:
    return await _find_appointment_where(session, AppointmentRow.id == appointment_id)


async def lock_appointment(session: AsyncSession, appointment_id: str) -> Appointment | None:
    """Load an appointment with a row lock."""
    statement = select(AppointmentRow).where(AppointmentRow.id == appointment_id).with_for_update()
    found = await session.execute(statement.execution_options(populate_existing=True))
    row = found.scalar_one_or_none()
    return None if row is None else appointment_from_row(row)


async def find_appointment_by_locator(
    session: AsyncSession, locator: str, contacts: Mapping[str, str]
) -> Appointment | None:
    """Find the appointment with this locator and any of these contacts.

    Contacts are keyed by `email`, `phone` or `document`.
    """
    found = await _find_appointment_where(session, AppointmentRow.locator == locator)
    if found is None:
        return None
    own = {"email": found.email and email_digest(found.email), "phone": found.phone, "document": found.document}
    typed = {kind: email_digest(value) if kind == "email" else value for kind, value in contacts.items()}
    return found if any(own[kind] == value for kind, value in typed.items()) else None


async def find_booking_by_request_key(
    session: AsyncSession, request_key: str, since: datetime
) -> IdempotentBooking | None:
    """Find the appointment that an earlier request with this key made.

    A key older than `since` is deleted.
    """
    row = await _find_row_where(session, AppointmentRow.request_key == request_key)
    if row is None:
        return None
    if row.created_at <= since:
        # The column is unique: a new booking could not take the key.
        row.request_key = None
        await session.flush()
        return None
    return IdempotentBooking(appointment_from_row(row), row.request_digest or "")


async def appointments_of_day(
    session: AsyncSession,
    office_id: str,
    start: datetime,
    end: datetime,
    mode: str | None = None,
    *,
    include_unconfirmed: bool = False,
) -> list[Appointment]:
    """Return the appointments that start in [start, end) and keep their slot, by time.

    Held and pre-confirmed appointments are left out unless `include_unconfirmed`.
    """
    excluded = SLOT_FREEING_STATES if include_unconfirmed else SLOT_FREEING_STATES | UNCONFIRMED_STATES
    statement = (
        select(AppointmentRow)
        .where(
            AppointmentRow.office_id == office_id,
            AppointmentRow.starts_at >= start,
            AppointmentRow.starts_at < end,
            AppointmentRow.state.not_in(excluded),
        )
        .order_by(AppointmentRow.starts_at, AppointmentRow.id)
    )
    if mode is not None:
        statement = statement.where(AppointmentRow.mode == mode)
    return [appointment_from_row(row) for row in (await session.execute(statement)).scalars()]


async def moved_without_notice(
    session: AsyncSession, office_id: str, now: datetime
) -> list[tuple[Appointment, Appointment]]:
    """Return the appointments that the office moved without a message, by time.

    Each with the coming appointment that replaces it.
    """
    row, successor = AppointmentRow, aliased(AppointmentRow)
    statement = (
        select(row, successor)
        .join(successor, successor.id == row.rescheduled_to)
        .where(
            row.office_id == office_id,
            row.untold,
            row.name != "",  # empty after data retention
            successor.starts_at > now,
            successor.state == AppointmentState.CONFIRMED,
        )
        .order_by(row.starts_at, row.id)
    )
    pairs = [
        (appointment_from_row(old), appointment_from_row(new)) for old, new in await session.execute(statement)
    ]
    # Staff may have corrected the contact since the move.
    return [(old, new) for old, new in pairs if not new.can_be_notified]


async def cancelled_without_notice(session: AsyncSession, office_id: str, now: datetime) -> list[Appointment]:
    """Return the coming appointments that the office cancelled without a message, by time.

    Without appointments that have another time already.
    """
    row = AppointmentRow
    statement = select(row).where(
        row.office_id == office_id,
        row.starts_at > now,
        row.state == AppointmentState.CANCELLED_OFFICE,
        row.untold,
        row.name != "",
        row.rescheduled_to.is_(None),
    )
    found = (await session.execute(statement.order_by(row.starts_at, row.id))).scalars()
    appointments = [appointment_from_row(found_row) for found_row in found]
    return [appointment for appointment in appointments if not appointment.can_be_notified]


async def set_untold(session: AsyncSession, appointment_id: str, untold: bool) -> bool:
    """Store whether staff still have to tell the citizen. Returns whether that is new."""
    row = AppointmentRow
    statement = update(row).where(row.id == appointment_id, row.untold.is_(not untold)).values(untold=untold)
    return await affects_one_row(session, statement)


@dataclass(frozen=True, slots=True)
class UpcomingVisit:
    """The time, service and mode of an appointment that can still be moved or cancelled.

    `override`: why staff booked it at a time closed to the public.
    """

    id: str
    service_slug: str
    mode: str
    starts_at: datetime
    ends_at: datetime
    override: str | None


async def upcoming_visits(
    session: AsyncSession, office_id: str, start: datetime, end: datetime
) -> list[UpcomingVisit]:
    """Return the visits that start in [start, end), by time.

    Without visits whose citizen has come. A big office has thousands, so that only these columns are loaded.
    """
    row = AppointmentRow
    statement = (
        select(row.id, row.service_slug, row.mode, row.starts_at, row.ends_at, row.override)
        .where(
            row.office_id == office_id,
            row.starts_at >= start,
            row.starts_at < end,
            row.state.in_((AppointmentState.CONFIRMED, AppointmentState.PRECONFIRMED)),
        )
        .order_by(row.starts_at, row.id)
    )
    return [UpcomingVisit(*found) for found in await session.execute(statement)]


async def appointments_by_ids(session: AsyncSession, appointment_ids: Collection[str]) -> list[Appointment]:
    """Load these appointments by time; unknown ids are left out."""
    found: list[Appointment] = []
    ids = list(appointment_ids)
    for first in range(0, len(ids), MAX_IDS):
        statement = select(AppointmentRow).where(AppointmentRow.id.in_(ids[first : first + MAX_IDS]))
        found += [appointment_from_row(row) for row in (await session.execute(statement)).scalars()]
    return sorted(found, key=lambda appointment: (appointment.starts_at, appointment.id))


MAX_IDS = 500  # of a statement; databases limit its parameters


async def count_appointments_by_state(
    session: AsyncSession, office_id: str, start: datetime, end: datetime, mode: str
) -> dict[AppointmentState, int]:
    """Count the appointments that start in [start, end) by state."""
    statement = (
        select(AppointmentRow.state, func.count())
        .where(
            AppointmentRow.office_id == office_id,
            AppointmentRow.starts_at >= start,
            AppointmentRow.starts_at < end,
            AppointmentRow.mode == mode,
        )
        .group_by(AppointmentRow.state)
    )
    return {AppointmentState(state): count for state, count in await session.execute(statement)}


async def count_missing_appointments(
    session: AsyncSession, office_ids: Collection[str], start: datetime, end: datetime
) -> dict[str, int]:
    """Count by office id the appointments that began in [start, end) without check-in."""
    row = AppointmentRow
    statement = (
        select(row.office_id, func.count())
        .where(
            row.office_id.in_(office_ids),
            row.starts_at >= start,
            row.starts_at < end,
            row.state == AppointmentState.CONFIRMED,
        )
        .group_by(row.office_id)
    )
    return {row[0]: row[1] for row in await session.execute(statement)}


async def _find_appointment_where(session: AsyncSession, *conditions: ColumnElement[bool]) -> Appointment | None:
    row = await _find_row_where(session, *conditions)
    return None if row is None else appointment_from_row(row)


async def _find_row_where(session: AsyncSession, *conditions: ColumnElement[bool]) -> AppointmentRow | None:
    # populate_existing: after waiting for a lock, the transaction must see what the previous holder wrote
    statement = select(AppointmentRow).where(*conditions).execution_options(populate_existing=True)
    return (await session.execute(statement)).scalar_one_or_none()


def appointment_from_row(row: AppointmentRow) -> Appointment:
    """Convert a row to the domain type."""
    return from_row(Appointment, row, email=row.email or None, channels=_channels_from_row(row))


def channel_columns(channels: Sequence[ChosenChannel]) -> dict[str, Any]:
    """Return the columns of the chosen channels: the list, and the old column for SMS."""
    # Both are written: a process of the last release knows only the old column (docs/decisions/0060).
    return {
        "channels": channels_to_json(channels),
        "remind_by_sms": channel_address(channels, OLD_CHANNEL) is not None,
    }


def _channels_from_row(row: AppointmentRow) -> tuple[ChosenChannel, ...]:
    """Convert the chosen channels.

    A channel of an earlier number has ended: the number may be another person's.
    """
    # The old column decides about SMS: a process of the last release writes it alone (docs/decisions/0060).
    chosen = channels_from_json(row.channels, row.phone if row.remind_by_sms else None)
    return tuple(each for each in chosen if not each.is_number or each.address == row.phone)
