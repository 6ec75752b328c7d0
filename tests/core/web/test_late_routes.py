"""Routes import their modules with the first request below their path."""

from __future__ import annotations

import threading
from collections.abc import Sequence

import httpx
import pytest
from office360.core.web.late_routes import LateRoutes, candidate_routes
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route


async def show_route(request: Request) -> Response:
    return PlainTextResponse(request.scope["route"].path)  # as the log names it


class LatePart:
    """An app with a part of late routes, and the threads that imported them."""

    def __init__(self) -> None:
        self.threads: list[threading.Thread] = []
        late = LateRoutes("/manage", self.load)
        self.app = Starlette(routes=[Route("/managers", show_route), late, Route("/last", show_route)])
        self.client = httpx.AsyncClient(transport=httpx.ASGITransport(self.app), base_url="http://testserver")

    def load(self) -> Sequence[BaseRoute]:
        self.threads.append(threading.current_thread())
        return [Route("/manage", show_route), Route("/manage/{office}", show_route, methods=["POST"])]

    def candidates(self, path: str) -> list[str]:
        scope = {"type": "http", "method": "GET", "path": path, "app": self.app}
        return [getattr(route, "path", "") for route in candidate_routes(scope)]


@pytest.fixture
def late_part() -> LatePart:
    return LatePart()


async def test_first_request_loads_routes_once_in_a_thread(late_part: LatePart) -> None:
    for path in ("/managers", "/last"):
        assert (await late_part.client.get(path)).text == path
    assert late_part.threads == []
    for _ in range(2):
        assert (await late_part.client.get("/manage")).text == "/manage"
        assert (await late_part.client.post("/manage/centro")).text == "/manage/{office}"
    assert len(late_part.threads) == 1
    assert late_part.threads[0] is not threading.main_thread()


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/manage/a/b", 404),
        ("POST", "/manage", 405),
        ("GET", "/manage/centro", 405),
        ("GET", "/manage/", 307),
        ("GET", "/manage-x", 404),
    ],
)
async def test_late_routes_refuse_as_an_app_does(late_part: LatePart, method: str, path: str, status: int) -> None:
    plain = httpx.ASGITransport(Starlette(routes=late_part.load()))
    async with httpx.AsyncClient(transport=plain, base_url="http://testserver") as client:
        expected = await client.request(method, path)
    answer = await late_part.client.request(method, path)
    assert (answer.status_code, answer.headers, answer.text) == (status, expected.headers, expected.text)


def test_candidates_of_other_paths_load_no_routes(late_part: LatePart) -> None:
    assert late_part.candidates("/last") == ["/managers", "/last"]
    assert late_part.threads == []
    assert late_part.candidates("/manage/x") == ["/managers", "/manage", "/manage/{office}", "/last"]
