"""The call to the assistant, as the API's document says it."""

from __future__ import annotations

from typing import Literal

from ...core.web.openapi import ApiAccess, ApiOperation, ApiOperations, ApiResponse
from .schemas import ChatMessage


class Choice(ApiResponse):
    """Something to choose: send `value` as the next `text`."""

    label: str
    value: str


class Reply(ApiResponse):
    """One thing that the assistant says. `link`: a page to open."""

    text: str
    choices: list[Choice] | None = None
    link: str | None = None


class Answer(ApiResponse):
    """`session`: to be sent with the next message. `done`: what somebody came for is done.

    `language`: in which the assistant answers, which is the one that somebody writes in.
    """

    session: str
    replies: list[Reply]
    done: bool
    language: Literal["es", "en"]


OPERATIONS: ApiOperations = {
    "POST /chat": ApiOperation(
        "Talk to the assistant",
        ApiAccess.PUBLIC,
        {200: Answer},
        request_body=ChatMessage,
        error_codes={410: ("chat_over",), 429: ("chat_too_long",), 409: ("in_progress",)},
    ),
}
