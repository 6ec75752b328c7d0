"""Client of the optional language model, with a timeout and a circuit breaker.

Neither sentences nor responses are logged. Without an answer, the grammar's understanding stays.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http import HTTPStatus
from time import monotonic
from typing import Any

import aiohttp

from ..dialogue.context import DialogueContext
from ..dialogue.state import ConversationState
from ..domain.model_endpoint import ModelEndpoint
from ..language.date_time.times import NUMBER_WORDS
from ..language.understanding import LEXICONS, Understanding
from ..rewriting.masking import mask_message
from ..rewriting.model_protocol import build_request, join_phrases, parse_response
from ..rewriting.phrases import (
    AS_WRITTEN,
    INTENT_PHRASES,
    allowed_phrases,
    drop_denied_phrases,
    has_words,
    known_words,
    merge_rewritten,
)

logger = logging.getLogger(__name__)

TIMEOUT_S = 2.0  # of a request in all: a citizen waits for the answer
CHECK_SENTENCE = "The thing for which I had to come does not suit me any more."
MAX_RESPONSE_BYTES = 32_768  # six phrases need less than a thousand
MAX_CONCURRENT_REQUESTS = 4  # of each process; further messages are answered by the grammar alone
FAILURES_UNTIL_PAUSE = 3  # consecutive failures; a single timeout can happen to any model
FIRST_PAUSE_S, LONGEST_PAUSE_S = 30.0, 600.0  # without requests; doubled while the model does not recover


class CircuitBreaker:
    """Pauses requests to a model that fails. After a pause, a single request tries it again."""

    def __init__(self) -> None:
        self._failures = 0
        self._pause_s = FIRST_PAUSE_S
        self._closed_until = 0.0

    def allows_request(self, now_s: float) -> bool:
        """Tell whether a request may be sent. After a pause, only the first caller may."""
        if now_s < self._closed_until:
            return False
        if self._failures >= FAILURES_UNTIL_PAUSE:
            self._closed_until = now_s + self._pause_s
        return True

    def count_success(self) -> None:
        self._failures, self._pause_s, self._closed_until = 0, FIRST_PAUSE_S, 0.0

    def count_failure(self, now_s: float) -> None:
        self._failures += 1
        if self._failures > FAILURES_UNTIL_PAUSE:
            self._pause_s = min(self._pause_s * 2, LONGEST_PAUSE_S)
        if self._failures >= FAILURES_UNTIL_PAUSE:
            self._closed_until = now_s + self._pause_s


class SentenceRewriter:
    """Rewrites sentences through a single endpoint; shared by the requests of a process."""

    def __init__(self, endpoint: ModelEndpoint, client: aiohttp.ClientSession) -> None:
        self._endpoint = endpoint
        self._client = client
        self._breaker = CircuitBreaker()
        self._open_requests = 0

    async def rewrite(
        self, understood: Understanding, state: ConversationState, context: DialogueContext, asked: str | None
    ) -> Understanding | None:
        """Return the meaning with the model's additions; None without any.

        `asked`: the question that the message may answer.
        """
        catalogue, today = context.catalogue, context.local_day(state.office)
        language = understood.language
        if language not in LEXICONS:
            return None
        masked = mask_message(
            understood.text,
            LEXICONS[language],
            known_words=known_words(language, catalogue),
            number_words=NUMBER_WORDS[language],
            known_details=[detail for detail in (state.name, state.email, state.phone, state.locator) if detail],
        )
        if masked is None or not has_words(masked.text):
            return None
        phrases = allowed_phrases(language, catalogue)
        body = await self._ask_once(build_request(self._endpoint.model, masked.text, asked, phrases))
        if body is None:
            return None
        try:
            found = parse_response(body, masked.text, phrases)
        except ValueError:
            logger.warning("chat_model_response_invalid")
            return None
        found = drop_denied_phrases(found, masked.text, language)
        return merge_rewritten(understood, join_phrases(found, masked.originals), catalogue, today, asked)

    async def _ask_once(self, request: dict[str, Any]) -> bytes | None:
        """Return the response body; None while requests pause, and after a failure."""
        started = monotonic()
        if self._open_requests >= MAX_CONCURRENT_REQUESTS or not self._breaker.allows_request(started):
            return None
        self._open_requests += 1
        try:
            async with asyncio.timeout(TIMEOUT_S):
                body = await self._post(request)
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            self._breaker.count_failure(monotonic())
            logger.warning("chat_model_failed", extra={"error": type(error).__name__})
            return None
        finally:
            self._open_requests -= 1
        self._breaker.count_success()
        logger.info("chat_model_answered", extra={"duration_ms": round((monotonic() - started) * 1000)})
        return body

    async def find_problem(self) -> str | None:
        """Ask about a prepared sentence, as `office360 check` does; None if that works."""
        phrases = (*INTENT_PHRASES["en"].values(), AS_WRITTEN)
        try:
            async with asyncio.timeout(TIMEOUT_S):
                body = await self._post(build_request(self._endpoint.model, CHECK_SENTENCE, None, phrases))
            parse_response(body, CHECK_SENTENCE, phrases)
        except TimeoutError:
            return f"no answer within {TIMEOUT_S:.0f} s, as a citizen would wait; the grammar answers alone"
        except (aiohttp.ClientError, OSError, ValueError) as error:
            return f"{type(error).__name__}: {error}".splitlines()[0]
        return None

    async def _post(self, request: dict[str, Any]) -> bytes:
        """Send a request. Redirects are not followed: `/privacy` names a single operator."""
        async with self._client.post(
            self._endpoint.completions_url, json=request, headers=self._endpoint.headers, allow_redirects=False
        ) as response:
            if response.status != HTTPStatus.OK:
                raise ValueError(f"status {response.status}")
            body = await response.content.read(MAX_RESPONSE_BYTES + 1)
            while not response.content.at_eof() and len(body) <= MAX_RESPONSE_BYTES:
                body += await response.content.read(MAX_RESPONSE_BYTES)
            if len(body) > MAX_RESPONSE_BYTES:
                raise ValueError("response is too long")
            return body


async def find_model_problem(endpoint: ModelEndpoint) -> str | None:
    """Tell why an endpoint cannot be used; None if it works."""
    async with open_sentence_rewriter(endpoint) as rewriter:
        return await rewriter.find_problem()


@asynccontextmanager
async def open_sentence_rewriter(endpoint: ModelEndpoint) -> AsyncIterator[SentenceRewriter]:
    """Open a client without cookies for the block."""
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as client:
        yield SentenceRewriter(endpoint, client)
