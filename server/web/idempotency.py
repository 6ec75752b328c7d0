"""`Idempotency-Key` on every POST of the API: a double tap or a retry after a lost network is one request."""

from __future__ import annotations

import dataclasses
import hashlib

from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ...core.db import idempotency_keys
from ...core.db.idempotency_keys import IdempotentRequest, StoredResponse
from ...core.errors import Office360Error
from ...core.web import requests
from ...core.web.request_identity import IDEMPOTENCY_KEY_HEADER, caller_identity
from .error_pages import on_office360_error


class IdempotencyMiddleware:
    """Answers a repeated POST with its first answer. Answers of ours that failed (5xx) are not kept."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "POST" or not scope["path"].startswith("/api/"):
            await self._app(scope, receive, send)
            return
        request = Request(scope, receive)
        if IDEMPOTENCY_KEY_HEADER not in request.headers:
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
        known = await idempotency_keys.claim_request(runtime, key)
        if known is not None:
            await _send_response(
                dataclasses.replace(known, headers=[*known.headers, ("idempotent-replayed", "true")]), send
            )
            return
        try:
            answer = await self._capture_response(request, body)
        except BaseException:
            await idempotency_keys.release_claim(runtime, key)
            raise
        # Kept before it leaves: whoever repeats the request at once finds the answer, and none is lost with us.
        if answer.status >= 500:
            await idempotency_keys.release_claim(runtime, key)
        else:
            await idempotency_keys.store_response(runtime, key, answer)
        await _send_response(answer, send)

    async def _capture_response(self, request: Request, body: bytes) -> StoredResponse:
        """Run the request with its body once more, and hold back what it answers."""
        status, headers, noted = 500, [], bytearray()

        async def receive_again() -> Message:
            return {"type": "http.request", "body": body, "more_body": False}

        async def note(message: Message) -> None:
            nonlocal status, headers
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in message["headers"]]
            elif message["type"] == "http.response.body":
                noted.extend(message.get("body", b""))

        await self._app(request.scope, receive_again, note)
        return StoredResponse(status, headers, bytes(noted))


async def _send_response(answer: StoredResponse, send: Send) -> None:
    headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in answer.headers]
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": answer.body})


def _build_idempotent_request(request: Request, body: bytes) -> IdempotentRequest:
    return IdempotentRequest(
        scope=hashlib.sha256(caller_identity(request).encode()).hexdigest(),
        route=request.url.path,
        key=request.headers[IDEMPOTENCY_KEY_HEADER],
        fingerprint=hashlib.sha256(body).hexdigest(),
    )
