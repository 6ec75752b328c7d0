"""The client of the language model, against a fake of its protocol on loopback."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator

import pytest
from office360.chatbot.actions import sentence_rewriter
from office360.chatbot.actions.sentence_rewriter import (
    FAILURES_UNTIL_PAUSE,
    FIRST_PAUSE_S,
    LONGEST_PAUSE_S,
    CircuitBreaker,
    SentenceRewriter,
    find_model_problem,
    open_sentence_rewriter,
)
from office360.chatbot.dialogue.context import DialogueContext
from office360.chatbot.dialogue.state import ConversationState
from office360.chatbot.domain.model_endpoint import ModelEndpoint
from office360.chatbot.language.understanding import Understanding, understand_message

from ..support.fake_chat_model import KEY, FakeChatModel, run_chat_model
from ..support.fake_effects import start_conversation

TEXT = "soy Rosa Gil, me apaño fatal con el arenque, 600 123 456"
FISHING = "cita para Licencias de caza y pesca"


@pytest.fixture
async def model() -> AsyncIterator[FakeChatModel]:
    async with run_chat_model() as running:
        yield running


@pytest.fixture
async def rewriter(model: FakeChatModel) -> AsyncIterator[SentenceRewriter]:
    async with open_sentence_rewriter(model.endpoint) as opened:
        yield opened


async def _rewrite(rewriter: SentenceRewriter, text: str = TEXT) -> Understanding | None:
    handlers = start_conversation("es").effects
    context = DialogueContext(handlers.catalogue(), handlers.now, handlers.now.date(), "")
    understood = understand_message(text, "es", context.catalogue, context.local_day())
    return await rewriter.rewrite(understood, ConversationState("es"), context, None)


async def test_request_asks_for_phrases_by_a_schema(model: FakeChatModel, rewriter: SentenceRewriter) -> None:
    model.phrases = [(FISHING, "arenque")]
    rewritten = await _rewrite(rewriter)
    assert rewritten is not None
    assert rewritten.services.likely == ("hunting-fishing",)
    assert (rewritten.name, rewritten.phone) == ("Rosa Gil", "600123456")
    (request,) = model.received
    schema = request["response_format"]["json_schema"]["schema"]
    assert FISHING in schema["properties"]["phrases"]["items"]["properties"]["phrase"]["enum"]
    assert (request["model"], request["temperature"], model.keys) == ("tiny", 0, [f"Bearer {KEY}"])


async def test_details_are_not_in_the_request(model: FakeChatModel, rewriter: SentenceRewriter) -> None:
    await _rewrite(rewriter)
    assert model.texts == ["soy [NAME_A] [NAME_B], me apaño fatal con el arenque, [NUMBER_C]"]
    sent = json.dumps(model.received)
    assert not [word for word in ("Rosa", "Gil", "600", "123", "456") if word in sent]


async def test_message_of_details_only_is_not_sent(model: FakeChatModel, rewriter: SentenceRewriter) -> None:
    assert await _rewrite(rewriter, "Zulema Garazi 600 123 456") is None
    assert model.received == []


@pytest.mark.parametrize(
    "changes",
    [
        {"status": 500},
        {"status": 302},
        {"body": b"\xff\x00"},
        {"body": b"{" * 100_000},
        {"content": "Sure! Here is the JSON:"},
        {"content": '{"phrases": [{"phrase": "hoy"}]}'},
    ],
)
async def test_faulty_response_leaves_the_grammar_alone(
    model: FakeChatModel, rewriter: SentenceRewriter, changes: dict[str, object]
) -> None:
    for name, value in changes.items():
        setattr(model, name, value)
    assert await _rewrite(rewriter) is None
    assert len(model.received) == 1


async def test_slow_model_is_left_after_the_timeout(
    model: FakeChatModel, rewriter: SentenceRewriter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sentence_rewriter, "TIMEOUT_S", 0.05)
    model.gate = asyncio.Event()
    assert await _rewrite(rewriter) is None


async def test_failing_model_gets_no_further_requests(model: FakeChatModel, rewriter: SentenceRewriter) -> None:
    model.status = 503
    for _ in range(FAILURES_UNTIL_PAUSE + 3):
        assert await _rewrite(rewriter) is None
    assert len(model.received) == FAILURES_UNTIL_PAUSE


async def test_concurrent_requests_are_limited(
    model: FakeChatModel, rewriter: SentenceRewriter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sentence_rewriter, "MAX_CONCURRENT_REQUESTS", 1)
    model.gate = asyncio.Event()
    model.phrases = [(FISHING, "arenque")]
    async with asyncio.TaskGroup() as group:
        first = group.create_task(_rewrite(rewriter))
        while not model.received:
            await asyncio.sleep(0)
        assert await _rewrite(rewriter) is None
        model.gate.set()
    assert first.result() is not None


def test_breaker_tries_again_once_and_then_waits_longer() -> None:
    breaker, now_s = CircuitBreaker(), 100.0
    for _ in range(FAILURES_UNTIL_PAUSE):
        assert breaker.allows_request(now_s)
        breaker.count_failure(now_s)
    assert not breaker.allows_request(now_s + FIRST_PAUSE_S - 1)
    now_s += FIRST_PAUSE_S
    assert [breaker.allows_request(now_s) for _ in range(3)] == [True, False, False]
    breaker.count_failure(now_s)
    assert not breaker.allows_request(now_s + 2 * FIRST_PAUSE_S - 1)
    for _ in range(20):
        breaker.count_failure(now_s)
    assert breaker.allows_request(now_s + LONGEST_PAUSE_S)
    breaker.count_success()
    assert [breaker.allows_request(now_s) for _ in range(3)] == [True, True, True]


async def test_log_has_neither_sentence_nor_response(
    model: FakeChatModel, rewriter: SentenceRewriter, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    for content in ("arenque rojo", None):
        model.content = content
        await _rewrite(rewriter)
    messages = [str(vars(record)) for record in caplog.records if record.name == sentence_rewriter.__name__]
    assert len(messages) == 3
    assert "arenque" not in " ".join(messages)


async def test_check_names_the_problem_of_a_model(model: FakeChatModel) -> None:
    assert await find_model_problem(model.endpoint) is None
    model.content = "no JSON"
    assert "not a list of phrases" in str(await find_model_problem(model.endpoint))
    model.status = 401
    assert "401" in str(await find_model_problem(model.endpoint))
    assert "Connect" in str(await find_model_problem(ModelEndpoint("http://127.0.0.1:9/v1", "tiny", "", "")))
