"""Recorded requests of a browser that loads a page, and the targets of each page.

Developer tools of a page do not see the requests of its service worker, of the manifest and of icons.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import aiohttp
from playwright.async_api import Page

from ...faults.support.tcp_proxy import DataObserver, TcpProxy, serve_proxy

REQUEST_LINE = re.compile(rb"(?:GET|HEAD|POST|PUT|PATCH|DELETE) (\S+) HTTP/1\.1\r\n")
DESTINATION = re.compile(rb"^(?:sec-fetch-dest|upgrade): *(\S+)", re.IGNORECASE | re.MULTILINE)
KINDS = {"document": "HTML", "serviceworker": "service worker", "empty": "fetch", "websocket": "socket"}
# The import shares the loader of the page, and fetches nothing: both have one address.
NOTE_ANSWER_JS = """addEventListener("DOMContentLoaded", () => {
  const loader = [...document.scripts].find((script) => script.src.includes("/core/module_loader"));
  void import(loader.src).then((module) => module.allModulesSettled).then(() => {
    window.answersAt = performance.timeOrigin + performance.now();
  });
});"""
# The address of each icon and of the manifest, which a browser fetches when it shows them.
LINKED_FILES_JS = """() => [...document.querySelectorAll("link[rel=icon], link[rel=manifest]")]
  .filter((link) => !link.href.startsWith("data:"))
  .map((link) => new URL(link.href).pathname)"""


@dataclass(frozen=True, slots=True)
class PageTarget:
    """The most that a first visit may load until a press is answered. 1 KB is 1,000 bytes."""

    requests: int
    kilobytes: float | None = None


TARGETS = {
    "home": PageTarget(6, 50),
    "office": PageTarget(6, 50),
    "booking form": PageTarget(6, 50),
    "appointment": PageTarget(6, 50),
    "chat": PageTarget(6, 50),
    "ticket": PageTarget(8, 60),
    "test": PageTarget(10, 150),
    "call, citizen": PageTarget(12, 200),
    "call, agent": PageTarget(12, 200),
    "desk": PageTarget(12),
    "host": PageTarget(12),
    "today": PageTarget(12),
}


async def open_measured_pages(session: aiohttp.ClientSession, appointment_id: str, token: str) -> dict[str, str]:
    """Take a ticket and open a desk at an open office. Return the address of each page.

    `session`: of a client that is signed in for all offices. `token`: of a video appointment.
    """
    office = next(office["slug"] for office in await _get(session, "offices") if office["open_now"])
    services = await _get(session, f"offices/{office}/services")
    service = next(
        offered["slug"] for offered in services if offered["walk_in"] and "in_person" in offered["modes"]
    )
    ticket = await _post(session, f"offices/{office}/tickets", {"service": service, "language": "es"})
    board = await _get(session, f"staff/offices/{office}/board")
    desk = next(desk["id"] for desk in reversed(board["desks"]) if desk["state"] == "closed")
    await _post(session, f"desks/{desk}/open", {})
    asked = {"service": service, "mode": "in_person"}
    slots = await _get(session, f"offices/{office}/slots?{urlencode(asked)}")
    booking = {"office": office, **asked, "starts_at": slots[-1]["starts_at"]}
    return {
        "home": "/",
        "office": f"/o/{office}",
        "booking form": f"/appointments/new?{urlencode(booking)}",
        "appointment": f"/a/{token}",
        "chat": "/chat",
        "ticket": f"/t/{ticket['token']}",
        "test": "/test",
        "call, citizen": f"/a/{token}/room",
        "call, agent": f"/staff/rooms/{appointment_id}",
        "desk": f"/staff/desk?office={office}",
        "host": f"/staff/host?office={office}",
        "today": "/staff/manage/today",
    }


async def _get(session: aiohttp.ClientSession, path: str) -> Any:
    async with session.get(f"/api/v1/{path}") as answer:
        return await answer.json()


async def _post(session: aiohttp.ClientSession, path: str, body: dict[str, Any]) -> Any:
    async with session.post(f"/api/v1/{path}", json=body) as answer:
        return await answer.json()


@dataclass(slots=True)
class RecordedRequest:
    """A request and the bytes of its answer with headers. Times are `time.time()`."""

    path: str
    kind: str
    began_at: float
    received_bytes: int = 0


@dataclass(frozen=True, slots=True)
class PageLoad:
    """The requests of a visit.

    `until`: those that began before the page answers a press. Its manifest and icon count as such, although a
    browser loads them when it is idle. `after`: the others, until the network is idle.
    """

    until: list[RecordedRequest]
    after: list[RecordedRequest]

    @property
    def kilobytes(self) -> float:
        return sum_kilobytes(self.until)


def sum_kilobytes(requests: Sequence[RecordedRequest]) -> float:
    return sum(request.received_bytes for request in requests) / 1_000


class RequestRecorder(TcpProxy):
    """Records the requests of each connection, which browsers send in sequence."""

    def __init__(self, target: str) -> None:
        super().__init__(target)
        self.requests: list[RecordedRequest] = []

    def observe_connection(self) -> tuple[DataObserver, DataObserver]:
        current: list[RecordedRequest] = []

        def observe_sent(data: bytes) -> None:
            line = REQUEST_LINE.match(data)
            if line and not (current and current[-1].kind == "socket"):
                found = DESTINATION.search(data)
                destination = found[1].decode() if found else "other"
                request = RecordedRequest(line[1].decode(), KINDS.get(destination, destination), time.time())
                current[:] = [request]
                self.requests.append(request)

        def observe_received(data: bytes) -> None:
            for request in current:
                request.received_bytes += len(data)

        return observe_sent, observe_received

    async def wait_until_idle(self, seconds: float) -> None:
        """Wait until no request began for some seconds."""
        while True:
            number = len(self.requests)
            await asyncio.sleep(seconds)
            if len(self.requests) == number:
                return


@asynccontextmanager
async def run_request_recorder(target: str) -> AsyncIterator[RequestRecorder]:
    """Run a recorder to the target on a port of its own."""
    async with serve_proxy(RequestRecorder(target)) as made:
        yield made


async def load_page(
    page: Page, recorder: RequestRecorder, path: str, *, idle_s: float, is_first: bool
) -> PageLoad:
    """Load a page of a context with NOTE_ANSWER_JS.

    The page is idle after `idle_s` without a request. `is_first`: an icon and a manifest that a browser without
    windows does not fetch are fetched beside it.
    """
    recorder.requests.clear()
    answer = await page.goto(recorder.url + path)
    if answer is None or not answer.ok:
        raise RuntimeError(f"{path} was not answered with its page")
    await page.wait_for_function("() => window.answersAt")
    answers_at = await page.evaluate("window.answersAt / 1000")
    await recorder.wait_until_idle(idle_s)
    linked = set(await page.evaluate(LINKED_FILES_JS))
    for missing in (linked - {request.path for request in recorder.requests}) if is_first else ():
        await page.request.get(recorder.url + missing)
    until, after = recorder.requests[:1], list[RecordedRequest]()
    for request in recorder.requests[1:]:
        is_early = request.began_at < answers_at and not _is_started_by_modules(request, path)
        (until if is_early or request.path in linked else after).append(request)
    return PageLoad(until, after)


def _is_started_by_modules(request: RecordedRequest, page: str) -> bool:
    """Tell whether a module opened it while others were starting: no press needs it.

    It is the socket of live data, or what the service worker fetches for its cache.
    """
    is_cached = request.path in ("/offline", page) or request.path.startswith("/static/")
    return request.kind == "socket" or (request.kind == "fetch" and is_cached)
