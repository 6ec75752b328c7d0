"""Idempotency keys of POST requests."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
import uvicorn
from office360.core.db.idempotency_keys import IdempotentRequestRow
from office360.core.i18n.catalogues import Catalogues, ErrorTexts
from office360.core.i18n.error_texts import ERROR_TEXTS
from office360.core.runtime import Runtime
from office360.server.web.idempotency import IdempotencyMiddleware
from sqlalchemy import select
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from ...conftest import FakeClock


class CountedWork:
    """Counts how often the request was executed."""

    def __init__(self) -> None:
        self.done = 0
        self.status = 201
        self.hold = asyncio.Event()
        self.hold.set()
        self.begun = asyncio.Event()

    async def __call__(self, request: Request) -> Response:
        self.begun.set()
        await self.hold.wait()
        self.done += 1
        body = await request.json()
        return JSONResponse({"number": self.done, "token": "a secret link", **body}, self.status)


@pytest.fixture
def work() -> CountedWork:
    return CountedWork()


@pytest.fixture
async def client(runtime: Runtime, work: CountedWork) -> AsyncIterator[aiohttp.ClientSession]:
    async def endpoint(request: Request) -> Response:
        return await work(request)

    async def with_state(scope: Any, receive: Any, send: Any) -> None:
        scope.setdefault("state", {}).update(runtime=runtime, language="en", sentences=sentences)
        await app(scope, receive, send)

    catalogues = Catalogues([])
    sentences = ErrorTexts(catalogues, ERROR_TEXTS)
    app = Starlette(
        routes=[Route("/api/v1/things", endpoint, methods=["POST"])],
        middleware=[Middleware(IdempotencyMiddleware)],
    )
    server = uvicorn.Server(uvicorn.Config(with_state, port=0, log_config=None, lifespan="off"))
    task = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.005)
    port = server.servers[0].sockets[0].getsockname()[1]
    async with aiohttp.ClientSession(f"http://127.0.0.1:{port}") as session:
        yield session
    server.should_exit = True
    await task


async def post(
    client: aiohttp.ClientSession,
    key: str | None = "k1",
    body: dict[str, Any] | None = None,
    who: str = "Bearer a",
) -> tuple[int, dict[str, Any]]:
    headers = {"Authorization": who, **({"Idempotency-Key": key} if key else {})}
    async with client.post("/api/v1/things", json=body or {"a": 1}, headers=headers) as answer:
        return answer.status, await answer.json(content_type=None)


async def test_repeated_request_gets_first_response(client: aiohttp.ClientSession, work: CountedWork) -> None:
    first = await post(client)
    assert await post(client) == first
    assert first == (201, {"number": 1, "token": "a secret link", "a": 1})
    assert work.done == 1


async def test_requests_without_key_all_run(client: aiohttp.ClientSession, work: CountedWork) -> None:
    await post(client, key=None)
    await post(client, key=None)
    assert work.done == 2


async def test_same_key_of_other_caller_is_other_request(client: aiohttp.ClientSession, work: CountedWork) -> None:
    await post(client)
    await post(client, who="Bearer b")
    assert work.done == 2


async def test_the_same_key_with_another_body_is_refused(client: aiohttp.ClientSession, work: CountedWork) -> None:
    await post(client)
    status, problem = await post(client, body={"a": 2})
    assert (status, problem["code"]) == (422, "idempotency_mismatch")
    assert problem["errors"][0]["code"] == "idempotency_mismatch"
    assert work.done == 1


async def test_concurrent_repeat_is_refused_as_in_progress(
    client: aiohttp.ClientSession, work: CountedWork
) -> None:
    work.hold.clear()
    first = asyncio.create_task(post(client))
    await work.begun.wait()
    status, problem = await post(client)
    work.hold.set()
    assert (status, problem["code"]) == (409, "in_progress")
    assert (await first)[0] == 201
    assert work.done == 1


async def test_server_error_is_not_replayed(client: aiohttp.ClientSession, work: CountedWork) -> None:
    work.status = 503
    assert (await post(client))[0] == 503
    work.status = 201
    assert (await post(client))[0] == 201


async def test_abandoned_request_runs_again(
    client: aiohttp.ClientSession, work: CountedWork, runtime: Runtime, clock: FakeClock
) -> None:
    await post(client)
    async with runtime.transaction() as tx:
        (row,) = (await tx.session.execute(select(IdempotentRequestRow))).scalars()
        row.answer = None
    assert (await post(client))[0] == 409
    clock.advance(seconds=61)
    assert (await post(client))[0] == 201
    assert work.done == 2


async def test_stored_response_expires_after_a_day(
    client: aiohttp.ClientSession, work: CountedWork, clock: FakeClock
) -> None:
    await post(client)
    clock.advance(hours=24, seconds=1)
    await post(client)
    assert work.done == 2


async def test_stored_response_is_encrypted(client: aiohttp.ClientSession, runtime: Runtime) -> None:
    await post(client)
    async with runtime.read_session() as session:
        (row,) = (await session.execute(select(IdempotentRequestRow))).scalars()
    assert row.answer
    assert "secret" not in row.answer


async def test_overlong_idempotency_key_is_refused(client: aiohttp.ClientSession, work: CountedWork) -> None:
    status, problem = await post(client, key="k" * 300)
    assert (status, problem["errors"][0]["code"]) == (422, "too_long")
    assert work.done == 0
