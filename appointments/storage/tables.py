"""Tables of appointments."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, UniqueConstraint, false, text
from sqlalchemy.orm import Mapped, mapped_column

from ...core.db.engine import Base, IdType, UtcDateTime

IS_IDENTIFIED_SQL = "email_key <> ''"  # in the words of the index of such appointments


def _identified_appointments_index(name: str, column: str) -> Index:
    """The appointments that tell whose they are, by when they end: each night finds the old ones."""
    condition = text(IS_IDENTIFIED_SQL)
    return Index(name, column, sqlite_where=condition, postgresql_where=condition)


class AppointmentRow(Base):
    """One visit that somebody asked for. The slugs are those it was booked under: they stand in its papers.

    `more_services`: what else is done in the same visit, after its service and in this order, each as
    `{"id", "slug", "minutes", "names"}`. Minutes and names are those of the day of the booking: what was given
    stays as it is. `service_id` is no foreign key, here and below: an office may take a service out, and what was
    booked of it is still told.
    """

    __tablename__ = "appointments"
    __table_args__ = (
        Index("ix_appointments_agenda", "service_id", "mode", "starts_at"),
        Index("ix_appointments_day", "office_id", "starts_at"),
        Index("ix_appointments_state", "state", "starts_at"),
        Index("ix_appointments_person", "service_id", "email_key"),
        Index("ix_appointments_mailbox", "email_key"),
        Index("ix_appointments_address", "address"),
        _identified_appointments_index("ix_appointments_told", "ends_at"),
    )

    id: Mapped[str] = mapped_column(IdType, primary_key=True)
    locator: Mapped[str] = mapped_column(String(8), unique=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    state: Mapped[str] = mapped_column(String(24))
    office_id: Mapped[str] = mapped_column(ForeignKey("offices.id"))
    office_slug: Mapped[str] = mapped_column(String(64))
    service_id: Mapped[str] = mapped_column(IdType)
    service_slug: Mapped[str] = mapped_column(String(64))
    service_names: Mapped[dict[str, str]] = mapped_column(JSON, default=dict, server_default="{}")
    mode: Mapped[str] = mapped_column(String(16))
    starts_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ends_at: Mapped[datetime] = mapped_column(UtcDateTime)
    name: Mapped[str] = mapped_column(String(120))
    email: Mapped[str] = mapped_column(String(254))
    email_key: Mapped[str] = mapped_column(String(64))  # folded and hashed: one mailbox is one person
    phone: Mapped[str | None] = mapped_column(String(20))
    document: Mapped[str | None] = mapped_column(String(40))
    language: Mapped[str] = mapped_column(String(8))
    needs: Mapped[list[str]] = mapped_column(JSON)
    more_services: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list, server_default="[]")
    calendar_uid: Mapped[str] = mapped_column(IdType)
    revision: Mapped[int] = mapped_column(default=0)
    rescheduled_to: Mapped[str | None] = mapped_column(ForeignKey("appointments.id"))
    request_key: Mapped[str | None] = mapped_column(
        String(64), unique=True
    )  # hashed: a key is the caller's secret
    request_digest: Mapped[str | None] = mapped_column(String(64))
    booked_by: Mapped[str] = mapped_column(String(80), default="citizen", server_default="citizen")
    override: Mapped[str | None] = mapped_column(
        String(300)
    )  # why staff gave a place that the public could not have
    moves: Mapped[int] = mapped_column(default=0, server_default="0")  # how often its owner chose another time
    cancel_reason: Mapped[str | None] = mapped_column(String(300))  # what the office said when it cancelled
    may_enter_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # a video call that may begin earlier
    needs_note: Mapped[str | None] = mapped_column(String(200))
    kept_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    lapsed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    # Keyed hashes, forgotten when the visit is over: the device that booked may see it, the address is counted.
    device: Mapped[str | None] = mapped_column(String(24))
    address: Mapped[str | None] = mapped_column(String(24))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    remind_by_sms: Mapped[bool] = mapped_column(default=False, server_default=false())
    told_starts_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # when to come, as was told last
    latest_told_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # the latest time that was ever told


class HoldRow(Base):
    """A place that is kept for a while without being anybody's yet. Once `expires_at` has passed it is as if gone.

    `purpose`: `booking` (somebody fills in the form), `offer` (somebody was told that it is free), `rest` (given
    back a moment ago). `holder`: hashed, who may have one for a booking at a time.
    """

    __tablename__ = "holds"
    __table_args__ = (
        Index("ix_holds_agenda", "office_id", "starts_at"),
        Index("ix_holds_holder", "holder"),
        Index("ix_holds_expires_at", "expires_at"),
        Index("ix_holds_address", "address"),
    )

    id: Mapped[str] = mapped_column(IdType, primary_key=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    purpose: Mapped[str] = mapped_column(String(16))
    office_id: Mapped[str] = mapped_column(ForeignKey("offices.id"))
    service_id: Mapped[str] = mapped_column(IdType)
    mode: Mapped[str] = mapped_column(String(16))
    starts_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ends_at: Mapped[datetime] = mapped_column(UtcDateTime)
    more_services: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list, server_default="[]")
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    holder: Mapped[str] = mapped_column(String(64))
    address: Mapped[str | None] = mapped_column(String(24))  # a keyed hash, to be counted and nothing else
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class ClosedPeriodRow(Base):
    """A span of time that an office took back: what was in it is cancelled, and nothing new is given there.

    `service_id`, `mode`: null for all. No foreign key: a span of a service that is no longer given closes nothing.
    """

    __tablename__ = "closed_spans"
    __table_args__ = (Index("ix_closed_spans_agenda", "office_id", "ends_at"),)

    id: Mapped[str] = mapped_column(IdType, primary_key=True)
    office_id: Mapped[str] = mapped_column(ForeignKey("offices.id"))
    starts_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ends_at: Mapped[datetime] = mapped_column(UtcDateTime)
    service_id: Mapped[str | None] = mapped_column(IdType)
    mode: Mapped[str | None] = mapped_column(String(16))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class AgendaRow(Base):
    """The row that whoever gives a place of an office holds: two people never count the same free place.

    One for the whole office, because the places of all its services stand at the same desks.
    """

    __tablename__ = "agendas"

    office_id: Mapped[str] = mapped_column(ForeignKey("offices.id"), primary_key=True)
    bookings: Mapped[int] = mapped_column(default=0)


class EarlierSlotRequestRow(Base):
    """Somebody wants an earlier time than the one they have: `asked_at` is their place in the list.

    `not_before`: a local date of the office. `part`: any, morning or afternoon.
    """

    __tablename__ = "earlier_wishes"

    appointment_id: Mapped[str] = mapped_column(ForeignKey("appointments.id"), primary_key=True)
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    not_before: Mapped[date | None]
    part: Mapped[str] = mapped_column(String(16))


class WaitlistEntryRow(Base):
    """A mailbox that waits for a place of a service, in one office or any, in one mode or any; `more_services` are
    the slugs of what else is to be done in the same visit.

    `state`: unverified, waiting, booked, stopped, expired. `asked_at` is their place in the list.
    `address`: a keyed hash of whence it was asked for; null once it has ended, as `email` is empty then.
    """

    __tablename__ = "waiting_list"
    __table_args__ = (
        UniqueConstraint("email_key", "service_slug"),
        Index("ix_waiting_list_service", "service_slug", "state"),
        Index("ix_waiting_list_expires_at", "expires_at"),
        Index("ix_waiting_list_address", "address"),
    )

    id: Mapped[str] = mapped_column(IdType, primary_key=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    state: Mapped[str] = mapped_column(String(16))
    service_slug: Mapped[str] = mapped_column(String(64))
    more_services: Mapped[list[str]] = mapped_column(JSON, default=list, server_default="[]")
    office_id: Mapped[str | None] = mapped_column(ForeignKey("offices.id"))
    mode: Mapped[str | None] = mapped_column(String(16))
    email: Mapped[str] = mapped_column(String(254))
    email_key: Mapped[str] = mapped_column(String(64))
    language: Mapped[str] = mapped_column(String(8))
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    address: Mapped[str | None] = mapped_column(String(24))


class OfferRow(Base):
    """One place offered to one person. `place` is the id of the hold that keeps it, the same from one to the next.

    `open_for`: the person while the offer is open, then nothing: nobody is offered two places at once.
    """

    __tablename__ = "offers"
    __table_args__ = (
        Index("ix_offers_place", "place"),
        Index("ix_offers_taker", "taker_id", "state"),
    )

    id: Mapped[str] = mapped_column(IdType, primary_key=True)
    place: Mapped[str] = mapped_column(IdType)
    taker: Mapped[str] = mapped_column(String(16))
    taker_id: Mapped[str] = mapped_column(IdType)
    open_for: Mapped[str | None] = mapped_column(String(80), unique=True)
    office_id: Mapped[str] = mapped_column(ForeignKey("offices.id"))
    service_id: Mapped[str] = mapped_column(IdType)
    mode: Mapped[str] = mapped_column(String(16))
    starts_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ends_at: Mapped[datetime] = mapped_column(UtcDateTime)
    state: Mapped[str] = mapped_column(String(16))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)


class VerifiedMailboxRow(Base):
    """A mailbox whose owner has opened a link that was sent there."""

    __tablename__ = "mailboxes"

    email_key: Mapped[str] = mapped_column(String(64), primary_key=True)
    verified_at: Mapped[datetime] = mapped_column(UtcDateTime)


class MailboxVerificationRow(Base):
    """A link that was sent to a mailbox before there is an appointment: many book from the same address."""

    __tablename__ = "mailbox_checks"
    __table_args__ = (Index("ix_mailbox_checks_email_key", "email_key"),)

    id: Mapped[str] = mapped_column(IdType, primary_key=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    email_key: Mapped[str] = mapped_column(String(64))
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime)


class SpentProofRow(Base):
    """A proof of work that has been used, remembered until it would run out by itself."""

    __tablename__ = "spent_proofs"
    __table_args__ = (Index("ix_spent_proofs_expires_at", "expires_at"),)

    signature: Mapped[str] = mapped_column(String(64), primary_key=True)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
