"""OpenAPI description of the assistant's call."""

from __future__ import annotations

from ...core.web.openapi import ApiAccess, ApiOperation, ApiOperations, ApiResponse
from ...core.web.validation import LanguageCode
from .schemas import ChatMessage


class Choice(ApiResponse):
    """A choice: send `value` as the next `text`."""

    label: str
    value: str


class EmergencyLink(ApiResponse):
    """A telephone number to call: `url` begins with `tel:`."""

    label: str
    url: str


class Reply(ApiResponse):
    """One reply of the assistant.

    `link`: a page to open. `links`: numbers of a person to call, or of emergencies, when the message told danger;
    such a message is not stored.
    """

    text: str
    choices: list[Choice] | None = None
    link: str | None = None
    links: list[EmergencyLink] | None = None


class Answer(ApiResponse):
    """The answer to a message.

    `session`: to be sent with the next message. `done`: the task is finished.

    `language`: the language of the replies, which is the language of the citizen's message.
    """

    session: str
    replies: list[Reply]
    done: bool
    language: LanguageCode


OPERATIONS: ApiOperations = {
    "POST /chat": ApiOperation(
        "Talk to the assistant",
        ApiAccess.PUBLIC,
        {200: Answer},
        request_body=ChatMessage,
        error_codes={410: ("chat_over",), 429: ("chat_too_long",), 409: ("in_progress",)},
    ),
}
