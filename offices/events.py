"""Events of an office that other features handle, in the transaction that emits them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class PastRecordChanged:
    """A visit, an appointment or a call of an earlier day was corrected.

    `at`: a moment of its day: the issue of the ticket, or the start of the appointment.
    """

    office_id: str
    at: datetime
