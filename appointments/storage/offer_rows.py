"""Reads and writes who wants an earlier time, the waiting list and the offers. Runs SQL, as store.py does."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from datetime import datetime
from typing import Any, TypeVar, cast

from sqlalchemy import CursorResult, Select, and_, delete, exists, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from ...core.db.batch_delete import delete_some
from ...core.db.engine import dialect_of
from ..domain.appointment import Appointment, AppointmentState, Mode
from ..domain.offer import Offer, OfferState, Part, Taker, Wish
from ..domain.waitlist_entry import ENDED, Waiting, WaitingState
from .appointment_rows import appointment_of
from .tables import AppointmentRow, EarlierRow, OfferRow, WaitingRow

T = TypeVar("T")


# Who wants an earlier time


async def keep_wish(session: AsyncSession, appointment_id: str, wish: Wish, now: datetime) -> None:
    """Whoever asks again with other limits keeps their place in the list."""
    changed = {"not_before": wish.not_before, "part": wish.part}
    made = _insert(session)(EarlierRow).values(appointment_id=appointment_id, asked_at=now, **changed)
    await session.execute(made.on_conflict_do_update(index_elements=["appointment_id"], set_=changed))


async def delete_wish(session: AsyncSession, appointment_id: str) -> None:
    await session.execute(delete(EarlierRow).where(EarlierRow.appointment_id == appointment_id))


async def hand_on_wish(session: AsyncSession, old_id: str, new_id: str) -> None:
    """The appointment was moved: its wish goes along, with its place in the list."""
    await session.execute(
        update(EarlierRow).where(EarlierRow.appointment_id == old_id).values(appointment_id=new_id)
    )


async def forget_wishes(session: AsyncSession, before: datetime) -> int:
    """A batch of the wishes of visits that are over: nobody can have an earlier time for them; how many."""
    over = exists().where(AppointmentRow.id == EarlierRow.appointment_id, AppointmentRow.ends_at < before)
    return len(await delete_some(session, EarlierRow.appointment_id, over, EarlierRow.asked_at))


async def wish_of(session: AsyncSession, appointment_id: str) -> Wish | None:
    row = await session.get(EarlierRow, appointment_id, populate_existing=True)
    return None if row is None else Wish(row.not_before, cast("Part", row.part))


async def who_wants_earlier(
    session: AsyncSession, service_ids: Sequence[str], mode: Mode, after: datetime, place: str
) -> list[tuple[Appointment, str, Wish]]:
    """In the order in which they asked, each with their person: those whose visit begins with one of these
    services, `after` this time, and who were not offered this very place yet."""
    statement = (
        select(AppointmentRow, EarlierRow)
        .join(EarlierRow, EarlierRow.appointment_id == AppointmentRow.id)
        .where(
            AppointmentRow.service_id.in_(service_ids),
            AppointmentRow.mode == mode,
            AppointmentRow.state == AppointmentState.CONFIRMED,
            AppointmentRow.starts_at > after,
            AppointmentRow.id.not_in(_were_offered(place)),
        )
        .order_by(EarlierRow.asked_at, EarlierRow.appointment_id)
        .execution_options(populate_existing=True)
    )
    return [
        (appointment_of(row), row.email_key, Wish(wish.not_before, cast("Part", wish.part)))
        for row, wish in (await session.execute(statement)).all()
    ]


def _were_offered(place: str) -> Select[str]:
    return select(OfferRow.taker_id).where(OfferRow.place == place)


# Offers


async def insert_offer(session: AsyncSession, offer: Offer, open_for: str) -> bool:
    """False when this person is being offered something else at this moment."""
    values = {**dataclasses.asdict(offer), "open_for": open_for}
    made = _insert(session)(OfferRow).values(**values).on_conflict_do_nothing(index_elements=["open_for"])
    return (await session.execute(made.returning(OfferRow.id))).first() is not None


async def close_offer(session: AsyncSession, offer_id: str, state: OfferState) -> bool:
    """Whether it was open until now."""
    statement = (
        update(OfferRow)
        .where(OfferRow.id == offer_id, OfferRow.state == OfferState.OPEN)
        .values(state=state, open_for=None)
    )
    return await _changed(session, statement)


async def offer_by_id(session: AsyncSession, offer_id: str) -> Offer | None:
    return _first(await _offers(session, select(OfferRow).where(OfferRow.id == offer_id)))


async def open_offer_of_place(session: AsyncSession, place: str) -> Offer | None:
    return _first(await _offers(session, _open().where(OfferRow.place == place)))


async def open_offers_to(session: AsyncSession, taker_id: str) -> list[Offer]:
    """What an appointment or a waiting entry is offered at this moment, run out or not."""
    return await _offers(session, _open().where(OfferRow.taker_id == taker_id).order_by(OfferRow.created_at))


async def last_offer_to(session: AsyncSession, taker_id: str, taker: Taker) -> Offer | None:
    """The latest, whatever became of it."""
    mine = select(OfferRow).where(OfferRow.taker_id == taker_id, OfferRow.taker == taker)
    return _first(await _offers(session, mine.order_by(OfferRow.created_at.desc()).limit(1)))


async def forget_offers(session: AsyncSession, before: datetime) -> int:
    """A batch of those of visits that are over: they tell nothing any more; how many."""
    over = and_(OfferRow.ends_at < before, OfferRow.state != OfferState.OPEN)
    return len(await delete_some(session, OfferRow.id, over, OfferRow.ends_at))


def _open() -> Select[OfferRow]:
    return select(OfferRow).where(OfferRow.state == OfferState.OPEN)


async def _offers(session: AsyncSession, statement: Select[OfferRow]) -> list[Offer]:
    rows = (await session.execute(statement.execution_options(populate_existing=True))).scalars()
    return [_offer(row) for row in rows]


def _offer(row: OfferRow) -> Offer:
    values = {field.name: getattr(row, field.name) for field in dataclasses.fields(Offer)}
    return Offer(**values | {"taker": Taker(row.taker), "state": OfferState(row.state)})


# The waiting list


async def insert_waiting(session: AsyncSession, entry: Waiting, token_hash: str, person: str) -> bool:
    """False when this mailbox has an entry for the service already."""
    values = {**dataclasses.asdict(entry), "token_hash": token_hash, "email_key": person}
    made = _insert(session)(WaitingRow).values(**values)
    once = made.on_conflict_do_nothing(index_elements=["email_key", "service_slug"])
    return (await session.execute(once.returning(WaitingRow.id))).first() is not None


async def change_waiting(session: AsyncSession, entry_id: str, was: WaitingState, **values: Any) -> bool:
    """Whether it was still in that state."""
    statement = update(WaitingRow).where(WaitingRow.id == entry_id, WaitingRow.state == was).values(**values)
    return await _changed(session, statement)


async def renew_waiting(session: AsyncSession, entry: Waiting) -> None:
    """Whoever comes back stands at the end of the list."""
    values = dataclasses.asdict(entry)
    await session.execute(update(WaitingRow).where(WaitingRow.id == entry.id).values(**values))


async def waiting_by_token_hash(session: AsyncSession, token_hash: str) -> Waiting | None:
    return _first(await _waiting(session, select(WaitingRow).where(WaitingRow.token_hash == token_hash)))


async def waiting_by_id(session: AsyncSession, entry_id: str) -> Waiting | None:
    return _first(await _waiting(session, select(WaitingRow).where(WaitingRow.id == entry_id)))


async def waiting_of(session: AsyncSession, person: str, service_slug: str) -> Waiting | None:
    """The entry of a mailbox for a service, whatever its state. Nobody else changes it until the commit."""
    statement = select(WaitingRow).where(WaitingRow.email_key == person, WaitingRow.service_slug == service_slug)
    return _first(await _waiting(session, statement.with_for_update()))


async def who_waits(
    session: AsyncSession, service_slugs: Sequence[str], office_id: str, mode: Mode, now: datetime, place: str
) -> list[tuple[Waiting, str]]:
    """In the order in which they asked, each with their person: those whom a place of one of these services here
    would serve, and who were not offered this very one yet."""
    statement = (
        select(WaitingRow)
        .where(
            WaitingRow.service_slug.in_(service_slugs),
            WaitingRow.state == WaitingState.WAITING,
            WaitingRow.expires_at > now,
            or_(WaitingRow.office_id.is_(None), WaitingRow.office_id == office_id),
            or_(WaitingRow.mode.is_(None), WaitingRow.mode == mode),
            WaitingRow.id.not_in(_were_offered(place)),
        )
        .order_by(WaitingRow.asked_at, WaitingRow.id)
        .execution_options(populate_existing=True)
    )
    return [(_entry(row), row.email_key) for row in (await session.execute(statement)).scalars()]


async def anybody_waits(session: AsyncSession, service_slug: str) -> bool:
    statement = select(WaitingRow.id).where(
        WaitingRow.service_slug == service_slug, WaitingRow.state == WaitingState.WAITING
    )
    return (await session.execute(statement.limit(1))).first() is not None


async def forget_waits(session: AsyncSession, before: datetime) -> int:
    """A batch of those that ended and would be over by then anyway: whoever asks again is a new one; how many."""
    over = and_(WaitingRow.state.in_(ENDED), WaitingRow.expires_at < before)
    return len(await delete_some(session, WaitingRow.id, over, WaitingRow.expires_at))


async def _waiting(session: AsyncSession, statement: Select[WaitingRow]) -> list[Waiting]:
    rows = (await session.execute(statement.execution_options(populate_existing=True))).scalars()
    return [_entry(row) for row in rows]


def _entry(row: WaitingRow) -> Waiting:
    values = {field.name: getattr(row, field.name) for field in dataclasses.fields(Waiting)}
    return Waiting(**values | {"state": WaitingState(row.state), "more_services": tuple(row.more_services)})


# What both databases have in common


def _insert(session: AsyncSession) -> Any:
    return sqlite.insert if dialect_of(session) == "sqlite" else postgresql.insert


async def _changed(session: AsyncSession, statement: Any) -> bool:
    quiet = statement.execution_options(synchronize_session=False)
    return cast("CursorResult[Any]", await session.execute(quiet)).rowcount == 1


def _first(found: Sequence[T]) -> T | None:
    return found[0] if found else None
