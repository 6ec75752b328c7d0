"""`Idempotency-Key` of every POST of the API, for double taps and retries."""

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
    """Returns the first response to a repeated POST. Responses with 5xx are not stored."""

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
        stored = await idempotency_keys.claim_request(runtime, key)
        if stored is not None:
            await _send_response(
                dataclasses.replace(stored, headers=[*stored.headers, ("idempotent-replayed", "true")]), send
            )
            return
        try:
            response = await self._capture_response(request, body)
        except BaseException:
            await idempotency_keys.release_claim(runtime, key)
            raise
        # stored before it is sent, so that an immediate repetition finds it, and a crash loses none
        if response.status >= 500:
            await idempotency_keys.release_claim(runtime, key)
        else:
            await idempotency_keys.store_response(runtime, key, response)
        await _send_response(response, send)

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
