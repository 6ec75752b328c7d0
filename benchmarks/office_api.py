"""API of an open office of the demo, for its agent and its citizens."""

from __future__ import annotations

import time
from typing import Any

import aiohttp


class OfficeApiClient:
    """API of an office, for its agent and its citizens."""

    def __init__(self, client: aiohttp.ClientSession, key: str, slug: str, service: str) -> None:
        self._client = client
        self._staff = {"Authorization": f"Bearer {key}"}
        self.slug = slug
        self._service = service
        self.desk = ""

    async def post(self, path: str, body: dict[str, Any] | None = None) -> Any:
        async with self._client.post(f"/api/v1{path}", json=body or {}, headers=self._staff) as answer:
            answer.raise_for_status()
            return None if answer.status == 204 else await answer.json()

    async def open_desk(self) -> None:
        path = f"/api/v1/staff/offices/{self.slug}/board"
        async with self._client.get(path, headers=self._staff) as answer:
            board = await answer.json()
        self.desk = next(desk["id"] for desk in board["desks"] if desk["state"] == "closed")
        await self.post(f"/desks/{self.desk}/open")

    async def take_ticket(self) -> Any:
        return await self.post(f"/offices/{self.slug}/tickets", {"service": self._service})

    async def finish(self, ticket: dict[str, Any]) -> None:
        await self.post(f"/staff/tickets/{ticket['id']}/start")
        await self.post(f"/staff/tickets/{ticket['id']}/finish", {})

    async def finish_demo_tickets(self) -> None:
        """Serve the tickets that the demo left waiting."""
        while (ticket := await self.post(f"/desks/{self.desk}/call-next")) is not None:
            await self.finish(ticket)


async def find_open_office(client: aiohttp.ClientSession, key: str) -> OfficeApiClient:
    """Find an open office; the demo always has an open office."""
    async with client.get("/api/v1/offices") as answer:
        slug = next(office["slug"] for office in await answer.json() if office["open_now"])
    async with client.get(f"/api/v1/offices/{slug}/services") as answer:
        service = next(service["slug"] for service in await answer.json() if service["walk_in"])
    return OfficeApiClient(client, key, slug, service)


async def round_trip(client: aiohttp.ClientSession) -> float:
    sent = time.perf_counter()
    async with client.get("/healthz") as answer:
        await answer.read()
    return 1000 * (time.perf_counter() - sent)
