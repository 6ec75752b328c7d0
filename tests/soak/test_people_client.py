"""Outcomes of a write that is repeated under its key."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from office360.benchmarks.soak import people_client
from office360.benchmarks.soak.ledger import Outcome
from office360.benchmarks.soak.people_client import PeopleClient, Traffic, open_people_client


@asynccontextmanager
async def serve_answers(answers: list[tuple[int, str]]) -> AsyncIterator[PeopleClient]:
    """Open a client of a server that gives these statuses and codes in order."""

    async def answer(request: web.Request) -> web.Response:
        status, code = answers.pop(0)
        return web.json_response({"code": code, "key": request.headers["Idempotency-Key"]}, status=status)

    app = web.Application()
    app.router.add_post("/things", answer)
    async with (
        TestServer(app) as server,
        open_people_client(str(server.make_url("/")), Traffic(), random.Random(1)) as client,
    ):
        yield client


@pytest.mark.parametrize(
    ("answers", "outcome"),
    [
        ([(201, "")], Outcome.ACKNOWLEDGED),
        ([(503, "unavailable"), (409, "in_progress"), (201, "")], Outcome.ACKNOWLEDGED),
        ([(409, "slot_taken")], Outcome.REFUSED),
        ([(503, "unavailable"), (409, "slot_taken")], Outcome.UNKNOWN),
    ],
)
async def test_refusal_after_an_attempt_without_answer_is_unknown(
    monkeypatch: pytest.MonkeyPatch, answers: list[tuple[int, str]], outcome: Outcome
) -> None:
    monkeypatch.setattr(people_client, "RETRY_DELAY_S", (0.0, 0.0))
    async with serve_answers(answers) as client:
        assert (await client.post("/things")).outcome is outcome
        assert client.traffic.lost_answers == (outcome is Outcome.UNKNOWN)


async def test_answer_500_is_counted_although_a_repetition_succeeds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(people_client, "RETRY_DELAY_S", (0.0, 0.0))
    async with serve_answers([(500, "internal_error"), (201, "")]) as client:
        assert (await client.post("/things")).outcome is Outcome.ACKNOWLEDGED
        assert [(status, call) for _, status, call in client.traffic.crashes] == [(500, "POST /things")]
