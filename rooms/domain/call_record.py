"""A video call as its room recorded it. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class CallRecord:
    """The times and the end of a call.

    `joined_at`, `admitted_at`: of the citizen, each the first time. `began_at`: the first admission of a guest, be
    it the citizen or an interpreter, or the telephone. `end_reason`: as of `RoomEnd`. `by_phone_at`: since when it
    goes on by telephone.
    """

    joined_at: datetime | None
    admitted_at: datetime | None
    began_at: datetime | None
    ended_at: datetime | None
    end_reason: str | None
    outcome: str | None
    by_phone_at: datetime | None = None
