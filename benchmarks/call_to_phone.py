"""Time from `call-next` to the called phone's frame.

`python -m office360.benchmarks.call_to_phone`. The real server (`office360 demo` on SQLite and the in-process
bus), real tickets, 20 waiting phones, 100 calls. The lower bound is a round trip to `/healthz` in the same run:
HTTP and event loop without work.
"""

from __future__ import annotations

import asyncio
import statistics
import time
from typing import Any

import aiohttp

from .product import run_demo

CALL_COUNT = 100
WAITING_TICKETS = 20
FRAME_TIMEOUT_S = 5


class WaitingPhone:
    """A phone with the page of a waiting ticket."""

    def __init__(self, client: aiohttp.ClientSession, ticket: dict[str, Any]) -> None:
        self.code: str = ticket["code"]
        self._token = ticket["token"]
        self._client = client
        self.called = asyncio.Event()
        self.called_at = 0.0

    async def record_call_frame(self) -> None:
        """Send hello, then record when the frame with the desk arrives."""
        async with self._client.ws_connect("/ws/ticket") as socket:
            await socket.send_json({"type": "hello", "token": self._token})
            async for message in socket:
                at = time.perf_counter()
                frame = message.json()
                if frame.get("state") == "called":
                    self.called_at = at
                    self.called.set()
                    return


class OfficeApiClient:
    """API of one office, for its agent and its citizens."""

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

    async def take_ticket(self) -> WaitingPhone:
        ticket = await self.post(f"/offices/{self.slug}/tickets", {"service": self._service})
        return WaitingPhone(self._client, ticket)

    async def finish(self, ticket: dict[str, Any]) -> None:
        await self.post(f"/staff/tickets/{ticket['id']}/start")
        await self.post(f"/staff/tickets/{ticket['id']}/finish", {})

    async def finish_demo_tickets(self) -> None:
        """Serve the tickets that the demo left waiting."""
        while (ticket := await self.post(f"/desks/{self.desk}/call-next")) is not None:
            await self.finish(ticket)


async def measure(url: str, key: str) -> tuple[list[float], list[float]]:
    """Measure the milliseconds of each call, and of each round trip of the lower bound."""
    async with aiohttp.ClientSession(url) as client, asyncio.TaskGroup() as watching:
        office = await find_open_office(client, key)
        await office.open_desk()
        await office.finish_demo_tickets()
        phones: dict[str, WaitingPhone] = {}

        async def add() -> None:
            phone = await office.take_ticket()
            phones[phone.code] = phone
            watching.create_task(phone.record_call_frame())

        for _ in range(WAITING_TICKETS):
            await add()
        calls, lower_bound = [], []
        for _ in range(CALL_COUNT):
            await asyncio.sleep(0.02)  # until the frames of the last change have left: single calls are measured
            lower_bound.append(await round_trip(client))
            sent = time.perf_counter()
            ticket = await office.post(f"/desks/{office.desk}/call-next")
            phone = phones.pop(ticket["code"])
            await asyncio.wait_for(phone.called.wait(), FRAME_TIMEOUT_S)
            calls.append(1000 * (phone.called_at - sent))
            await office.finish(ticket)
            await add()
        while (ticket := await office.post(f"/desks/{office.desk}/call-next")) is not None:
            await office.finish(ticket)
    return calls, lower_bound


async def find_open_office(client: aiohttp.ClientSession, key: str) -> OfficeApiClient:
    """Find an open office; the demo always has one."""
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


def main() -> None:
    with run_demo() as product:
        calls, lower_bound = asyncio.run(measure(product.url, product.agent_key))
    median, p99 = statistics.median(calls), sorted(calls)[int(0.99 * len(calls)) - 1]
    base = statistics.median(lower_bound)
    print(f"call-next sent to the called phone's frame, {len(calls)} calls, {WAITING_TICKETS} phones waiting")
    print(f"  median {median:.1f} ms, p99 {p99:.1f} ms")
    print(f"  lower bound (GET /healthz) {base:.1f} ms, ratio {median / base:.1f}")


if __name__ == "__main__":
    main()
