"""Reads and writes appointments. The only file of the folder that runs SQL."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import (
    ColumnElement,
    CursorResult,
    delete,
    func,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from ...core.db.batch_delete import BATCH_ROWS
from ...core.db.engine import dialect_name
from ...offices.service import Office
from ..domain.appointment import (
    ACTIVE_STATES,
    SLOT_FREEING_STATES,
    UNCONFIRMED_STATES,
    AdditionalService,
    Appointment,
    AppointmentState,
    Mode,
)
from ..domain.hold import HoldPurpose, SlotHold
from .tables import IS_IDENTIFIED_SQL, AppointmentRow, HoldRow

# One statement that both databases know: makes the row if there is none, and holds it until the commit.
_LOCK_AGENDA = text(
    "INSERT INTO agendas (office_id, bookings) VALUES (:office_id, 1) "
    "ON CONFLICT (office_id) DO UPDATE SET bookings = agendas.bookings + 1"
)


EXPIRED_HOLD_RETENTION = timedelta(days=1)  # one that ran out can still be spoken of where its form is open
_ADVISORY_LOCK = text("SELECT pg_advisory_xact_lock(:key)")


class BookingCollision(Exception):
    """A locator or a request's key was written by another transaction in the same moment: look again."""


@dataclass(frozen=True, slots=True)
class IdempotentBooking:
    """What came of a request with the same key."""

    appointment: Appointment
    digest: str


async def lock_agenda(session: AsyncSession, office: Office) -> None:
    """From here to the commit nobody else gives a place of this office.

    Agendas come before lines and appointments, and whoever holds several takes them in ascending id of the office:
    so nobody waits in a circle.
    """
    await session.execute(_LOCK_AGENDA, {"office_id": office.id})


async def acquire_advisory_lock(session: AsyncSession, lock_name: str) -> None:
    """From here to the commit nobody else counts what belongs to this mailbox, holder or address.

    SQLite has one writer at a time anyway. Whoever holds several takes an agenda first, an address last.
    """
    if dialect_name(session) == "postgresql":
        key = int.from_bytes(hashlib.sha256(lock_name.encode()).digest()[:8], signed=True)
        await session.execute(_ADVISORY_LOCK, {"key": key})


async def insert_hold(
    session: AsyncSession,
    hold: SlotHold,
    token_hash: str,
    holder: str,
    now: datetime,
    *,
    address: str | None = None,
) -> None:
    """Also forgets those that ran out before yesterday: nobody looks at them any more."""
    await session.execute(delete(HoldRow).where(HoldRow.expires_at < now - EXPIRED_HOLD_RETENTION))
    values = {**dataclasses.asdict(hold), "token_hash": token_hash, "holder": holder, "address": address}
    session.add(HoldRow(**values, created_at=now))
    await session.flush()


async def active_hold_expiries(
    session: AsyncSession, address: str, now: datetime, *, excluded_hold_id: str | None
) -> list[datetime]:
    """When those of an address that are open for a booking run out; `without` leaves one out."""
    statement = select(HoldRow.expires_at).where(
        HoldRow.address == address, HoldRow.purpose == HoldPurpose.BOOKING, HoldRow.expires_at > now
    )
    if excluded_hold_id is not None:
        statement = statement.where(HoldRow.id != excluded_hold_id)
    return list((await session.execute(statement)).scalars())


async def find_hold_by_token_hash(session: AsyncSession, token_hash: str) -> SlotHold | None:
    return await _find_hold_where(session, HoldRow.token_hash == token_hash)


async def find_booking_hold(session: AsyncSession, holder: str) -> SlotHold | None:
    """What this holder has for a booking, run out or not."""
    return await _find_hold_where(session, HoldRow.holder == holder, HoldRow.purpose == HoldPurpose.BOOKING)


async def _find_hold_where(session: AsyncSession, *conditions: ColumnElement[bool]) -> SlotHold | None:
    statement = select(HoldRow).where(*conditions).execution_options(populate_existing=True)
    row = (await session.execute(statement)).scalars().first()
    return None if row is None else _hold_from_row(row)


def _hold_from_row(row: HoldRow) -> SlotHold:
    values = {field.name: getattr(row, field.name) for field in dataclasses.fields(SlotHold)}
    return SlotHold(
        **values
        | {"purpose": HoldPurpose(row.purpose), "more_services": _additional_services_from_json(row.more_services)}
    )


def _additional_services_from_json(kept: list[dict[str, Any]]) -> tuple[AdditionalService, ...]:
    return tuple(AdditionalService(**one) for one in kept)


async def find_hold(session: AsyncSession, hold_id: str) -> SlotHold | None:
    return await _find_hold_where(session, HoldRow.id == hold_id)


async def find_holder(session: AsyncSession, hold_id: str) -> str | None:
    """Who has it; of a place that was given back, who gave it."""
    return (await session.execute(select(HoldRow.holder).where(HoldRow.id == hold_id))).scalar_one_or_none()


async def find_released_hold(
    session: AsyncSession, service_id: str, mode: Mode, starts_at: datetime, person: str
) -> SlotHold | None:
    """The place that this mailbox gave back and nobody has had since."""
    return await _find_hold_where(
        session,
        HoldRow.service_id == service_id,
        HoldRow.mode == mode,
        HoldRow.starts_at == starts_at,
        HoldRow.holder == person,
        HoldRow.purpose != HoldPurpose.BOOKING,
    )


async def holds_in_interval(
    session: AsyncSession, office_id: str, start: datetime, end: datetime, *, excluded_holder: str
) -> list[SlotHold]:
    """The holds of an office that touch the interval, run out or not, but those of the holder `without`."""
    return await _find_holds_where(session, office_id, start, end, HoldRow.holder != excluded_holder)


async def holds_by_holder(
    session: AsyncSession, office_id: str, holder: str, start: datetime, end: datetime
) -> list[SlotHold]:
    """Those of one holder that touch the interval, run out or not."""
    return await _find_holds_where(session, office_id, start, end, HoldRow.holder == holder)


async def _find_holds_where(
    session: AsyncSession, office_id: str, start: datetime, end: datetime, holder_condition: ColumnElement[bool]
) -> list[SlotHold]:
    statement = select(HoldRow).where(
        HoldRow.office_id == office_id, HoldRow.starts_at < end, HoldRow.ends_at > start, holder_condition
    )
    return [_hold_from_row(row) for row in (await session.execute(statement)).scalars()]


async def update_hold(session: AsyncSession, hold_id: str, **values: Any) -> None:
    await session.execute(update(HoldRow).where(HoldRow.id == hold_id).values(**values))


async def delete_hold(session: AsyncSession, hold_id: str) -> bool:
    """Whether it was still there."""
    result = cast("CursorResult[Any]", await session.execute(delete(HoldRow).where(HoldRow.id == hold_id)))
    return result.rowcount == 1


async def anonymise_appointments(session: AsyncSession, before: datetime) -> int:
    """A batch of the visits that were over before: whose they were is deleted, and what they needed; how many."""
    known = select(AppointmentRow.id).where(AppointmentRow.ends_at < before, text(IS_IDENTIFIED_SQL))
    oldest = known.order_by(AppointmentRow.ends_at).limit(BATCH_ROWS).with_for_update(skip_locked=True)
    over = (await session.execute(oldest)).scalars().all()
    if over:
        who = {"name": "", "email": "", "email_key": "", "phone": None, "document": None}
        where_from = {"device": None, "address": None}
        forgotten = update(AppointmentRow).where(AppointmentRow.id.in_(over))
        await session.execute(forgotten.values(**who, **where_from, needs=[], needs_note=None))
    return len(over)


async def find_active_appointment(
    session: AsyncSession, service_ids: Sequence[str], email: str, now: datetime
) -> Appointment | None:
    """The visit in which one of these services is done, first or later, that this mailbox has ahead already."""
    statement = select(AppointmentRow).where(
        AppointmentRow.email_key == email_key(email),
        AppointmentRow.state.in_(ACTIVE_STATES),
        AppointmentRow.ends_at > now,
    )
    for row in (await session.execute(statement)).scalars():  # of one mailbox there are a few
        if {row.service_id, *(one["id"] for one in row.more_services)} & set(service_ids):
            return appointment_from_row(row)
    return None


async def insert_appointment(
    session: AsyncSession,
    appointment: Appointment,
    *,
    request_key: str | None,
    request_digest: str | None,
    booked_by: str = "citizen",
    override: str | None = None,
) -> None:
    """Raises Collision when the locator or the request's key is already there; the transaction is over then."""
    session.add(
        AppointmentRow(
            id=appointment.id,
            locator=appointment.locator,
            token_hash=appointment.token_hash,
            state=appointment.state,
            office_id=appointment.office_id,
            office_slug=appointment.office_slug,
            service_id=appointment.service_id,
            service_slug=appointment.service_slug,
            service_names=dict(appointment.service_names),
            mode=appointment.mode,
            starts_at=appointment.starts_at,
            ends_at=appointment.ends_at,
            name=appointment.name,
            email=appointment.email,
            email_key=email_key(appointment.email),
            phone=appointment.phone,
            document=appointment.document,
            language=appointment.language,
            needs=list(appointment.needs),
            more_services=[dataclasses.asdict(one) for one in appointment.more_services],
            calendar_uid=appointment.calendar_uid,
            revision=appointment.revision,
            moves=appointment.moves,
            request_key=request_key,
            request_digest=request_digest,
            booked_by=booked_by,
            override=override,
            needs_note=appointment.needs_note,
            kept_until=appointment.kept_until,
            device=appointment.device,
            address=appointment.address,
            created_at=appointment.created_at,
            changed_at=appointment.created_at,
            remind_by_sms=appointment.remind_by_sms,
        )
    )
    try:
        await session.flush()
    except IntegrityError as error:
        raise BookingCollision from error


async def update_appointment(
    session: AsyncSession,
    appointment_id: str,
    expected_state: AppointmentState,
    now: datetime,
    **values: Any,
) -> bool:
    """Change it if it is still in the state that was seen; False when another request got there first."""
    statement = (
        update(AppointmentRow)
        .where(AppointmentRow.id == appointment_id, AppointmentRow.state == expected_state)
        .values(changed_at=now, **values)
    )
    result = cast("CursorResult[Any]", await session.execute(statement))
    return result.rowcount == 1


async def clear_requester(session: AsyncSession, appointment_id: str) -> None:
    """Forget from which device and address it was booked."""
    statement = update(AppointmentRow).where(AppointmentRow.id == appointment_id)
    await session.execute(statement.values(device=None, address=None))


async def find_appointment_by_token_hash(session: AsyncSession, token_hash: str) -> Appointment | None:
    return await _find_appointment_where(session, AppointmentRow.token_hash == token_hash)


async def find_appointment(session: AsyncSession, appointment_id: str) -> Appointment | None:
    return await _find_appointment_where(session, AppointmentRow.id == appointment_id)


async def lock_appointment(session: AsyncSession, appointment_id: str) -> Appointment | None:
    """The appointment, which nobody else changes until the commit."""
    statement = select(AppointmentRow).where(AppointmentRow.id == appointment_id).with_for_update()
    found = await session.execute(statement.execution_options(populate_existing=True))
    row = found.scalar_one_or_none()
    return None if row is None else appointment_from_row(row)


async def find_appointment_by_locator(
    session: AsyncSession, locator: str, contacts: Mapping[str, str]
) -> Appointment | None:
    """The appointment of a locator, if one of the contacts (`email`, `phone`, `document`) is its own."""
    columns = {
        "email": AppointmentRow.email_key,
        "phone": AppointmentRow.phone,
        "document": AppointmentRow.document,
    }
    kept = {kind: email_key(value) if kind == "email" else value for kind, value in contacts.items()}
    owned = or_(*(columns[kind] == value for kind, value in kept.items()))
    return await _find_appointment_where(session, AppointmentRow.locator == locator, owned)


async def find_booking_by_request_key(
    session: AsyncSession, request_key: str, since: datetime
) -> IdempotentBooking | None:
    """What an earlier request with this key made. A key older than `since` is forgotten here and now."""
    row = await _find_row_where(session, AppointmentRow.request_key == request_key)
    if row is None:
        return None
    if row.created_at <= since:
        row.request_key = None
        await session.flush()
        return None
    return IdempotentBooking(appointment_from_row(row), row.request_digest or "")


async def appointments_starting_between(
    session: AsyncSession,
    office_id: str,
    start: datetime,
    end: datetime,
    mode: str | None,
    *,
    include_unconfirmed: bool = False,
) -> list[Appointment]:
    """Those that start in the interval and are confirmed or came of it, by time; or also the `unconfirmed`."""
    left_out = SLOT_FREEING_STATES if include_unconfirmed else SLOT_FREEING_STATES | UNCONFIRMED_STATES
    statement = (
        select(AppointmentRow)
        .where(
            AppointmentRow.office_id == office_id,
            AppointmentRow.starts_at >= start,
            AppointmentRow.starts_at < end,
            AppointmentRow.state.not_in(left_out),
        )
        .order_by(AppointmentRow.starts_at, AppointmentRow.id)
    )
    if mode is not None:
        statement = statement.where(AppointmentRow.mode == mode)
    return [appointment_from_row(row) for row in (await session.execute(statement)).scalars()]


async def count_appointments_by_state(
    session: AsyncSession, office_id: str, start: datetime, end: datetime, mode: str
) -> dict[AppointmentState, int]:
    """How many that started in the interval are in each state."""
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


def email_key(email: str) -> str:
    """One key for all ways to write a mailbox: mail systems treat capitals as the same.

    Hashed, for folding can make an address longer than any column.
    """
    return hashlib.sha256(email.strip().casefold().encode()).hexdigest()


async def _find_appointment_where(session: AsyncSession, *conditions: ColumnElement[bool]) -> Appointment | None:
    row = await _find_row_where(session, *conditions)
    return None if row is None else appointment_from_row(row)


async def _find_row_where(session: AsyncSession, *conditions: ColumnElement[bool]) -> AppointmentRow | None:
    # populate_existing: a transaction that has waited for its turn must see what the one before it wrote
    statement = select(AppointmentRow).where(*conditions).execution_options(populate_existing=True)
    return (await session.execute(statement)).scalar_one_or_none()


def appointment_from_row(row: AppointmentRow) -> Appointment:
    """The row in the words of the rules."""
    return Appointment(
        id=row.id,
        locator=row.locator,
        state=AppointmentState(row.state),
        office_id=row.office_id,
        office_slug=row.office_slug,
        service_slug=row.service_slug,
        service_id=row.service_id,
        service_names=row.service_names,
        mode=cast("Mode", row.mode),
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        name=row.name,
        email=row.email,
        phone=row.phone,
        document=row.document,
        language=row.language,
        needs=tuple(row.needs),
        token_hash=row.token_hash,
        created_at=row.created_at,
        calendar_uid=row.calendar_uid,
        revision=row.revision,
        rescheduled_to=row.rescheduled_to,
        remind_by_sms=row.remind_by_sms,
        told_starts_at=row.told_starts_at,
        latest_told_at=row.latest_told_at,
        moves=row.moves,
        cancel_reason=row.cancel_reason,
        may_enter_at=row.may_enter_at,
        more_services=_additional_services_from_json(row.more_services),
        needs_note=row.needs_note,
        kept_until=row.kept_until,
        lapsed_at=row.lapsed_at,
        device=row.device,
        address=row.address,
    )
