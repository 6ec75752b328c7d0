"""What hosts send, typed. Converted by named functions."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, Field, StringConstraints

from ...core.web.validation import EmptyIsNone
from ..domain.ticket import TicketPriority
from .schemas import TicketMessage

MAX_REASON_CHARS = 300  # what is read on a phone's page in one look
ReasonText = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=MAX_REASON_CHARS)]
OptionalReasonText = Annotated[ReasonText | None, EmptyIsNone]


class PauseMessage(BaseModel):
    """`POST /staff/offices/{office}/pause` and `…/resume`: what every phone and screen says meanwhile."""

    message: OptionalReasonText = None


class StopMessage(BaseModel):
    """`POST /staff/lines/{id}/stop` and `…/open`."""

    reason: OptionalReasonText = None


class PriorityMessage(BaseModel):
    """`POST /staff/tickets/{id}/priority`."""

    priority: TicketPriority = Field(alias="class")


class OrderMessage(BaseModel):
    """`POST /staff/tickets/{id}/order`: why this person goes first."""

    reason: ReasonText


class GiveMessage(TicketMessage):
    """`POST /staff/offices/{office}/tickets`: what anybody sends, and what only a host decides."""

    override: OptionalReasonText = None
    preferential: bool = False
