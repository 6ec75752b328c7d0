"""Models of the request body. Validation only."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, BaseModel, Field, StringConstraints
from pydantic_core import PydanticKnownError

from ...core.i18n.languages import LANGUAGES
from ...core.web.validation import LanguageCode
from ..language.danger import find_danger

MAX_MESSAGE_LENGTH = 500  # characters: a wish for an appointment fits into two lines


def _check_length(text: str) -> str:
    """Refuse a long message, unless it tells danger: then it is answered whatever its length."""
    if len(text) > MAX_MESSAGE_LENGTH and find_danger(text, LANGUAGES[0]) is None:
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
