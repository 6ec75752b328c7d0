"""A language model on loopback: the protocol of `/v1/chat/completions` with set responses."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from office360.chatbot.domain.model_endpoint import ModelEndpoint

KEY = "key-of-the-model"


@dataclass
class FakeChatModel:
    """A model that stores requests and answers with `phrases`, pairs of phrase and span.

    `content`: the whole content of the response, in place of the phrases. `gate`: what responses wait for.
    """

    url: str = ""
    status: int = 200
    phrases: list[tuple[str, str]] = field(default_factory=list)
    content: str | None = None
    body: bytes | None = None
    gate: asyncio.Event | None = None
    received: list[dict[str, Any]] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)

    @property
    def endpoint(self) -> ModelEndpoint:
        return ModelEndpoint(self.url, "tiny", "Example Models", KEY)

    @property
    def settings(self) -> dict[str, str]:
        """Return the settings of an installation that uses this model."""
        return {
            "chat_model_url": self.url,
            "chat_model_name": "tiny",
            "chat_model_operator": "Example Models",
            "chat_model_key": KEY,
        }

    @property
    def texts(self) -> list[str]:
        """Return the texts of citizens that have arrived."""
        return [request["messages"][-1]["content"] for request in self.received]

    async def answer(self, request: web.Request) -> web.Response:
        self.received.append(await request.json())
        self.keys.append(request.headers.get("Authorization", ""))
        if self.gate is not None:
            await self.gate.wait()
        if self.body is not None:
            return web.Response(body=self.body, status=self.status)
        found = {"phrases": [{"phrase": phrase, "span": span} for phrase, span in self.phrases]}
        content = self.content if self.content is not None else json.dumps(found)
        return web.json_response({"choices": [{"message": {"content": content}}]}, status=self.status)


@asynccontextmanager
async def run_chat_model() -> AsyncIterator[FakeChatModel]:
    """Run a model on a free port during the block."""
    model = FakeChatModel()
    app = web.Application()
    app.router.add_post("/v1/chat/completions", model.answer)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    model.url = f"http://127.0.0.1:{runner.addresses[0][1]}/v1"
    try:
        yield model
    finally:
        if model.gate is not None:
            model.gate.set()
        await runner.cleanup()
