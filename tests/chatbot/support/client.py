"""A citizen who talks to the assistant over the HTTP API."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from ...conftest import AppServer

CHAT_PATH = "/api/v1/chat"


@dataclass
class ChatClient:
    """A conversation. `answer`: the JSON of the last answer."""

    client: aiohttp.ClientSession
    session: str | None = None
    answer: dict[str, Any] = field(default_factory=dict)

    async def say(self, text: str, **more: Any) -> str:
        """Send a message and return the text of all replies."""
        status, answer = await self.post({"text": text, "session": self.session, **more})
        assert status == 200, answer
        self.session, self.answer = answer["session"], answer
        return self.text

    async def press(self, label: str, **more: Any) -> str:
        """Press the first choice whose label begins with a text."""
        values = [choice["value"] for choice in self.choices if choice["label"].startswith(label)]
        assert values, (label, self.choices)
        return await self.say(values[0], **more)

    async def post(self, body: dict[str, Any], **headers: str) -> tuple[int, Any]:
        sent = {name: value for name, value in body.items() if value is not None}
        async with self.client.post(CHAT_PATH, json=sent, headers=headers) as answer:
            return answer.status, await answer.json(content_type=None)

    @property
    def text(self) -> str:
        return "\n".join(reply["text"] for reply in self.answer["replies"])

    @property
    def choices(self) -> list[dict[str, str]]:
        return [choice for reply in self.answer["replies"] for choice in reply.get("choices", [])]

    @property
    def link(self) -> str:
        return str(self.answer["replies"][-1].get("link", ""))


@asynccontextmanager
async def open_chat_client(server: AppServer, language: str = "es") -> AsyncIterator[ChatClient]:
    async with server.client(headers={"Accept-Language": language}) as client:
        yield ChatClient(client)
