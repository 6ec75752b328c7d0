"""Idempotency keys of POST requests."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from unittest.mock import AsyncMock

import aiohttp
import pytest
import uvicorn
from office360.core.db import idempotency_keys, process_heartbeats
from office360.core.db.idempotency_keys import IdempotentRequestRow
from office360.core.db.process_heartbeats import DEAD_AFTER, ProcessHeartbeatRow, ProcessKind, database_time
from office360.core.i18n.catalogues import Catalogues, ErrorTexts
from office360.core.i18n.error_texts import ERROR_TEXTS
from office360.core.ids import new_id
from office360.core.runtime import Runtime
from office360.server.web.idempotency import IdempotencyMiddleware
from sqlalchemy import select, update
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from ...support.http_client import open_client
from ...support.timeouts import TEST_TIMEOUT_S


class CountedWork:
    """Counts how often the request was executed."""

    def __init__(self) -> None:
        self.done = 0
        self.status = 201
        self.error: Exception | None = None
        self.hold = asyncio.Event()
        self.hold.set()
        self.begun = asyncio.Event()

    async def __call__(self, request: Request) -> Response:
        self.begun.set()
        await self.hold.wait()
        if self.error:
            raise self.error
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
        scope.setdefault("state", {}).update(runtime=runtime, language="en", sentences=sentences, request_id="r")
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
    async with open_client(f"http://127.0.0.1:{port}") as session:
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


async def test_repeat_just_after_the_claim_is_refused(
    client: aiohttp.ClientSession, work: CountedWork, monkeypatch: pytest.MonkeyPatch
) -> None:
    claim, claimed, proceed = idempotency_keys.claim_request, asyncio.Event(), asyncio.Event()

    async def claim_and_wait(*arguments: Any) -> Any:
        result = await claim(*arguments)
        claimed.set()
        await proceed.wait()
        return result

    with monkeypatch.context() as patch:
        patch.setattr(idempotency_keys, "claim_request", claim_and_wait)
        first = asyncio.create_task(post(client))
        await claimed.wait()
    repeated = await post(client)
    proceed.set()
    assert (await first)[0] == 201
    assert (repeated[0], repeated[1]["code"]) == (409, "in_progress")
    assert work.done == 1


async def test_server_error_is_not_replayed(client: aiohttp.ClientSession, work: CountedWork) -> None:
    work.status = 503
    assert (await post(client))[0] == 503
    work.status = 201
    assert (await post(client))[0] == 201


@pytest.mark.parametrize("status", [400, 401, 403, 413, 415, 429])
async def test_refusal_before_use_case_is_not_replayed(
    client: aiohttp.ClientSession, work: CountedWork, status: int
) -> None:
    work.status = status
    assert (await post(client))[0] == status
    work.status = 201
    assert (await post(client))[0] == 201


@pytest.mark.parametrize("status", [404, 409, 410, 422])
async def test_refusal_of_use_case_is_replayed(
    client: aiohttp.ClientSession, work: CountedWork, status: int
) -> None:
    work.status = status
    await post(client)
    work.status = 201
    assert (await post(client))[0] == status


async def test_post_to_unknown_path_is_not_kept(client: aiohttp.ClientSession, runtime: Runtime) -> None:
    headers = {"Idempotency-Key": "k1"}
    async with client.post("/api/v1/nothing", json={}, headers=headers) as first:
        assert first.status == 404
    async with client.post("/api/v1/nothing", json={}, headers=headers) as second:
        assert "Idempotent-Replayed" not in second.headers
    async with runtime.read_session() as session:
        assert (await session.execute(select(IdempotentRequestRow))).first() is None


async def abandon_claim(runtime: Runtime, owner: str | None, age: timedelta = timedelta()) -> None:
    """Make the only claim unanswered, and owned by another process."""
    async with runtime.transaction() as tx:
        (row,) = (await tx.session.execute(select(IdempotentRequestRow))).scalars()
        row.answer, row.owner, row.claimed_at = None, owner, row.claimed_at - age


async def beat_as_other_process(runtime: Runtime) -> str:
    other = dataclasses.replace(runtime, process_id=new_id())
    await process_heartbeats.beat(other, [ProcessKind.WEB], "1.0")
    return other.process_id


async def age_heartbeat(runtime: Runtime, process_id: str, age: timedelta) -> None:
    """Set the age of a process's last beat."""
    async with runtime.transaction() as tx:
        now = (await tx.session.execute(select(database_time()))).scalar_one()
        await tx.session.execute(
            update(ProcessHeartbeatRow).where(ProcessHeartbeatRow.id == process_id).values(seen_at=now - age)
        )


async def test_claim_of_dead_process_is_taken_over_in_five_seconds(
    client: aiohttp.ClientSession, work: CountedWork, runtime: Runtime
) -> None:
    await post(client)
    owner = await beat_as_other_process(runtime)  # its last beat
    await abandon_claim(runtime, owner)
    await age_heartbeat(runtime, owner, DEAD_AFTER - timedelta(seconds=1))
    assert (await post(client))[1]["code"] == "in_progress"
    await age_heartbeat(runtime, owner, timedelta(seconds=5))
    assert (await post(client))[0] == 201
    assert work.done == 2
    assert (await post(client))[1]["number"] == 2


async def test_claim_of_stopped_process_is_taken_over_at_once(
    client: aiohttp.ClientSession, work: CountedWork, runtime: Runtime
) -> None:
    await post(client)
    await abandon_claim(runtime, "stopped")
    assert (await post(client))[0] == 201
    assert work.done == 2


async def test_claim_without_running_request_is_taken_over(
    client: aiohttp.ClientSession, work: CountedWork, runtime: Runtime
) -> None:
    await post(client)
    await abandon_claim(runtime, runtime.process_id)
    assert (await post(client))[0] == 201


async def test_claim_of_living_process_ends_after_a_minute(
    client: aiohttp.ClientSession, work: CountedWork, runtime: Runtime
) -> None:
    await post(client)
    await abandon_claim(runtime, await beat_as_other_process(runtime), timedelta(seconds=61))
    assert (await post(client))[0] == 201


async def test_revived_process_does_not_replace_the_answer(
    client: aiohttp.ClientSession, work: CountedWork, runtime: Runtime
) -> None:
    work.hold.clear()
    frozen = asyncio.create_task(post(client))
    await work.begun.wait()
    async with runtime.transaction() as tx:  # another process took over and answered
        await tx.session.execute(update(IdempotentRequestRow).values(owner="other", answer="of the other"))
    work.hold.set()
    assert (await frozen)[0] == 201
    async with runtime.read_session() as session:
        (row,) = (await session.execute(select(IdempotentRequestRow))).scalars()
    assert row.answer == "of the other"


class OneOutage:
    """Makes the first call of a function fail, as a database that is away for a moment."""

    def __init__(self, patch: pytest.MonkeyPatch, name: str) -> None:
        self._call = getattr(idempotency_keys, name)
        self._calls = 0
        patch.setattr(idempotency_keys, name, self)

    async def __call__(self, *arguments: Any) -> None:
        self._calls += 1
        if self._calls == 1:
            raise OSError("the database is away")
        await self._call(*arguments)


async def repeat_until_settled(client: aiohttp.ClientSession) -> tuple[int, dict[str, Any]]:
    async with asyncio.timeout(TEST_TIMEOUT_S):
        while (answer := await post(client))[1].get("code") == "in_progress":
            await asyncio.sleep(0.01)
    return answer


async def test_answer_that_outage_kept_from_storage_is_replayed(
    client: aiohttp.ClientSession, work: CountedWork, monkeypatch: pytest.MonkeyPatch
) -> None:
    OneOutage(monkeypatch, "store_response")
    first = await post(client)
    assert first[0] == 201
    assert await repeat_until_settled(client) == first
    assert work.done == 1


@pytest.mark.parametrize("error", [None, ZeroDivisionError()])
async def test_claim_that_outage_kept_is_released_afterwards(
    client: aiohttp.ClientSession,
    work: CountedWork,
    runtime: Runtime,
    monkeypatch: pytest.MonkeyPatch,
    error: Exception | None,
) -> None:
    OneOutage(monkeypatch, "release_claim")
    work.status, work.error = 503, error
    await post(client, body={"a": 1}) if error is None else await post_raising(client)
    async with asyncio.timeout(TEST_TIMEOUT_S):  # another process would find it in progress for a minute
        while await has_claim(runtime):
            await asyncio.sleep(0.01)


async def post_raising(client: aiohttp.ClientSession) -> None:
    async with client.post("/api/v1/things", json={}, headers={"Idempotency-Key": "k"}) as answer:
        assert answer.status == 500


async def has_claim(runtime: Runtime) -> bool:
    async with runtime.read_session() as session:
        return (await session.execute(select(IdempotentRequestRow))).first() is not None


async def test_error_is_logged_when_its_claim_cannot_be_released(
    client: aiohttp.ClientSession,
    work: CountedWork,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    away = AsyncMock(side_effect=OSError("the database is away"))
    with monkeypatch.context() as patch:
        patch.setattr(idempotency_keys, "release_claim", away)
        patch.setattr(work, "error", ZeroDivisionError())
        async with client.post("/api/v1/things", json={}, headers={"Idempotency-Key": "k"}) as answer:
            assert answer.status == 500
    (failed,) = [record for record in caplog.records if record.exc_info]
    assert failed.exc_info is not None
    assert failed.exc_info[0] is ZeroDivisionError


async def test_stored_response_expires_after_a_day(
    client: aiohttp.ClientSession, work: CountedWork, runtime: Runtime
) -> None:
    await post(client)
    async with runtime.transaction() as tx:
        (row,) = (await tx.session.execute(select(IdempotentRequestRow))).scalars()
        row.claimed_at -= timedelta(hours=24, seconds=1)
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
