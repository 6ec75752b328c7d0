"""A race of many people for the last slots, and the invariants that hold afterwards.

Every process is a runtime with its own database connections, so that only SQL separates two people.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random

from office360.appointments.domain.appointment import SLOT_FREEING_STATES
from office360.appointments.service import (
    BookingRequest,
    appointment_token,
    book_appointment,
    cancel_appointment,
    hold_slot,
    hold_token,
)
from office360.appointments.storage.tables import AppointmentRow
from office360.core.errors import Refused
from office360.core.runtime import Runtime
from office360.offices.service import Office, ServiceMode
from sqlalchemy import select

MAX_TRIES_PER_PERSON = 6  # after each refusal a person tries another slot


@dataclass(frozen=True, slots=True)
class RaceTarget:
    """One service in one mode, within the interval that everyone wants."""

    service: str
    mode: ServiceMode


TARGETS = (
    RaceTarget("certificate", "video"),  # 15 minutes, one place
    RaceTarget("complaints", "video"),  # 20 minutes, two places: visits overlap those of other services
    RaceTarget("certificate", "in_person"),
    RaceTarget("documents", "in_person"),  # 10 minutes, two places
)


@dataclass(slots=True)
class RaceOutcome:
    """The result of a race.

    `double`: bookings above the capacity, at the worst instant of each service.
    """

    clients: int
    places: int
    given: int = 0
    double: int = 0
    did: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True, slots=True)
class BookingRace:
    """People, processes and targets.

    `gives_back`: the percentage of people who cancel and try again.
    """

    runtimes: Sequence[Runtime]
    office: Office
    opens: datetime
    lasts: timedelta
    clients: int
    gives_back: int = 0
    goals: Sequence[RaceTarget] = TARGETS

    async def run(self, seed: int) -> RaceOutcome:
        """Start everyone at once, then read the outcome from SQL."""
        outcome = RaceOutcome(
            self.clients, sum(self._slot_count(goal) * self._capacity(goal) for goal in self.goals)
        )
        await asyncio.gather(
            *(self._run_person(number, Random(seed + number), outcome) for number in range(self.clients))
        )
        for goal in self.goals:
            visits = await self._booked_intervals(goal)
            outcome.given += len(visits)
            outcome.double += max(0, _max_overlap(visits) - self._capacity(goal))
        return outcome

    async def _run_person(self, number: int, random: Random, outcome: RaceOutcome) -> None:
        runtime = self.runtimes[number % len(self.runtimes)]
        for _ in range(MAX_TRIES_PER_PERSON):
            goal = random.choice(self.goals)
            at = self.opens + random.randrange(self._slot_count(goal)) * self._length(goal)
            try:
                token = await self._try_to_book(runtime, random, number, goal, at, outcome)
            except Refused as refusal:
                outcome.did[refusal.code] += 1
                continue
            if token is None:
                continue
            if random.randrange(100) >= self.gives_back:
                return
            await cancel_appointment(runtime, token)
            outcome.did["cancelled"] += 1

    async def _try_to_book(
        self, runtime: Runtime, random: Random, number: int, goal: RaceTarget, at: datetime, outcome: RaceOutcome
    ) -> str | None:
        """Book directly or through a hold. Returns the token; None for every fourth hold."""
        kept = None
        if random.randrange(2):
            place = (self.office.slug, goal.service, goal.mode, at)
            kept = hold_token(runtime, await hold_slot(runtime, *place, holder=f"person {number}"))
            outcome.did["held"] += 1
            if self.gives_back and outcome.did["held"] % 4 == 0:
                outcome.did["let be"] += 1
                return None
        name, email = f"Person {number}", f"person{number}@example.org"
        asked = BookingRequest(service=goal.service, mode=goal.mode, starts_at=at, name=name, email=email)
        made = await book_appointment(runtime, self.office.slug, asked, hold_token=kept)
        outcome.did["booked"] += 1
        return appointment_token(runtime, made)

    def _length(self, goal: RaceTarget) -> timedelta:
        return timedelta(minutes=self.office.service(goal.service).minutes)

    def _slot_count(self, goal: RaceTarget) -> int:
        return self.lasts // self._length(goal)

    def _capacity(self, goal: RaceTarget) -> int:
        return self.office.service(goal.service).capacity[goal.mode]

    async def _booked_intervals(self, goal: RaceTarget) -> list[tuple[datetime, datetime]]:
        async with self.runtimes[0].read_session() as session:
            rows = await session.execute(
                select(AppointmentRow.starts_at, AppointmentRow.ends_at).where(
                    AppointmentRow.service_id == self.office.service(goal.service).id,
                    AppointmentRow.mode == goal.mode,
                    AppointmentRow.state.not_in(SLOT_FREEING_STATES),
                )
            )
            return [(start, end) for start, end in rows.all()]


def _max_overlap(visits: Sequence[tuple[datetime, datetime]]) -> int:
    """Count the most visits at one instant, without the product's own capacity rule."""
    return max((sum(start <= instant < end for start, end in visits) for instant, _ in visits), default=0)
