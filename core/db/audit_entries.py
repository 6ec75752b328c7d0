"""Audit of changes that staff make to settings, accounts and records.

Rows are only inserted. Tickets and rooms have event tables of their own; management/queries/ joins them.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Index, String, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from ..auth import Principal
from ..ids import new_id
from .engine import Base, IdType, UtcDateTime
from .event_window import EventWindow

MAX_LABEL_CHARACTERS = 160
STAFF_PREFIX = "staff:"  # of actors in the tables of events


class AuditEntryRow(Base):
    """A change: who, when, what, with the changed values before and after.

    `office` is a slug, None for what belongs to the whole installation. `before` and `after` hold only the values
    that changed, by dotted path, never secrets.
    """

    __tablename__ = "audit_entries"
    __table_args__ = (
        Index("ix_audit_entries_at", "at"),
        Index("ix_audit_entries_office_at", "office", "at"),
        Index("ix_audit_entries_subject_id", "subject_id"),
    )

    id: Mapped[str] = mapped_column(IdType, primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    actor_id: Mapped[str | None] = mapped_column(String(64))
    actor_name: Mapped[str] = mapped_column(String(120))
    action: Mapped[str] = mapped_column(String(40))
    subject_type: Mapped[str] = mapped_column(String(20))
    subject_id: Mapped[str] = mapped_column(String(64))
    subject_label: Mapped[str] = mapped_column(String(160))
    office: Mapped[str | None] = mapped_column(String(64))
    before: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    after: Mapped[dict[str, Any] | None] = mapped_column(JSON)


async def latest_audit_entry(session: AsyncSession, subject_type: str, subject_id: str) -> AuditEntryRow | None:
    """Load the last change of a subject; None if it never changed."""
    statement = (
        select(AuditEntryRow)
        .where(AuditEntryRow.subject_id == subject_id, AuditEntryRow.subject_type == subject_type)
        .order_by(AuditEntryRow.at.desc(), AuditEntryRow.id.desc())
        .limit(1)
    )
    return (await session.execute(statement)).scalar_one_or_none()


async def audit_entries_about(
    session: AsyncSession, subject_type: str, subject_ids: Collection[str]
) -> list[AuditEntryRow]:
    """Load all changes of some subjects, oldest first."""
    row = AuditEntryRow
    statement = (
        select(row)
        .where(row.subject_id.in_(subject_ids), row.subject_type == subject_type)
        .order_by(row.at, row.id)
    )
    return list(await session.scalars(statement))


@dataclass(frozen=True, slots=True)
class AuditActor:
    """The person or program that makes a change. `id` is None for the command line and timers."""

    id: str | None
    name: str

    @classmethod
    def from_principal(cls, principal: Principal) -> AuditActor:
        return cls(principal.id, principal.name)


COMMAND_LINE = AuditActor(None, "office360")
TIMER_ACTOR = AuditActor(None, "")  # a time limit passed; the audit shows it as automatic


def add_audit_entry(
    session: AsyncSession,
    now: datetime,
    actor: AuditActor,
    action: str,
    subject: tuple[str, str, str],
    *,
    office: str | None = None,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
) -> str:
    """Insert an entry in this transaction, and return its id.

    `action`: `SUBJECT.VERB`, such as `service.changed`. `subject`: type, id and the label that people read.
    """
    subject_type, subject_id, label = subject
    entry_id = new_id()
    session.add(
        AuditEntryRow(
            id=entry_id,
            at=now,
            actor_id=actor.id,
            actor_name=actor.name,
            action=action,
            subject_type=subject_type,
            subject_id=subject_id,
            subject_label=label[:MAX_LABEL_CHARACTERS],
            office=office,
            before=dict(before) if before is not None else None,
            after=dict(after) if after is not None else None,
        )
    )
    return entry_id


async def audit_entry_by_id(session: AsyncSession, entry_id: str) -> AuditEntryRow | None:
    """Load an entry; None if there is none."""
    return await session.get(AuditEntryRow, entry_id)


async def audit_entries_in_window(
    session: AsyncSession,
    window: EventWindow,
    *,
    offices: Collection[str] | None,
    with_installation: bool,
    subject_types: Collection[str] | None = None,
    excluded_types: Collection[str] = (),
) -> list[AuditEntryRow]:
    """Return the entries of a window, newest first.

    `offices`: slugs, None for all. `with_installation`: also entries that belong to no office.
    """
    row = AuditEntryRow
    found = select(row)
    if offices is not None:
        own = row.office.in_(offices)
        found = found.where(or_(own, row.office.is_(None)) if with_installation else own)
    elif not with_installation:
        found = found.where(row.office.is_not(None))
    if window.actors is not None:
        found = found.where(row.actor_id.in_([actor.removeprefix(STAFF_PREFIX) for actor in window.actors]))
    if window.subject_id is not None:
        found = found.where(row.subject_id == window.subject_id)
    if subject_types is not None:
        found = found.where(row.subject_type.in_(subject_types))
    if excluded_types:
        found = found.where(row.subject_type.not_in(excluded_types))
    return list(await session.scalars(window.select_page(found, row.at, row.id)))
