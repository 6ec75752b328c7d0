"""Models of the assistant's message and answer. Validation and serialisation only."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, BaseModel, Field, StringConstraints
from pydantic_core import PydanticKnownError

from ...core.i18n.languages import LANGUAGES
from ...core.web.api_route import ApiResponse
from ...core.web.validation import LanguageCode

MAX_MESSAGE_LENGTH = 500  # characters: a wish for an appointment fits into two lines


def _check_length(text: str) -> str:
    """Refuse a long message, unless it tells danger: then it is answered whatever its length."""
    if len(text) <= MAX_MESSAGE_LENGTH:
        return text
    from ..language.danger import find_danger  # imported late: the grammars are the largest part of the product

    if find_danger(text, LANGUAGES[0]) is None:
        raise PydanticKnownError("string_too_long", {"max_length": MAX_MESSAGE_LENGTH})
    return text


MessageText = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1),
    AfterValidator(_check_length),
    Field(json_schema_extra={"maxLength": MAX_MESSAGE_LENGTH}),
]
SessionToken = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=64)]


class ChatMessage(BaseModel, defer_build=True):
    """`POST /chat`. `altcha`: a solved proof of work, which only the message that books needs."""

    text: MessageText
    session: SessionToken | None = None
    language: LanguageCode | None = None
    altcha: str | None = None


class Choice(ApiResponse):
    """A choice: send `value` as the next `text`."""

    label: str
    value: str


class EmergencyLink(ApiResponse):
    """A telephone number to call: `url` begins with `tel:`."""

    label: str
    url: str


class Reply(ApiResponse):
    """A reply of the assistant.

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
