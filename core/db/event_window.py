"""Pages over tables of events, newest first, by the key (time, id). No rules."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, or_
from sqlalchemy.orm import InstrumentedAttribute


@dataclass(frozen=True, slots=True)
class EventWindow:
    """The requested part of the events.

    From `since`, included, to `until`, excluded. `before`: time and id of the last event of the page before.
    `actors`: as stored with events, such as `staff:ID`; None for all. `subject_id`: a ticket, appointment or
    other subject; None for all.
    """

    since: datetime | None
    until: datetime | None
    limit: int
    before: tuple[datetime, str] | None = None
    actors: Collection[str] | None = None
    subject_id: str | None = None

    def select_page(
        self, statement: Select[Any], at: InstrumentedAttribute[datetime], id: InstrumentedAttribute[str]
    ) -> Select[Any]:
        """Limit a statement to this window, and order it."""
        conditions: list[ColumnElement[bool]] = []
        if self.since is not None:
            conditions.append(at >= self.since)
        if self.until is not None:
            conditions.append(at < self.until)
        if self.before is not None:
            last_at, last_id = self.before
            conditions += [at <= last_at, or_(at < last_at, and_(at == last_at, id < last_id))]
        return statement.where(*conditions).order_by(at.desc(), id.desc()).limit(self.limit)
