"""Reads and writes who wants an earlier time, the waiting list and the offers. Runs SQL, as store.py does."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from datetime import datetime
from typing import Any, TypeVar, cast

from sqlalchemy import CursorResult, Select, and_, delete, exists, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from ...core.db.batch_delete import delete_batch
from ...core.db.engine import dialect_name
from ..domain.appointment import Appointment, AppointmentState, Mode
from ..domain.offer import DayPart, EarlierSlotRequest, OfferReason, OfferState, SlotOffer
from ..domain.waitlist_entry import ENDED_WAITLIST_STATES, WaitlistEntry, WaitlistState
from .appointment_rows import appointment_from_row
from .tables import AppointmentRow, EarlierSlotRequestRow, OfferRow, WaitlistEntryRow

T = TypeVar("T")


# Who wants an earlier time


async def save_earlier_request(
    session: AsyncSession, appointment_id: str, request: EarlierSlotRequest, now: datetime
) -> None:
    """Whoever asks again with other limits keeps their place in the list."""
    changed = {"not_before": request.not_before, "part": request.part}
    made = _dialect_insert(session)(EarlierSlotRequestRow).values(
        appointment_id=appointment_id, asked_at=now, **changed
    )
    await session.execute(made.on_conflict_do_update(index_elements=["appointment_id"], set_=changed))


async def delete_earlier_request(session: AsyncSession, appointment_id: str) -> None:
    await session.execute(
        delete(EarlierSlotRequestRow).where(EarlierSlotRequestRow.appointment_id == appointment_id)
    )


async def transfer_earlier_request(session: AsyncSession, old_id: str, new_id: str) -> None:
    """The appointment was moved: its wish goes along, with its place in the list."""
    await session.execute(
        update(EarlierSlotRequestRow)
        .where(EarlierSlotRequestRow.appointment_id == old_id)
        .values(appointment_id=new_id)
    )


async def delete_past_earlier_requests(session: AsyncSession, before: datetime) -> int:
    """A batch of the wishes of visits that are over: nobody can have an earlier time for them; how many."""
    over = exists().where(
        AppointmentRow.id == EarlierSlotRequestRow.appointment_id, AppointmentRow.ends_at < before
    )
    return len(
        await delete_batch(session, EarlierSlotRequestRow.appointment_id, over, EarlierSlotRequestRow.asked_at)
    )


async def find_earlier_request(session: AsyncSession, appointment_id: str) -> EarlierSlotRequest | None:
    row = await session.get(EarlierSlotRequestRow, appointment_id, populate_existing=True)
    return None if row is None else EarlierSlotRequest(row.not_before, cast("DayPart", row.part))


async def earlier_requests_for_slot(
    session: AsyncSession, service_ids: Sequence[str], mode: Mode, after: datetime, hold_id: str
) -> list[tuple[Appointment, str, EarlierSlotRequest]]:
    """In the order in which they asked, each with their person: those whose visit begins with one of these
    services, `after` this time, and who were not offered this very place yet."""
    statement = (
        select(AppointmentRow, EarlierSlotRequestRow)
        .join(EarlierSlotRequestRow, EarlierSlotRequestRow.appointment_id == AppointmentRow.id)
        .where(
            AppointmentRow.service_id.in_(service_ids),
            AppointmentRow.mode == mode,
            AppointmentRow.state == AppointmentState.CONFIRMED,
            AppointmentRow.starts_at > after,
            AppointmentRow.id.not_in(_select_already_offered(hold_id)),
        )
        .order_by(EarlierSlotRequestRow.asked_at, EarlierSlotRequestRow.appointment_id)
        .execution_options(populate_existing=True)
    )
    return [
        (appointment_from_row(row), row.email_key, EarlierSlotRequest(wish.not_before, cast("DayPart", wish.part)))
        for row, wish in (await session.execute(statement)).all()
    ]


def _select_already_offered(hold_id: str) -> Select[str]:
    return select(OfferRow.taker_id).where(OfferRow.place == hold_id)


# Offers


async def insert_offer(session: AsyncSession, offer: SlotOffer, open_for: str) -> bool:
    """False when this person is being offered something else at this moment."""
    values = {**dataclasses.asdict(offer), "open_for": open_for}
    made = _dialect_insert(session)(OfferRow).values(**values).on_conflict_do_nothing(index_elements=["open_for"])
    return (await session.execute(made.returning(OfferRow.id))).first() is not None


async def close_offer(session: AsyncSession, offer_id: str, state: OfferState) -> bool:
    """Whether it was open until now."""
    statement = (
        update(OfferRow)
        .where(OfferRow.id == offer_id, OfferRow.state == OfferState.OPEN)
        .values(state=state, open_for=None)
    )
    return await _has_updated_one_row(session, statement)


async def find_offer(session: AsyncSession, offer_id: str) -> SlotOffer | None:
    return _first_or_none(await _load_offers(session, select(OfferRow).where(OfferRow.id == offer_id)))


async def find_open_offer_for_hold(session: AsyncSession, hold_id: str) -> SlotOffer | None:
    return _first_or_none(await _load_offers(session, _select_open_offers().where(OfferRow.place == hold_id)))


async def open_offers_to_taker(session: AsyncSession, taker_id: str) -> list[SlotOffer]:
    """What an appointment or a waiting entry is offered at this moment, run out or not."""
    return await _load_offers(
        session, _select_open_offers().where(OfferRow.taker_id == taker_id).order_by(OfferRow.created_at)
    )


async def latest_offer_to_taker(session: AsyncSession, taker_id: str, reason: OfferReason) -> SlotOffer | None:
    """The latest, whatever became of it."""
    mine = select(OfferRow).where(OfferRow.taker_id == taker_id, OfferRow.taker == reason)
    return _first_or_none(await _load_offers(session, mine.order_by(OfferRow.created_at.desc()).limit(1)))


async def delete_past_offers(session: AsyncSession, before: datetime) -> int:
    """A batch of those of visits that are over: they tell nothing any more; how many."""
    over = and_(OfferRow.ends_at < before, OfferRow.state != OfferState.OPEN)
    return len(await delete_batch(session, OfferRow.id, over, OfferRow.ends_at))


def _select_open_offers() -> Select[OfferRow]:
    return select(OfferRow).where(OfferRow.state == OfferState.OPEN)


async def _load_offers(session: AsyncSession, statement: Select[OfferRow]) -> list[SlotOffer]:
    rows = (await session.execute(statement.execution_options(populate_existing=True))).scalars()
    return [_offer_from_row(row) for row in rows]


def _offer_from_row(row: OfferRow) -> SlotOffer:
    values = {field.name: getattr(row, field.name) for field in dataclasses.fields(SlotOffer)}
    return SlotOffer(**values | {"taker": OfferReason(row.taker), "state": OfferState(row.state)})


# The waiting list


async def insert_waitlist_entry(session: AsyncSession, entry: WaitlistEntry, token_hash: str, person: str) -> bool:
    """False when this mailbox has an entry for the service already."""
    values = {**dataclasses.asdict(entry), "token_hash": token_hash, "email_key": person}
    made = _dialect_insert(session)(WaitlistEntryRow).values(**values)
    once = made.on_conflict_do_nothing(index_elements=["email_key", "service_slug"])
    return (await session.execute(once.returning(WaitlistEntryRow.id))).first() is not None


async def update_waitlist_entry(
    session: AsyncSession, entry_id: str, expected_state: WaitlistState, **values: Any
) -> bool:
    """Whether it was still in that state."""
    statement = (
        update(WaitlistEntryRow)
        .where(WaitlistEntryRow.id == entry_id, WaitlistEntryRow.state == expected_state)
        .values(**values)
    )
    return await _has_updated_one_row(session, statement)


async def renew_waitlist_entry(session: AsyncSession, entry: WaitlistEntry) -> None:
    """Whoever comes back stands at the end of the list."""
    values = dataclasses.asdict(entry)
    await session.execute(update(WaitlistEntryRow).where(WaitlistEntryRow.id == entry.id).values(**values))


async def find_waitlist_entry_by_token_hash(session: AsyncSession, token_hash: str) -> WaitlistEntry | None:
    return _first_or_none(
        await _load_waitlist_entries(
            session, select(WaitlistEntryRow).where(WaitlistEntryRow.token_hash == token_hash)
        )
    )


async def find_waitlist_entry(session: AsyncSession, entry_id: str) -> WaitlistEntry | None:
    return _first_or_none(
        await _load_waitlist_entries(session, select(WaitlistEntryRow).where(WaitlistEntryRow.id == entry_id))
    )


async def lock_waitlist_entry(session: AsyncSession, person: str, service_slug: str) -> WaitlistEntry | None:
    """The entry of a mailbox for a service, whatever its state. Nobody else changes it until the commit."""
    statement = select(WaitlistEntryRow).where(
        WaitlistEntryRow.email_key == person, WaitlistEntryRow.service_slug == service_slug
    )
    return _first_or_none(await _load_waitlist_entries(session, statement.with_for_update()))


async def waitlist_entries_for_slot(
    session: AsyncSession, service_slugs: Sequence[str], office_id: str, mode: Mode, now: datetime, hold_id: str
) -> list[tuple[WaitlistEntry, str]]:
    """In the order in which they asked, each with their person: those whom a place of one of these services here
    would serve, and who were not offered this very one yet."""
    statement = (
        select(WaitlistEntryRow)
        .where(
            WaitlistEntryRow.service_slug.in_(service_slugs),
            WaitlistEntryRow.state == WaitlistState.WAITING,
            WaitlistEntryRow.expires_at > now,
            or_(WaitlistEntryRow.office_id.is_(None), WaitlistEntryRow.office_id == office_id),
            or_(WaitlistEntryRow.mode.is_(None), WaitlistEntryRow.mode == mode),
            WaitlistEntryRow.id.not_in(_select_already_offered(hold_id)),
        )
        .order_by(WaitlistEntryRow.asked_at, WaitlistEntryRow.id)
        .execution_options(populate_existing=True)
    )
    return [(_waitlist_entry_from_row(row), row.email_key) for row in (await session.execute(statement)).scalars()]


async def has_waitlist_entries(session: AsyncSession, service_slug: str) -> bool:
    statement = select(WaitlistEntryRow.id).where(
        WaitlistEntryRow.service_slug == service_slug, WaitlistEntryRow.state == WaitlistState.WAITING
    )
    return (await session.execute(statement.limit(1))).first() is not None


async def delete_past_waitlist_entries(session: AsyncSession, before: datetime) -> int:
    """A batch of those that ended and would be over by then anyway: whoever asks again is a new one; how many."""
    over = and_(WaitlistEntryRow.state.in_(ENDED_WAITLIST_STATES), WaitlistEntryRow.expires_at < before)
    return len(await delete_batch(session, WaitlistEntryRow.id, over, WaitlistEntryRow.expires_at))


async def _load_waitlist_entries(
    session: AsyncSession, statement: Select[WaitlistEntryRow]
) -> list[WaitlistEntry]:
    rows = (await session.execute(statement.execution_options(populate_existing=True))).scalars()
    return [_waitlist_entry_from_row(row) for row in rows]


def _waitlist_entry_from_row(row: WaitlistEntryRow) -> WaitlistEntry:
    values = {field.name: getattr(row, field.name) for field in dataclasses.fields(WaitlistEntry)}
    return WaitlistEntry(**values | {"state": WaitlistState(row.state), "more_services": tuple(row.more_services)})


# What both databases have in common


def _dialect_insert(session: AsyncSession) -> Any:
    return sqlite.insert if dialect_name(session) == "sqlite" else postgresql.insert


async def _has_updated_one_row(session: AsyncSession, statement: Any) -> bool:
    quiet = statement.execution_options(synchronize_session=False)
    return cast("CursorResult[Any]", await session.execute(quiet)).rowcount == 1


def _first_or_none(found: Sequence[T]) -> T | None:
    return found[0] if found else None
