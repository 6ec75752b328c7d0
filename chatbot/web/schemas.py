"""Models of the request body. Validation only."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, StringConstraints

MAX_MESSAGE_LENGTH = 500  # characters: a wish for an appointment fits into two lines

MessageText = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=MAX_MESSAGE_LENGTH)]
SessionToken = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=64)]


class ChatMessage(BaseModel):
    """`POST /chat`. `altcha`: a solved proof of work, which only the message that books needs."""

    text: MessageText
    session: SessionToken | None = None
    language: Literal["es", "en"] | None = None
    altcha: str | None = None
