"""Tables of the queue.

A ticket's row is its present state; its segments and events are only inserted.
`desk_lines` and `lines` are tables of the offices. The row of a line is the lock of all its rows here.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import JSON, Date, ForeignKey, Index, Interval, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from ...core.db.engine import Base, IdType, UtcDateTime
from ..domain.ticket import ACTIVE_STATES, AT_DESK_STATES, FINISHED_STATES, TicketState

# The columns of a ticket with personal data, or with hashes of it.
PERSONAL_COLUMNS = (
    "name",
    "email",
    "phone",
    "sms_phone",
    "channels",
    "note",
    "device_hash",
    "device_key",
    "email_key",
    "phone_key",
    "request_digest",
    "request_key",
)


def _state_in(states: frozenset[TicketState]) -> Any:
    quoted = ", ".join(f"'{state}'" for state in sorted(states))
    return text(f"state IN ({quoted})")


def _unique_in_states(name: str, column: str, states: frozenset[TicketState]) -> Index:
    """Build a unique index: no two tickets in these states have the same value."""
    condition = _state_in(states)
    return Index(name, column, unique=True, sqlite_where=condition, postgresql_where=condition)


def _active_index(name: str, column: str) -> Index:
    """Build an index of active tickets only: the history of years is not needed for a call."""
    condition = _state_in(ACTIVE_STATES)
    return Index(name, column, sqlite_where=condition, postgresql_where=condition)


def _finished_index(name: str, *columns: str) -> Index:
    """Build an index of finished tickets only, for the last calls of an office."""
    condition = _state_in(FINISHED_STATES)
    return Index(name, *columns, sqlite_where=condition, postgresql_where=condition)


def _notify_index(name: str, column: str) -> Index:
    """Build an index of the few tickets with notifications."""
    return Index(name, column, sqlite_where=text("notify = 1"), postgresql_where=text("notify"))


def _personal_index(name: str, column: str) -> Index:
    """Build an index of the few tickets with personal data, for the nightly deletion."""
    condition = text(" OR ".join(f"{column} IS NOT NULL" for column in PERSONAL_COLUMNS))
    return Index(name, column, sqlite_where=condition, postgresql_where=condition)


def _unique_while_open(name: str, column: str) -> Index:
    """Build a unique index: no two open desk sessions have the same value."""
    condition = text("closed_at IS NULL")
    return Index(name, column, unique=True, sqlite_where=condition, postgresql_where=condition)


class TicketRow(Base):
    """A visit.

    The `*_key` columns are keyed hashes that prevent a second ticket of the same citizen on the same day.
    `issued_line_id`: the line of its number; a transfer changes `line_id` and keeps the code.
    `shown_*`: the forecast range shown at issue, for the statistics of forecasts.
    `told_*`: the values of the last push or SMS. `told_at`: the time to come of a delay notice.
    `channels`: those with notifications, each as `{"channel", "address"}`; `sms_phone` is the number of SMS, of
    older versions.
    `note`: of older versions; notes are rows of `visit_notes` (appointments) now.
    `more_services`: slugs of the services after `service`. `expected`: the duration of all of them.
    """

    __tablename__ = "tickets"
    __table_args__ = (
        UniqueConstraint("issued_line_id", "day", "number"),
        _unique_in_states("uq_tickets_active_appointment", "appointment_id", ACTIVE_STATES),
        _unique_in_states("uq_tickets_active_device", "device_key", ACTIVE_STATES),
        _unique_in_states("uq_tickets_active_email", "email_key", ACTIVE_STATES),
        _unique_in_states("uq_tickets_active_phone", "phone_key", ACTIVE_STATES),
        # a call needs no look-up of the desk's present ticket: this index refuses a second
        _unique_in_states("uq_tickets_at_desk", "desk_id", AT_DESK_STATES),
        _active_index("ix_tickets_active_office", "office_id"),
        Index("ix_tickets_line_id_state", "line_id", "state"),
        _notify_index("ix_tickets_notify", "state"),
        _finished_index("ix_tickets_finished_calls", "office_id", "called_at"),
        _personal_index("ix_tickets_personal", "since"),
        Index("ix_tickets_office_id_day", "office_id", "day"),
    )

    id: Mapped[str] = mapped_column(IdType, primary_key=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    office_id: Mapped[str] = mapped_column(ForeignKey("offices.id"))
    line_id: Mapped[str] = mapped_column(ForeignKey("lines.id"))
    issued_line_id: Mapped[str] = mapped_column(ForeignKey("lines.id"))
    service: Mapped[str] = mapped_column(String(64))
    day: Mapped[date] = mapped_column(Date)
    number: Mapped[int]
    code: Mapped[str] = mapped_column(String(12))
    kind: Mapped[str] = mapped_column(String(16))
    priority: Mapped[str] = mapped_column(String(16))
    preferential_requested: Mapped[bool]
    state: Mapped[str] = mapped_column(String(16))
    since: Mapped[datetime] = mapped_column(UtcDateTime)
    issued_at: Mapped[datetime] = mapped_column(UtcDateTime)
    arrived_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expected: Mapped[timedelta] = mapped_column(Interval)
    more_services: Mapped[list[str]] = mapped_column(JSON, default=list, server_default="[]")
    appointment_id: Mapped[str | None] = mapped_column(IdType)
    appointment_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    told_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    desk_id: Mapped[str | None] = mapped_column(ForeignKey("desks.id"))
    agent_id: Mapped[str | None] = mapped_column(String(64))
    called_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    recalls: Mapped[int]
    rejoins: Mapped[int]
    postpones: Mapped[int]
    not_before: Mapped[datetime | None] = mapped_column(UtcDateTime)
    returns_to: Mapped[str | None] = mapped_column(IdType)
    placed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    # the column keeps its former name: processes of 0.2.0 read and write it during an upgrade
    overtakings_left: Mapped[int] = mapped_column("passes_left", key="overtakings_left")
    reason: Mapped[str | None] = mapped_column(String(32))
    help: Mapped[bool]
    help_answered: Mapped[bool] = mapped_column(default=False, server_default="0")
    outcome: Mapped[str | None] = mapped_column(String(64))
    note: Mapped[str | None] = mapped_column(Text)
    language: Mapped[str] = mapped_column(String(8))
    name: Mapped[str | None] = mapped_column(String(120))
    email: Mapped[str | None] = mapped_column(String(254))
    phone: Mapped[str | None] = mapped_column(String(32))
    device_hash: Mapped[str | None] = mapped_column(String(64))
    device_key: Mapped[str | None] = mapped_column(String(64))
    email_key: Mapped[str | None] = mapped_column(String(64))
    phone_key: Mapped[str | None] = mapped_column(String(64))
    shown_earliest: Mapped[datetime | None] = mapped_column(UtcDateTime)
    shown_latest: Mapped[datetime | None] = mapped_column(UtcDateTime)
    notify: Mapped[bool]
    channels: Mapped[list[dict[str, str]] | None] = mapped_column(JSON(none_as_null=True))
    sms_phone: Mapped[str | None] = mapped_column(String(32))
    told_next: Mapped[bool] = mapped_column(default=False)
    told_earliest: Mapped[datetime | None] = mapped_column(UtcDateTime)
    told_latest: Mapped[datetime | None] = mapped_column(UtcDateTime)
    request_key: Mapped[str | None] = mapped_column(String(64), unique=True)
    request_digest: Mapped[str | None] = mapped_column(String(64))


class TicketAddressRow(Base):
    """The address that took an open ticket without appointment, for the limit of open tickets.

    `address` is a keyed hash. Rows of ended tickets do not count; they are deleted each night.
    """

    __tablename__ = "ticket_addresses"
    __table_args__ = (Index("ix_ticket_addresses_office_id_address", "office_id", "address"),)

    ticket_id: Mapped[str] = mapped_column(ForeignKey("tickets.id"), primary_key=True)
    office_id: Mapped[str] = mapped_column(ForeignKey("offices.id"))
    address: Mapped[str] = mapped_column(String(64))


class SegmentRow(Base):
    """A period in which a ticket kept its state, inserted at its end, for the statistics.

    `services`: the slugs of the ticket's services at that time, separated by spaces; None in rows that are older
    than the column.
    """

    __tablename__ = "ticket_segments"
    __table_args__ = (Index("ix_ticket_segments_ticket_id", "ticket_id"),)

    id: Mapped[str] = mapped_column(IdType, primary_key=True)
    ticket_id: Mapped[str] = mapped_column(ForeignKey("tickets.id"))
    line_id: Mapped[str] = mapped_column(ForeignKey("lines.id"))
    state: Mapped[str] = mapped_column(String(16))
    started_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime] = mapped_column(UtcDateTime)
    desk_id: Mapped[str | None] = mapped_column(IdType)
    agent_id: Mapped[str | None] = mapped_column(String(64))
    # five slugs at most (appointments/domain/agenda_settings.py)
    services: Mapped[str | None] = mapped_column(String(330))


class TicketEventRow(Base):
    """A change of a ticket, for audits: actor, reason, state before and after."""

    __tablename__ = "ticket_events"
    __table_args__ = (Index("ix_ticket_events_ticket_id", "ticket_id"), Index("ix_ticket_events_at", "at"))

    id: Mapped[str] = mapped_column(IdType, primary_key=True)
    ticket_id: Mapped[str] = mapped_column(ForeignKey("tickets.id"))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    action: Mapped[str] = mapped_column(String(32))
    actor: Mapped[str] = mapped_column(String(80))
    before: Mapped[str | None] = mapped_column(String(16))
    after: Mapped[str] = mapped_column(String(16))
    details: Mapped[dict[str, Any]] = mapped_column(JSON)


class OfficeEventRow(Base):
    """A staff decision about an office or line, such as a pause, for audits."""

    __tablename__ = "office_events"
    __table_args__ = (Index("ix_office_events_office_id_at", "office_id", "at"),)

    id: Mapped[str] = mapped_column(IdType, primary_key=True)
    office_id: Mapped[str] = mapped_column(ForeignKey("offices.id"))
    line_id: Mapped[str | None] = mapped_column(ForeignKey("lines.id"))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    action: Mapped[str] = mapped_column(String(32))
    actor: Mapped[str] = mapped_column(String(80))
    details: Mapped[dict[str, Any]] = mapped_column(JSON)


class LineDayRow(Base):
    """The counters of a line on a day, and the kinds of its last calls.

    The counters keep the ticket numbers without gaps.
    """

    __tablename__ = "line_days"

    line_id: Mapped[str] = mapped_column(ForeignKey("lines.id"), primary_key=True)
    day: Mapped[date] = mapped_column(Date, primary_key=True)
    issued: Mapped[int]
    walk_ins: Mapped[int]
    last_calls: Mapped[list[str]] = mapped_column(JSON)


class DeskSessionRow(Base):
    """The time of an agent at a desk. A desk has a single agent, an agent a single desk."""

    __tablename__ = "desk_sessions"
    __table_args__ = (
        _unique_while_open("uq_desk_sessions_open_desk", "desk_id"),
        _unique_while_open("uq_desk_sessions_open_agent", "agent_id"),
        Index("ix_desk_sessions_office_id", "office_id"),
    )

    id: Mapped[str] = mapped_column(IdType, primary_key=True)
    office_id: Mapped[str] = mapped_column(ForeignKey("offices.id"))
    desk_id: Mapped[str] = mapped_column(ForeignKey("desks.id"))
    agent_id: Mapped[str] = mapped_column(String(64))
    agent_name: Mapped[str] = mapped_column(String(120))
    opened_at: Mapped[datetime] = mapped_column(UtcDateTime)
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class DeskActivityRow(Base):
    """A call or a pause of an agent: work beside tickets. `ended_at` is None while it lasts.

    Rows belong to the agent, because a call may begin before the agent opens a desk. `kind`: a value of
    DeskActivity. `office_id`: the office of the desk, or of the call's appointment. `subject`: the id of that
    appointment, or "pause".
    """

    __tablename__ = "desk_activities"
    __table_args__ = (
        Index(
            "uq_desk_activities_open",
            "agent_id",
            "subject",
            unique=True,
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
        Index("ix_desk_activities_office_id_began_at", "office_id", "began_at"),
    )

    id: Mapped[str] = mapped_column(IdType, primary_key=True)
    office_id: Mapped[str] = mapped_column(ForeignKey("offices.id", ondelete="CASCADE"))
    agent_id: Mapped[str] = mapped_column(String(64))
    kind: Mapped[str] = mapped_column(String(16))
    subject: Mapped[str] = mapped_column(String(26))
    reason: Mapped[str | None] = mapped_column(String(40))
    began_at: Mapped[datetime] = mapped_column(UtcDateTime)
    until: Mapped[datetime] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class DisplayScreenRow(Base):
    """A waiting-room screen: when it was last connected, and how it showed the page.

    A named screen is opened by a signed link. All screens of an office without such a link share a single row,
    whose id is the office's and whose `name` is None; so the public page cannot add rows.
    """

    __tablename__ = "display_screens"
    __table_args__ = (UniqueConstraint("office_id", "name"),)

    id: Mapped[str] = mapped_column(IdType, primary_key=True)
    office_id: Mapped[str] = mapped_column(ForeignKey("offices.id", ondelete="CASCADE"))
    name: Mapped[str | None] = mapped_column(String(60))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    last_seen_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    user_agent: Mapped[str | None] = mapped_column(String(300))
    width: Mapped[int | None]
    height: Mapped[int | None]
