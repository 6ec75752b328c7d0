"""Agents and citizens over the product's API: call, return, start, finish, take a ticket."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from .office import FilledOffice

RESPONSE_TIMEOUT_S = 60


@dataclass
class BenchmarkAgent:
    """An agent at a desk, with its own API key. `changes` counts the actions."""

    client: aiohttp.ClientSession
    desk: str
    key: str
    changes: int = 0
    refused: list[str] = field(default_factory=list)

    async def post(self, path: str, body: dict[str, Any] | None = None) -> dict[str, Any] | None:
        """Post. Returns None for 204. Raises for a refusal, with its code."""
        headers = {"Authorization": f"Bearer {self.key}"}
        async with self.client.post(f"/api/v1{path}", json=body or {}, headers=headers) as answer:
            if answer.status >= 400:
                raise RuntimeError(f"{path}: {answer.status} {await answer.text()}")
            self.changes += 1
            found: dict[str, Any] | None = await answer.json() if answer.status != 204 else None
            return found

    async def open_desk(self) -> None:
        await self.post(f"/desks/{self.desk}/open")

    async def call_next(self) -> dict[str, Any]:
        """Call the next ticket. Raises if the line is empty."""
        ticket = await self.post(f"/desks/{self.desk}/call-next")
        if ticket is None:
            raise RuntimeError("nobody waits")
        return ticket

    async def put_back(self, ticket_id: str) -> None:
        await self.post(f"/staff/tickets/{ticket_id}/put-back")

    async def start_and_finish(self, ticket_id: str) -> None:
        await self.post(f"/staff/tickets/{ticket_id}/start")
        await self.post(f"/staff/tickets/{ticket_id}/finish")


@asynccontextmanager
async def open_agents(url: str, filled: FilledOffice, number: int) -> AsyncIterator[list[BenchmarkAgent]]:
    """Open a desk for each of `number` agents."""
    connector, timeout = aiohttp.TCPConnector(limit=0), aiohttp.ClientTimeout(total=RESPONSE_TIMEOUT_S)
    async with aiohttp.ClientSession(url, connector=connector, timeout=timeout) as client:
        people = [
            BenchmarkAgent(client, desk, key)
            for desk, key in list(zip(filled.desks, filled.agent_keys, strict=True))[:number]
        ]
        for person in people:
            await person.open_desk()
        yield people


async def call_and_put_back(agent: BenchmarkAgent, until_ns: int) -> None:
    """Call and put back: each changes all positions, and the length of the line stays."""
    while time.monotonic_ns() < until_ns:
        ticket = await agent.call_next()
        await agent.put_back(ticket["id"])


async def take_ticket(
    client: aiohttp.ClientSession, filled: FilledOffice, service: str = "service-1"
) -> dict[str, Any]:
    """Take a ticket through the API of an integration."""
    headers = {"Authorization": f"Bearer {filled.integration_key}"}
    path = f"/api/v1/offices/{filled.office}/tickets"
    async with client.post(path, json={"service": service}, headers=headers) as answer:
        if answer.status != 201:
            raise RuntimeError(f"no ticket: {answer.status} {await answer.text()}")
        ticket: dict[str, Any] = await answer.json()
        return ticket


async def attend_and_replace(agent: BenchmarkAgent, filled: FilledOffice, until_ns: int) -> None:
    """Serve a ticket completely and take a new ticket: call, start, finish, take."""
    while time.monotonic_ns() < until_ns:
        ticket = await agent.call_next()
        await agent.start_and_finish(ticket["id"])
        await take_ticket(agent.client, filled)


async def run_agents(people: list[BenchmarkAgent], seconds: float, filled: FilledOffice | None = None) -> float:
    """Run all agents for `seconds`. Returns the seconds until the last had finished."""
    start = time.monotonic_ns()
    until = start + int(seconds * 1e9)
    async with asyncio.TaskGroup() as group:
        for person in people:
            work = (
                call_and_put_back(person, until) if filled is None else attend_and_replace(person, filled, until)
            )
            group.create_task(work)
    return (time.monotonic_ns() - start) / 1e9
