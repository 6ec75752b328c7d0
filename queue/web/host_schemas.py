"""What hosts send, typed. Converted by named functions."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, Field, StringConstraints

from ...core.web.validation import EmptyIsNone
from ..domain.ticket import Priority
from .schemas import TicketMessage

SENTENCE = 300  # what is read on a phone's page in one look
Reason = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=SENTENCE)]
OptionalReason = Annotated[Reason | None, EmptyIsNone]


class PauseMessage(BaseModel):
    """`POST /staff/offices/{office}/pause` and `…/resume`: what every phone and screen says meanwhile."""

    message: OptionalReason = None


class StopMessage(BaseModel):
    """`POST /staff/lines/{id}/stop` and `…/open`."""

    reason: OptionalReason = None


class PriorityMessage(BaseModel):
    """`POST /staff/tickets/{id}/priority`."""

    priority: Priority = Field(alias="class")


class OrderMessage(BaseModel):
    """`POST /staff/tickets/{id}/order`: why this person goes first."""

    reason: Reason


class GiveMessage(TicketMessage):
    """`POST /staff/offices/{office}/tickets`: what anybody sends, and what only a host decides."""

    override: OptionalReason = None
    preferential: bool = False
