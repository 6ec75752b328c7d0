"""An endpoint imports its modules with its first request."""

from __future__ import annotations

import threading

from office360.core.web.late_endpoint import Endpoint, late_endpoint
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response


async def test_late_endpoint_loads_once_in_a_thread() -> None:
    loading_threads = []

    async def answer(request: Request) -> Response:
        return PlainTextResponse(request.url.path)

    def load() -> Endpoint:
        loading_threads.append(threading.current_thread())
        return answer

    endpoint = late_endpoint(load)
    assert not loading_threads
    request = Request({"type": "http", "method": "GET", "path": "/chat", "headers": [], "query_string": b""})
    for _ in range(2):
        assert bytes((await endpoint(request)).body).endswith(b"/chat")
    assert len(loading_threads) == 1
    assert loading_threads[0] is not threading.main_thread()
