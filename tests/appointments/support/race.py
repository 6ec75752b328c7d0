"""Many people after the last places at the same moment: what each of them does, and what must be true afterwards.

Used by the tests and by `python -m office360.benchmarks.race`. Every process is a runtime with connections of its
own, so that nothing but SQL keeps two people apart.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Literal

from office360.appointments.domain.appointment import FREES_ITS_PLACE
from office360.appointments.service import BookingRequest, book, cancel, hold, hold_token, token_of
from office360.appointments.storage.tables import AppointmentRow
from office360.core.errors import Refused
from office360.core.runtime import Runtime
from office360.offices.service import Office
from sqlalchemy import select

Mode = Literal["in_person", "video"]
ROUNDS = 6  # how often somebody who is refused looks at another time


@dataclass(frozen=True, slots=True)
class Goal:
    """One service in one mode within the interval that everybody wants."""

    service: str
    mode: Mode


GOALS = (
    Goal("certificate", "video"),  # 15 minutes, one place
    Goal("complaints", "video"),  # 20 minutes, two places: its visits overlap those of the others
    Goal("certificate", "in_person"),
    Goal("documents", "in_person"),  # 10 minutes, two places
)


@dataclass(slots=True)
class Outcome:
    """What came of a race. `double`: places given beyond what there is, at the worst instant of each service."""

    clients: int
    places: int
    given: int = 0
    double: int = 0
    did: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True, slots=True)
class Race:
    """Who runs where for what. `gives_back`: how many of a hundred cancel what they got, and go on."""

    runtimes: Sequence[Runtime]
    office: Office
    opens: datetime
    lasts: timedelta
    clients: int
    gives_back: int = 0
    goals: Sequence[Goal] = GOALS

    async def run(self, seed: int) -> Outcome:
        """Let everybody go at once; the outcome is asked of SQL."""
        outcome = Outcome(self.clients, sum(self._times(goal) * self._places(goal) for goal in self.goals))
        await asyncio.gather(
            *(self._person(number, Random(seed + number), outcome) for number in range(self.clients))
        )
        for goal in self.goals:
            visits = await self._given(goal)
            outcome.given += len(visits)
            outcome.double += max(0, _peak(visits) - self._places(goal))
        return outcome

    async def _person(self, number: int, random: Random, outcome: Outcome) -> None:
        runtime = self.runtimes[number % len(self.runtimes)]
        for _ in range(ROUNDS):
            goal = random.choice(self.goals)
            at = self.opens + random.randrange(self._times(goal)) * self._length(goal)
            try:
                token = await self._take(runtime, random, number, goal, at, outcome)
            except Refused as refusal:
                outcome.did[refusal.code] += 1
                continue
            if token is None:
                continue
            if random.randrange(100) >= self.gives_back:
                return
            await cancel(runtime, token)
            outcome.did["cancelled"] += 1

    async def _take(
        self, runtime: Runtime, random: Random, number: int, goal: Goal, at: datetime, outcome: Outcome
    ) -> str | None:
        """Directly, or by a hold; every fourth hold is let be. The appointment's token, None without one."""
        kept = None
        if random.randrange(2):
            place = (self.office.slug, goal.service, goal.mode, at)
            kept = hold_token(runtime, await hold(runtime, *place, holder=f"person {number}"))
            outcome.did["held"] += 1
            if self.gives_back and outcome.did["held"] % 4 == 0:
                outcome.did["let be"] += 1
                return None
        name, email = f"Person {number}", f"person{number}@example.org"
        asked = BookingRequest(service=goal.service, mode=goal.mode, starts_at=at, name=name, email=email)
        made = await book(runtime, self.office.slug, asked, hold=kept)
        outcome.did["booked"] += 1
        return token_of(runtime, made)

    def _length(self, goal: Goal) -> timedelta:
        return timedelta(minutes=self.office.service(goal.service).minutes)

    def _times(self, goal: Goal) -> int:
        return self.lasts // self._length(goal)

    def _places(self, goal: Goal) -> int:
        return self.office.service(goal.service).capacity[goal.mode]

    async def _given(self, goal: Goal) -> list[tuple[datetime, datetime]]:
        async with self.runtimes[0].reading() as session:
            rows = await session.execute(
                select(AppointmentRow.starts_at, AppointmentRow.ends_at).where(
                    AppointmentRow.service_id == self.office.service(goal.service).id,
                    AppointmentRow.mode == goal.mode,
                    AppointmentRow.state.not_in(FREES_ITS_PLACE),
                )
            )
            return [(start, end) for start, end in rows.all()]


def _peak(visits: Sequence[tuple[datetime, datetime]]) -> int:
    """The most visits at one instant, counted anew and not by the product's own rule."""
    return max((sum(start <= one < end for start, end in visits) for one, _ in visits), default=0)
