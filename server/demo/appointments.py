"""Appointments of the demo: in the coming days, and some within the next hour and a half.

They are filled up to a level, so that a second start adds nothing. The features' use cases make them, with a clock
set to the past for what happened before.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from itertools import cycle, islice

from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncSession

from ...appointments.domain.agenda_settings import DEFAULT_LEAD
from ...appointments.service import (
    Appointment,
    AppointmentState,
    BookingRequest,
    FreeSlot,
    SlotSearch,
    appointments_of_day,
    available_slots,
    create_appointment,
)
from ...core.db.outbox import OutboxRow
from ...core.runtime import Runtime, Transaction
from ...offices.service import Office, OfficeService, ServiceMode, hours

CITIZEN_NAMES = (
    "Amina", "Bruno", "Carmen", "Darío", "Elena", "Fátima", "Gonzalo", "Hind", "Irene", "Jamal", "Karima", "Lucía",
    "Mateo", "Nadia", "Óscar", "Paula", "Quique", "Rosa", "Samir", "Teresa", "Úrsula", "Valentín", "Wanda",
    "Ximena", "Yusuf", "Zoe",
)  # fmt: skip
DEMO_NAME_SUFFIX = " (demo)"  # marks every name as invented
DEMO_PHONE = "+34600000000"  # invented; the demo makes no calls
BOOKED_DAYS_AHEAD = 14  # days with appointments
BUSINESS_HOURS = range(9, 19)  # people avoid appointments at night
# age of the bookings, so that a visitor's e-mails are the newest
BOOKED_BEFORE = timedelta(hours=20)
UPCOMING_WITHIN = timedelta(minutes=90)  # appointments that a visitor of the demo can wait for
# an appointment that began so long ago is neither late nor missed
STARTED_WITHIN = timedelta(minutes=4)
IMMEDIATE_APPOINTMENTS = 2  # upcoming appointments that can be entered at once


@dataclass(frozen=True, slots=True)
class FixedClock:
    """A clock that stands still."""

    at: datetime

    def now(self) -> datetime:
        return self.at


def runtime_at(runtime: Runtime, moment: datetime) -> Runtime:
    """Return the runtime with its clock at another time."""
    return replace(runtime, clock=FixedClock(moment))


def citizen_names(seed: str) -> Iterator[str]:
    """Generate citizens' names endlessly, in an order given by the seed."""
    first = random.Random(seed).randrange(len(CITIZEN_NAMES))  # noqa: S311 - nothing secret
    return (name + DEMO_NAME_SUFFIX for name in islice(cycle(CITIZEN_NAMES), first, None))


async def book_coming_days(runtime: Runtime, office: Office, per_day: int) -> None:
    """Book `per_day` appointments on each open day of the coming weeks that has none."""
    now = runtime.now()
    async with runtime.read_session() as session:
        days = await _days_without_appointments(session, office, now)
    if not days:
        return
    async with runtime_at(runtime, now - BOOKED_BEFORE).transaction() as tx:
        free = await _free_slots_by_day(tx.session, office, now)
        booked = [
            await create_appointment(tx, office, booking)
            for day in days
            for booking in _pick_bookings(office, day, free.get(day, []), per_day)
        ]
        await delete_appointment_messages(tx, booked)


async def book_upcoming_slots(runtime: Runtime, office: Office, mode: ServiceMode, wanted: int) -> None:
    """Book up to `wanted` appointments of a mode within the next hour and a half."""
    now = runtime.now()
    async with runtime.read_session() as session:
        missing = wanted - len(await upcoming_appointments(session, office, mode, now))
        free = await _free_upcoming_slots(session, office, mode, now) if missing > 0 else []
    if not free:
        return
    people = citizen_names(f"{office.slug} {mode} {now:%F %H}")
    async with runtime_at(runtime, now - BOOKED_BEFORE).transaction() as tx:
        for service, slot in _pick_spread_slots(free, missing):
            await create_appointment(tx, office, build_booking_request(service, mode, slot, next(people)))


async def upcoming_appointments(
    session: AsyncSession, office: Office, mode: ServiceMode, now: datetime
) -> list[Appointment]:
    """List the appointments of the next hour and a half that are not over."""
    appointments = await appointments_of_day(session, office.id, now - STARTED_WITHIN, now + UPCOMING_WITHIN, mode)
    return [
        appointment
        for appointment in appointments
        if appointment.state in (AppointmentState.CONFIRMED, AppointmentState.CHECKED_IN)
    ]


async def expected_appointments(
    session: AsyncSession, office: Office, mode: ServiceMode, now: datetime
) -> list[Appointment]:
    """List the upcoming appointments whose citizens have not checked in."""
    return [
        appointment
        for appointment in await upcoming_appointments(session, office, mode, now)
        if appointment.state is AppointmentState.CONFIRMED
    ]


async def _days_without_appointments(session: AsyncSession, office: Office, now: datetime) -> list[date]:
    today = hours.to_local_day(office.hours, now)
    days = [today + timedelta(days=ahead) for ahead in range(1, BOOKED_DAYS_AHEAD + 1)]
    first, last = hours.day_bounds(office.hours, days[0])[0], hours.day_bounds(office.hours, days[-1])[1]
    booked = await appointments_of_day(session, office.id, first, last)
    taken = {hours.to_local_day(office.hours, appointment.starts_at) for appointment in booked}
    return [day for day in days if day not in taken and hours.opening_intervals(office.hours, day)]


async def _free_slots_by_day(
    session: AsyncSession, office: Office, now: datetime
) -> dict[date, list[tuple[OfficeService, ServiceMode, FreeSlot]]]:
    """Return the free slots of the coming weeks in business hours, by local day."""
    first, found = hours.to_local_day(office.hours, now) + timedelta(days=1), defaultdict(list)
    for service in office.services:
        for mode in service.modes:
            search = SlotSearch(office, [service], mode)
            for slot in await available_slots(session, search, now, first, BOOKED_DAYS_AHEAD):
                local = slot.starts_at.astimezone(office.timezone)
                if local.hour in BUSINESS_HOURS:
                    found[local.date()].append((service, mode, slot))
    return found


def _pick_bookings(
    office: Office, day: date, free: Sequence[tuple[OfficeService, ServiceMode, FreeSlot]], count: int
) -> list[BookingRequest]:
    """Pick some of the day's free slots, the same slots for the same day."""
    chance = random.Random(f"{office.slug} {day}")  # noqa: S311 - nothing secret
    people = citizen_names(f"{office.slug} {day}")
    return [build_booking_request(*slot, next(people)) for slot in chance.sample(free, min(count, len(free)))]


async def _free_upcoming_slots(
    session: AsyncSession, office: Office, mode: ServiceMode, now: datetime
) -> list[tuple[OfficeService, FreeSlot]]:
    """List slots of the next hour and a half without a booking, in order of time."""
    earliest = now - STARTED_WITHIN
    today = hours.to_local_day(office.hours, now)
    slots = [
        (service, slot)
        for service in office.services_for(mode)
        for slot in await available_slots(
            session, SlotSearch(office, [service], mode), earliest - DEFAULT_LEAD, today, 2
        )
        if slot.starts_at < now + UPCOMING_WITHIN and slot.left == service.capacity.get(mode)
    ]
    return sorted(slots, key=lambda pair: pair[1].starts_at)


def _pick_spread_slots(
    free: Sequence[tuple[OfficeService, FreeSlot]], count: int
) -> list[tuple[OfficeService, FreeSlot]]:
    """Pick the first slots, then some of the rest at equal distances."""
    near, rest = list(free[:IMMEDIATE_APPOINTMENTS]), free[IMMEDIATE_APPOINTMENTS:]
    step = max(1, len(rest) // max(1, count - IMMEDIATE_APPOINTMENTS))
    return [*near, *rest[step - 1 :: step]][:count]


def build_booking_request(service: OfficeService, mode: ServiceMode, slot: FreeSlot, name: str) -> BookingRequest:
    """Build the booking of an invented citizen."""
    address = name.removesuffix(DEMO_NAME_SUFFIX).casefold().translate(str.maketrans("áéíóú", "aeiou"))
    return BookingRequest(
        service=service.slug,
        mode=mode,
        starts_at=slot.starts_at,
        name=name,
        email=f"{address}@example.org",
        phone=DEMO_PHONE if mode == "phone" else None,
    )


async def delete_appointment_messages(tx: Transaction, appointments: Sequence[Appointment]) -> None:
    """Delete the messages of invented bookings, which would hide those of a visitor."""
    await tx.session.flush()
    subjects = [f"appointment:{appointment.id}" for appointment in appointments]
    await tx.session.execute(delete(OutboxRow).where(OutboxRow.subject.in_(subjects)))
