"""State machine of freed slots under any history of use cases.

People book, hold, cancel, move, wait, accept and refuse in any order, through the use cases. After each step
there are no more visits at once than places, no person has two offers, and no freed slot is lost.
"""

from __future__ import annotations

import asyncio
import shutil
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from office360.appointments import service
from office360.appointments.actions.earlier_slot import (
    accept_earlier_slot,
    cancel_earlier_request,
    refuse_earlier_slot,
    request_earlier_slot,
)
from office360.appointments.actions.rebook import rebook_appointment, replacement_times
from office360.appointments.actions.waitlist import (
    WaitlistRequest,
    accept_waitlist_offer,
    confirm_waitlist_entry,
    join_waitlist,
    leave_waitlist,
    waitlist_token,
)
from office360.appointments.domain.appointment import AdditionalService
from office360.appointments.domain.freed_slot import split_into_shares
from office360.appointments.domain.offer import EarlierSlotRequest
from office360.appointments.domain.slots import OverlapCounts
from office360.appointments.service import Appointment, AppointmentState
from office360.appointments.storage.tables import (
    AppointmentRow,
    EarlierSlotRequestRow,
    HoldRow,
    OfferRow,
    WaitlistEntryRow,
)
from office360.core.db.outbox import OutboxRow
from office360.core.db.timer_rows import TimerRow
from office360.core.db.timers import fire_due_timers
from office360.core.errors import NotFound, Office360Error, Refused
from office360.core.events import EventRegistry
from office360.core.runtime import Runtime
from office360.offices.service import Office, all_offices, office_by_slug
from office360.server.runtime import make_runtime
from office360.server.settings import load_settings
from sqlalchemy import delete, select, update

from ...conftest import MORNING, TEST_SECRET, FakeClock
from ...support.office_fixture import build_office
from ...support.suite.examples import examples
from ..support.requesters import QUARTER, make_booking_request
from ..support.staff import CARMEN

FIRST = MORNING + timedelta(days=2, hours=-1, minutes=-30)  # Friday at nine
PEOPLE = 5
TIMES = 4  # few enough that people compete for the same slots
S = AppointmentState
SLOT_FREEING = {S.CANCELLED_CITIZEN, S.CANCELLED_OFFICE, S.RESCHEDULED}

ACTS = (
    *("book", "hold", "cancel", "move", "want", "stop", "accept", "refuse"),
    *("wait", "take", "withdraw", "rebook", "worker", "worker", "later", "book", "cancel", "want", "accept"),
)
ModelStep = tuple[str, int, int]  # name of the action, number of the person, number of the slot
STEPS = st.lists(
    st.tuples(
        st.sampled_from(ACTS),
        st.integers(0, PEOPLE - 1),
        st.integers(0, TIMES - 1),
    ),
    min_size=15,
    max_size=40,
)


@dataclass
class FreedSlotsModel:
    """An office, five people, and each person's appointment.

    There is one place for certificates by video. Every second person also brings a complaint in the same visit;
    for complaints there are two places.
    """

    runtime: Runtime
    office: Office
    clock: FakeClock
    mine: dict[int, Appointment] = field(default_factory=dict)

    def token(self, who: int) -> str:
        return service.appointment_token(self.runtime, self.mine[who])

    def more(self, who: int) -> tuple[str, ...]:
        return ("complaints",) if who % 2 else ()

    def shares(self, rows: Iterable[AppointmentRow | HoldRow], service: str) -> list[tuple[datetime, datetime]]:
        """List the intervals in which these visits or holds occupy one service."""
        found = []
        for one in rows:
            more = [AdditionalService(**each) for each in one.more_services]
            for share in split_into_shares(one.service_id, one.starts_at, one.ends_at, more):
                if share.service_id == self.office.service(service).id:
                    found.append((share.starts_at, share.ends_at))
        return found

    def person(self, who: int) -> dict[str, str]:
        return {"name": f"Persona {who}", "email": f"p{who}@example.org"}

    async def book(self, who: int, when: int) -> None:
        asked = make_booking_request(
            self.person(who), starts_at=FIRST + when * QUARTER, more_services=self.more(who)
        )
        async with self.runtime.read_session() as session:
            kept = await service.hold_by_holder(session, f"device:{who}")
        token = service.hold_token(self.runtime, kept) if kept else None
        self.mine[who] = await service.book_appointment(self.runtime, "centro", asked, hold_token=token)

    async def hold(self, who: int, when: int) -> None:
        at = FIRST + when * QUARTER
        more = self.more(who)
        await service.hold_slot(
            self.runtime, "centro", "certificate", "video", at, more_services=more, holder=f"device:{who}"
        )

    async def cancel(self, who: int, _when: int) -> None:
        await service.cancel_appointment(self.runtime, self.token(who))

    async def move(self, who: int, when: int) -> None:
        self.mine[who] = await service.reschedule_appointment(
            self.runtime, self.token(who), FIRST + when * QUARTER
        )

    async def want(self, who: int, _when: int) -> None:
        await request_earlier_slot(self.runtime, self.token(who), EarlierSlotRequest())

    async def stop(self, who: int, _when: int) -> None:
        await cancel_earlier_request(self.runtime, self.token(who))

    async def accept(self, who: int, _when: int) -> None:
        who, offer = await self._offered(who, "earlier")
        self.mine[who] = await accept_earlier_slot(self.runtime, self.token(who), offer)

    async def refuse(self, who: int, _when: int) -> None:
        who, offer = await self._offered(who, "earlier")
        await refuse_earlier_slot(self.runtime, self.token(who), offer)

    async def _offered(self, who: int, taker: str) -> tuple[int, str]:
        """Pick a person with an open offer of this kind. Raises KeyError if there is none."""
        async with self.runtime.read_session() as session:
            open_ones = select(OfferRow.taker_id, OfferRow.id).where(
                OfferRow.state == "open", OfferRow.taker == taker
            )
            found = {row[0]: row[1] for row in await session.execute(open_ones.order_by(OfferRow.id))}
            waiting = {
                row[0]: row[1]
                for row in await session.execute(select(WaitlistEntryRow.id, WaitlistEntryRow.email))
            }
        names = {self.person(one)["email"]: one for one in range(PEOPLE)}
        mine = {one.id: who for who, one in self.mine.items()} | {id: names[at] for id, at in waiting.items()}
        offers = [(mine[taker_id], offer) for taker_id, offer in found.items() if taker_id in mine]
        if not offers:
            raise KeyError(taker)
        return offers[who % len(offers)]

    async def wait(self, who: int, _when: int) -> None:
        asked = WaitlistRequest("certificate", "centro", "video", self.person(who)["email"], "es")
        await join_waitlist(self.runtime, asked)
        await confirm_waitlist_entry(self.runtime, await self._entry(who))

    async def take(self, who: int, _when: int) -> None:
        who, offer = await self._offered(who, "waiting")
        await accept_waitlist_offer(self.runtime, await self._entry(who), offer, f"device:{who}")

    async def _entry(self, who: int) -> str:
        async with self.runtime.read_session() as session:
            mine = select(WaitlistEntryRow.id).where(WaitlistEntryRow.email == self.person(who)["email"])
            found = (await session.execute(mine)).scalar_one_or_none()
        return waitlist_token(self.runtime, found or "none")

    async def withdraw(self, who: int, _when: int) -> None:
        await service.cancel_by_office(self.runtime, CARMEN, self.mine[who].id, "Obras.")

    async def rebook(self, who: int, _when: int) -> None:
        async with self.runtime.read_session() as session:
            cancelled = await service.appointment_by_token(session, self.token(who))
            ways = await replacement_times(session, self.office, cancelled, self.clock.now())
        if ways:
            self.mine[who] = await rebook_appointment(self.runtime, self.token(who), ways[0].starts_at)

    async def worker(self, _who: int, _when: int) -> None:
        await fire_due_timers(self.runtime, service.TIMERS)

    async def later(self, who: int, when: int) -> None:
        self.clock.advance(minutes=[1, 7, 16, 31, 300][who] * (when + 1))

    async def check(self) -> None:
        """Assert the invariants that hold after every step."""
        now = self.clock.now()
        async with self.runtime.read_session() as session:
            visits = list((await session.execute(select(AppointmentRow))).scalars())
            holds = list((await session.execute(select(HoldRow).where(HoldRow.expires_at > now))).scalars())
            offers = list((await session.execute(select(OfferRow).where(OfferRow.state == "open"))).scalars())
            timers = set((await session.execute(select(TimerRow.subject))).scalars())
        there: list[AppointmentRow | HoldRow] = [
            *(one for one in visits if one.state not in SLOT_FREEING),
            *(one for one in holds if one.purpose != "rest"),
        ]
        for slug, places in (("certificate", 1), ("complaints", 2)):
            taken = OverlapCounts.from_intervals(self.shares(there, slug))
            assert taken.peak(FIRST - timedelta(days=9), FIRST + timedelta(days=90)) <= places
        assert max(Counter(one.open_for for one in offers).values(), default=0) <= 1
        assert all(one.open_for for one in offers)
        assert max(Counter(one.place for one in offers).values(), default=0) <= 1
        for one in holds:  # a freed slot without an open offer has a timer that advances it
            if one.purpose == "offer" and one.id not in {offer.place for offer in offers}:
                assert one.id in timers

    async def settle(self) -> None:
        """Withdraw every request and let all offers, holds and cool-downs end."""
        for who in range(PEOPLE):
            with suppress(Office360Error, KeyError):
                await self.stop(who, 0)
            with suppress(Office360Error):
                await leave_waitlist(self.runtime, await self._entry(who))
        for _ in range(3):
            await self.worker(0, 0)
            self.clock.advance(minutes=20)
        await self.worker(0, 0)


FULL_OFFICE_STEPS: list[ModelStep] = [("book", who, who) for who in range(TIMES)] + [
    ("want", who, 0) for who in range(TIMES)
]


async def _run_steps(city: FreedSlotsModel, steps: list[ModelStep]) -> None:
    """Run the steps from a full office in which every person wants an earlier slot."""
    for what, who, when in FULL_OFFICE_STEPS + steps:
        do: Callable[[int, int], Awaitable[None]] = getattr(city, what)
        with suppress(Refused, NotFound, KeyError):
            await do(who, when)
        await city.check()
    await city.settle()
    await city.check()
    await _check_no_slot_lost(city)


async def _check_no_slot_lost(city: FreedSlotsModel) -> None:
    now = city.clock.now()
    certificate = city.office.service("certificate")
    async with city.runtime.read_session() as session:
        free = await service.available_slots(
            session, service.SlotSearch(city.office, [certificate], "video"), now, FIRST.date(), 1
        )
        visits = list((await session.execute(select(AppointmentRow))).scalars())
        holds = list((await session.execute(select(HoldRow).where(HoldRow.expires_at > now))).scalars())
    times = {slot.starts_at for slot in free}
    there: list[AppointmentRow | HoldRow] = [*(one for one in visits if one.state not in SLOT_FREEING), *holds]
    taken = {starts_at for starts_at, _ in city.shares(there, "certificate")}
    for when in range(TIMES):
        at = FIRST + when * QUARTER
        if at >= now + timedelta(minutes=30):
            assert (at in times) != (at in taken)


async def _delete_all_rows(runtime: Runtime) -> None:
    """Restore the database to its state before the first step."""
    async with runtime.transaction() as tx:
        for table in (OfferRow, HoldRow, WaitlistEntryRow, TimerRow, OutboxRow, EarlierSlotRequestRow):
            await tx.session.execute(delete(table))
        await tx.session.execute(update(AppointmentRow).values(rescheduled_to=None))
        await tx.session.execute(delete(AppointmentRow))


async def _run_history(url: str, steps: list[ModelStep]) -> None:
    """Run one history from its beginning, in a new or an already used database."""
    clock = FakeClock(MORNING)
    known = load_settings(environment="development", secret_key=[TEST_SECRET], database_url=url)
    runtime = make_runtime(known, clock, EventRegistry())
    runtime.events.register_handler(service.AppointmentBooked, service.remove_from_waitlist)
    try:
        await _delete_all_rows(runtime)
        async with runtime.read_session() as session:
            offices = await all_offices(session)
        if not offices:
            await build_office(runtime)
        async with runtime.read_session() as session:
            office = await office_by_slug(session, "centro")
        await _run_steps(FreedSlotsModel(runtime, office, clock), steps)
    finally:
        await runtime.bus.close()
        await runtime.db.close()


SUPPRESSED_HEALTH_CHECKS = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]


@given(steps=STEPS)
@settings(max_examples=examples(8), deadline=None, suppress_health_check=SUPPRESSED_HEALTH_CHECKS)
def test_any_history_neither_doubles_nor_loses_a_slot(
    sqlite_template: Path, tmp_path: Path, steps: list[ModelStep]
) -> None:
    if not (tmp_path / "any.db").exists():
        shutil.copy(sqlite_template, tmp_path / "any.db")
    asyncio.run(_run_history(f"sqlite+aiosqlite:///{tmp_path / 'any.db'}", steps))


@given(steps=STEPS)
@settings(max_examples=examples(2), deadline=None, suppress_health_check=SUPPRESSED_HEALTH_CHECKS)
@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_any_history_keeps_slots_consistent_on_postgresql(database_url: str, steps: list[ModelStep]) -> None:
    asyncio.run(_run_history(database_url, steps))
