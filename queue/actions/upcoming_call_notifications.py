"""Looks ahead for people away from their page: they are among the next, or their time has moved.

Neither is anybody's act, so no call pays for it: the worker looks, off the loop, at lines in which somebody asked
to be told. What was told is kept beside the ticket, so a worker that dies leaves nothing untold, nothing twice.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from ...core.contact import push_subscriptions
from ...core.runtime import Runtime
from ...offices.service import Office, office_by_id
from ..domain import ticket_notifications
from ..domain.ticket import State, Ticket
from ..domain.ticket_notifications import Told
from ..notify import ticket_messages
from ..notify.ticket_messages import News
from ..queries import office_state
from ..queries.ticket_json import Outlook
from ..storage import store
from ..storage.store import Addressee
from .line_transaction import lock

logger = logging.getLogger(__name__)

LOOK_S = 2.0  # how late somebody may hear that they are among the next
TIDY_EVERY = timedelta(hours=1)
RANGES_EVERY = timedelta(seconds=15)  # times move with the clock, though nobody is called


@dataclass(frozen=True, slots=True)
class Foreseen:
    """What one person is to be told, if it is still so under the lock."""

    person: Addressee
    news: News


class Foreteller:
    """One worker's looks: a line is looked at again when it has changed, or after a while."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._looked: dict[str, tuple[int, datetime]] = {}
        self._tidied: datetime | None = None

    async def tidy(self) -> None:
        """Once an hour: forget browsers that are told nothing more."""
        now = self._runtime.now()
        if self._tidied is not None and now < self._tidied + TIDY_EVERY:
            return
        async with self._runtime.transaction() as tx:
            await push_subscriptions.forget_expired(tx.session, now)
        self._tidied = now

    async def look(self) -> int:
        """Look once; how many people were told something."""
        found: list[tuple[Office, list[Foreseen]]] = []
        async with self._runtime.reading() as session:
            people = await store.addressees_in(session, [State.WAITING])
            for office_id in sorted({one.office_id for one in people.values()}):
                mine = {id: one for id, one in people.items() if one.office_id == office_id}
                found.append(await self._look_at(session, office_id, mine))
        return sum([await self._tell(office, news) for office, news in found if news])

    async def _look_at(
        self, session: AsyncSession, office_id: str, people: Mapping[str, Addressee]
    ) -> tuple[Office, list[Foreseen]]:
        office, now = await office_by_id(session, office_id), self._runtime.now()
        stale = [one for one in {person.line_id for person in people.values()} if self._is_stale(office, one, now)]
        if office.paused or not stale:
            return office, []
        around = await office_state.floor(session, office, now)
        news = []
        for line_id in stale:
            outlook = await asyncio.to_thread(around.outlook, line_id)
            news += foreseen(around.lines[line_id].tickets, people, outlook, now)
            self._looked[line_id] = (office.line_by_id(line_id).version, now)
        return office, news

    def _is_stale(self, office: Office, line_id: str, now: datetime) -> bool:
        version, at = self._looked.get(line_id, (-1, now))
        return version != office.line_by_id(line_id).version or at + RANGES_EVERY <= now

    async def _tell(self, office: Office, foreseen: Sequence[Foreseen]) -> int:
        """Tell what is still so: somebody may have been called, and another worker may have looked meanwhile."""
        line_ids = {one.person.line_id for one in foreseen}
        async with self._runtime.transaction() as tx:
            # The database before the lines, as everybody: SQLite's one writer may wait for a line itself.
            present_office = await office_by_id(tx.session, office.id)
            locked = await lock(tx, present_office, line_ids)
            waiting = {
                ticket.id
                for line in locked.lines.values()
                for ticket in line.tickets
                if ticket.state is State.WAITING and ticket.notify
            }
            present = await store.addressees(tx.session, [one.person.ticket_id for one in foreseen])
            still = [
                one
                for one in foreseen
                if one.person.ticket_id in waiting and present.get(one.person.ticket_id) == one.person
            ]
            await ticket_messages.tell(tx, locked.office, [one.news for one in still])
            for one in still:
                await store.note_told(tx.session, one.person.ticket_id, **_told(one.news))
        return len(still)


def foreseen(
    tickets: Sequence[Ticket], people: Mapping[str, Addressee], outlook: Outlook, now: datetime
) -> list[Foreseen]:
    """What is news to these people of one line."""
    places = {ticket_id: place for place, ticket_id in enumerate(outlook.order)}
    found = []
    for ticket in tickets:
        person = people.get(ticket.id)
        if person is not None:
            news = _news(ticket, person, places.get(ticket.id), outlook, now)
            found += [Foreseen(person, news)] if news else []
    return found


def _news(ticket: Ticket, person: Addressee, ahead: int | None, outlook: Outlook, now: datetime) -> News | None:
    expected = outlook.ranges.get(ticket.id)
    present = Told(expected.earliest, expected.latest) if expected else None
    facts = {"ahead": ahead, "earliest": expected and expected.earliest, "latest": expected and expected.latest}
    if person.told_next:
        return None
    if (near := ticket_notifications.nearing(ticket, ahead, now)) is not None:
        return News(ticket, near, facts)
    told = Told(person.told_earliest, person.told_latest) if person.told_earliest and person.told_latest else None
    return (
        News(ticket, ticket_notifications.of_move(present), facts)
        if present and ticket_notifications.moved(told, present)
        else None
    )


def _told(news: News) -> dict[str, object]:
    return {
        "next": news.notice.kind == "turn_next",
        "earliest": news.facts["earliest"],
        "latest": news.facts["latest"],
    }


async def expected_calls(session: AsyncSession, office: Office, now: datetime) -> Mapping[str, datetime]:
    """When each appointment in person that has not come would be called, for whoever tells them to come later."""
    around = await office_state.floor(session, office, now)
    return await asyncio.to_thread(around.expected_calls) if any(around.coming.values()) else {}


async def foretell(runtime: Runtime, stop: asyncio.Event) -> None:
    """Look until `stop` is set."""
    teller = Foreteller(runtime)
    while not stop.is_set():
        try:
            await teller.look()
            await teller.tidy()
        except Exception:  # the database may be away for a moment; the next look tells what this one did not
            logger.exception("look_ahead_failed")
        try:
            await asyncio.wait_for(stop.wait(), LOOK_S)
        except TimeoutError:
            continue
