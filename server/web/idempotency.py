"""`Idempotency-Key` of every POST of the API, for double taps and retries."""

from __future__ import annotations

import asyncio
import dataclasses
import hashlib
import logging
from collections import Counter
from contextlib import suppress

from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ...core.db import idempotency_keys
from ...core.db.idempotency_keys import IdempotentRequest, StoredResponse
from ...core.errors import Office360Error
from ...core.failures import start_unbound_task
from ...core.runtime import Runtime
from ...core.web import requests
from ...core.web.request_identity import FORGOTTEN, IDEMPOTENCY_KEY_HEADER, caller_identity
from .error_pages import INFRASTRUCTURE_ERRORS, on_office360_error

logger = logging.getLogger(__name__)


# The caller may not, or not yet, make this call, or the call cannot be read: no use case has answered.
UNSTORED_STATUSES = frozenset({400, 401, 403, 405, 406, 408, 411, 413, 415, 429, 431})
SETTLEMENT_INTERVAL_S = 0.5  # a repetition waits so long, after an outage


class IdempotencyMiddleware:
    """Returns the first response of a use case to a repeated POST.

    Responses of a use case are those below 500 that are not in UNSTORED_STATUSES, unless the use case wants its
    request forgotten.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._running: Counter[str] = Counter()
        self._settling: set[asyncio.Task[None]] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "POST" or not scope["path"].startswith("/api/"):
            await self._app(scope, receive, send)
            return
        request = Request(scope, receive)
        if IDEMPOTENCY_KEY_HEADER not in request.headers or not any(requests.matching_routes(scope)):
            await self._app(scope, receive, send)
            return
        try:
            await self._respond_once(request, send)
        except Office360Error as error:
            response = await on_office360_error(request, error)
            await response(scope, receive, send)

    async def _respond_once(self, request: Request, send: Send) -> None:
        body = await request.body()
        key = _build_idempotent_request(request, body)
        runtime = requests.current_runtime(request)
        self._running[key.id] += 1
        try:
            response = await idempotency_keys.claim_request(runtime, key, self._running)
            if response is None:
                response = await self._execute(runtime, key, request, body)
            else:
                headers = [*response.headers, ("idempotent-replayed", "true")]
                response = dataclasses.replace(response, headers=headers)
        finally:
            self._stop_running(key)
        await _send_response(response, send)

    async def _execute(
        self, runtime: Runtime, key: IdempotentRequest, request: Request, body: bytes
    ) -> StoredResponse:
        """Execute the claimed request, and store or release it before its response is sent.

        So an immediate repetition finds the response, and a crash loses none.
        """
        try:
            response = await self._capture_response(request, body)
        # also a cancellation: an unsettled claim would refuse every repetition
        except BaseException:
            await self._settle_claim(runtime, key, None)
            raise
        is_answer = response.status < 500 and response.status not in UNSTORED_STATUSES
        is_answer = is_answer and not request.scope.get(FORGOTTEN, False)
        await self._settle_claim(runtime, key, response if is_answer else None)
        return response

    async def _settle_claim(self, runtime: Runtime, key: IdempotentRequest, answer: StoredResponse | None) -> None:
        """Store the answer of a use case; without an answer, release the claim.

        An outage postpones this until the database is back. Until then the request counts as running, so that no
        process executes it again: the use case may have committed.
        """
        try:
            await _store_or_release(runtime, key, answer)
        except INFRASTRUCTURE_ERRORS:
            logger.warning("claim_unsettled", extra={"status": answer.status if answer else None})
            self._running[key.id] += 1
            task = start_unbound_task(self._settle_later(runtime, key, answer), name="unsettled claim")
            self._settling.add(task)
            task.add_done_callback(self._settling.discard)

    async def _settle_later(self, runtime: Runtime, key: IdempotentRequest, answer: StoredResponse | None) -> None:
        """Settle a claim when the database is back, or leave it when others may take it over."""
        try:
            async with asyncio.timeout(idempotency_keys.CLAIM_TIMEOUT.total_seconds()):
                while True:
                    await asyncio.sleep(SETTLEMENT_INTERVAL_S)
                    with suppress(*INFRASTRUCTURE_ERRORS):
                        return await _store_or_release(runtime, key, answer)
        except TimeoutError:
            logger.warning("claim_left")
        finally:
            self._stop_running(key)

    def _stop_running(self, key: IdempotentRequest) -> None:
        self._running[key.id] -= 1
        if not self._running[key.id]:
            del self._running[key.id]

    async def _capture_response(self, request: Request, body: bytes) -> StoredResponse:
        """Run the request with the body that was read already, and capture its response."""
        status, headers, content = 500, [], bytearray()

        async def receive_body() -> Message:
            return {"type": "http.request", "body": body, "more_body": False}

        async def capture(message: Message) -> None:
            nonlocal status, headers
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in message["headers"]]
            elif message["type"] == "http.response.body":
                content.extend(message.get("body", b""))

        await self._app(request.scope, receive_body, capture)
        return StoredResponse(status, headers, bytes(content))


async def _store_or_release(runtime: Runtime, key: IdempotentRequest, answer: StoredResponse | None) -> None:
    if answer is None:
        await idempotency_keys.release_claim(runtime, key)
    else:
        await idempotency_keys.store_response(runtime, key, answer)


async def _send_response(response: StoredResponse, send: Send) -> None:
    headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in response.headers]
    await send({"type": "http.response.start", "status": response.status, "headers": headers})
    await send({"type": "http.response.body", "body": response.body})


def _build_idempotent_request(request: Request, body: bytes) -> IdempotentRequest:
    return IdempotentRequest(
        scope=hashlib.sha256(caller_identity(request).encode()).hexdigest(),
        route=request.url.path,
        key=request.headers[IDEMPOTENCY_KEY_HEADER],
        fingerprint=hashlib.sha256(body).hexdigest(),
    )
