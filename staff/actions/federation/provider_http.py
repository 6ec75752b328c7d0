"""HTTP to the identity provider: bounded answers, no redirects, no cookies."""

from __future__ import annotations

import ssl
import warnings
from collections.abc import AsyncIterator
from functools import cache

import httpx

with warnings.catch_warnings():  # authlib announces its next HTTP library; constraints.txt pins this one
    warnings.simplefilter("ignore")
    from authlib.integrations.httpx_client import AsyncOAuth2Client

__all__ = ["TIMEOUT_S", "AsyncOAuth2Client", "BoundedTransport"]

MAX_ANSWER_BYTES = 512 * 1024  # a token with hundreds of groups has some 50 KB, a key set a few
TIMEOUT_S = 10.0  # a person waits for the page; a slower provider counts as away


class AnswerTooLong(httpx.TransportError):
    """The answer exceeds MAX_ANSWER_BYTES, or is compressed and may exceed them."""


class BoundedTransport(httpx.AsyncBaseTransport):
    """Sends requests, and stops reading an answer that is too long."""

    def __init__(self) -> None:
        self._inner = httpx.AsyncHTTPTransport(verify=_ssl_context(), retries=0)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        request.headers["accept-encoding"] = "identity"  # a compressed answer could grow without bound
        answer = await self._inner.handle_async_request(request)
        if answer.headers.get("content-encoding", "identity") != "identity":
            await answer.aclose()
            raise AnswerTooLong("the answer is compressed")
        assert isinstance(answer.stream, httpx.AsyncByteStream)
        answer.stream = _BoundedStream(answer.stream)
        return answer

    async def aclose(self) -> None:
        await self._inner.aclose()


class _BoundedStream(httpx.AsyncByteStream):
    def __init__(self, inner: httpx.AsyncByteStream) -> None:
        self._inner = inner

    async def __aiter__(self) -> AsyncIterator[bytes]:
        size = 0
        async for part in self._inner:
            size += len(part)
            if size > MAX_ANSWER_BYTES:
                raise AnswerTooLong("the answer is too long")
            yield part

    async def aclose(self) -> None:
        await self._inner.aclose()


@cache
def _ssl_context() -> ssl.SSLContext:
    """Return the certificates of the system, which include an organisation's own authority."""
    return ssl.create_default_context()
