"""Agents and hosts of a soak. Each agent has a desk and a key; each office has one host."""

from __future__ import annotations

import asyncio
import random
from dataclasses import dataclass, field
from typing import Any

from .citizens import Citizens
from .city import StaffedOffice
from .ledger import Ledger, Outcome
from .people_client import PeopleClient, PersonAnswer
from .plan import to_soak_seconds

SERVICE_MINUTES = (4.0, 16.0)  # of the city
WALK_MINUTES = (0.5, 2.0)  # from the chair to the desk
OPENING_S = 8.0  # agents do not all come at one instant
IDLE_S = (2.0, 4.0)  # an agent without anyone to call looks again
HOST_INTERVAL_S = (4.0, 9.0)
PAUSE_S = 5.0
EVENT_BY_CALL = {
    "recall": "recalled",
    "start": "started",
    "hold": "held",
    "put-back": "put_back",
    "transfer": "transferred",
    "no-show": "missed",
    "undo-no-show": "no_show_undone",
    "finish": "finished",
    "end-missed": "no_show",
}


@dataclass
class Agent:
    """An agent at one desk. `served`: finished visits."""

    client: PeopleClient
    ledger: Ledger
    office: StaffedOffice
    desk: str
    key: str
    chance: random.Random
    served: int = field(default=0)

    async def work(self, stop: asyncio.Event) -> None:
        """Open the desk, and call and serve people until `stop` is set."""
        await asyncio.sleep(self.chance.uniform(0, OPENING_S))
        await self._post(f"/desks/{self.desk}/open")
        while not stop.is_set():
            called = await self._post(f"/desks/{self.desk}/call-next")
            if called.status == 200:
                self.ledger.record_action(called.body["id"], "called", called.outcome)
                await self._serve(called.body["id"])
            elif called.code == "desk_busy":
                await self._resume()
            elif called.code == "not_your_desk":
                await self._post(f"/desks/{self.desk}/open")
            else:
                await asyncio.sleep(self.chance.uniform(*IDLE_S))

    async def _resume(self) -> None:
        """Continue with the ticket at the desk: its call was executed, but its answer was lost."""
        ticket = await self._ticket_at_desk()
        if ticket is None:
            return
        if ticket["state"] == "serving":
            await self._act(ticket["id"], "finish")
        else:
            await self._serve(ticket["id"])

    async def _ticket_at_desk(self) -> dict[str, Any] | None:
        slug = self.office.office.slug
        board = await self.client.get(f"/api/v1/staff/offices/{slug}/board", key=self.key)
        if board.outcome is not Outcome.ACKNOWLEDGED:
            return None
        found: dict[str, Any] | None = next(
            (desk["ticket"] for desk in board.body["desks"] if desk["id"] == self.desk), None
        )
        return found

    async def _serve(self, ticket: str) -> None:
        chance = self.chance.random()
        await asyncio.sleep(to_soak_seconds(self.chance.uniform(*WALK_MINUTES)))
        if chance < 0.05:
            await self._act(ticket, "put-back")
            return
        if chance < 0.13:
            await self._act(ticket, "no-show")
            if self.chance.random() < 0.5:
                await self._act(ticket, "undo-no-show")
            else:
                return
        elif chance < 0.2:
            await self._act(ticket, "recall")
        started = await self._act(ticket, "start")
        if started.outcome is Outcome.REFUSED:
            return
        await asyncio.sleep(to_soak_seconds(self.chance.uniform(*SERVICE_MINUTES)))
        if chance > 0.96:
            await self._act(ticket, "hold")
        elif chance > 0.9:
            await self._act(ticket, "transfer", {"service": self.chance.choice(("documents", "certificate"))})
        else:
            finished = await self._act(ticket, "finish")
            self.served += finished.outcome is Outcome.ACKNOWLEDGED

    async def _act(self, ticket: str, call: str, body: Any = None) -> PersonAnswer:
        event = EVENT_BY_CALL[call]
        with self.ledger.unanswered_action(ticket, event):
            answer = await self._post(f"/staff/tickets/{ticket}/{call}", body)
        self.ledger.record_action(ticket, event, answer.outcome)
        return answer

    async def _post(self, path: str, body: Any = None) -> PersonAnswer:
        return await self.client.post(f"/api/v1{path}", body, key=self.key)


@dataclass
class Host:
    """The host of an office: gives tickets on paper, helps, orders, pauses."""

    people: Citizens
    office: StaffedOffice
    chance: random.Random

    async def work(self, stop: asyncio.Event) -> None:
        """Do a task every few seconds until `stop` is set; then leave the office open."""
        tasks = (
            self._give_ticket,
            self._give_ticket,
            self._look_around,
            self._look_around,
            self._pause,
            self._stop,
        )
        while not stop.is_set():
            await asyncio.sleep(self.chance.uniform(*HOST_INTERVAL_S))
            await self.chance.choice(tasks)()
        await self._post(f"offices/{self._slug}/resume")
        for line in self.office.office.lines:
            await self._post(f"lines/{line.id}/open")

    @property
    def _slug(self) -> str:
        return self.office.office.slug

    async def _give_ticket(self) -> None:
        email = self.people.new_email("host")
        self.people.expect_ticket(email)
        body = {"service": "documents", "email": email, "override": "a person without a phone"}
        self.people.record_ticket(email, await self._post(f"offices/{self._slug}/tickets", body))

    async def _look_around(self) -> None:
        """Answer a request for help, end a missed ticket, or put a ticket first."""
        path = f"/api/v1/staff/offices/{self._slug}/board"
        board = await self.people.client.get(path, key=self.office.host_key)
        if board.outcome is not Outcome.ACKNOWLEDGED:
            return
        tickets = board.body["tickets"]
        for ticket in tickets:
            if ticket["help"]:
                await self._post(f"tickets/{ticket['id']}/helped")
        missed = [ticket["id"] for ticket in tickets if ticket["state"] == "missed"]
        waiting = [ticket["id"] for ticket in tickets if ticket["state"] == "waiting"]
        if missed and self.chance.random() < 0.3:
            with self.people.ledger.unanswered_action(missed[0], "no_show"):
                answer = await self._post(f"tickets/{missed[0]}/end-missed")
            self.people.ledger.record_action(missed[0], "no_show", answer.outcome)
        elif waiting:
            await self._post(f"tickets/{self.chance.choice(waiting)}/order", {"reason": "a small child"})

    async def _pause(self) -> None:
        await self._post(f"offices/{self._slug}/pause", {"reason": "short_break"})
        await asyncio.sleep(PAUSE_S)
        await self._post(f"offices/{self._slug}/resume")

    async def _stop(self) -> None:
        line = self.chance.choice(self.office.office.lines)
        await self._post(f"lines/{line.id}/stop", {"reason": "too many people"})
        await asyncio.sleep(PAUSE_S)
        await self._post(f"lines/{line.id}/open")

    async def _post(self, path: str, body: Any = None) -> PersonAnswer:
        return await self.people.client.post(f"/api/v1/staff/{path}", body, key=self.office.host_key)
