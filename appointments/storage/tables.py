"""Tables of appointments."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, Text, UniqueConstraint, false, text
from sqlalchemy.orm import Mapped, mapped_column

from ...core.db.engine import Base, IdType, UtcDateTime

IS_IDENTIFIED_SQL = "email_key <> ''"  # also the condition of the index of such appointments


def _identified_appointments_index(name: str, column: str) -> Index:
    """Build the index with which the nightly data retention finds old appointments."""
    condition = text(IS_IDENTIFIED_SQL)
    return Index(name, column, sqlite_where=condition, postgresql_where=condition)


class AppointmentRow(Base):
    """An appointment.

    `office_slug` and `service_slug` are the slugs of the day of the booking. `more_services`: the additional
    services in their order, each as `{"id", "slug", "minutes", "names"}` of that day.
    `service_id` is no foreign key, here and below: an office may remove a service, and its appointments
    remain.
    """

    __tablename__ = "appointments"
    __table_args__ = (
        Index("ix_appointments_agenda", "service_id", "mode", "starts_at"),
        Index("ix_appointments_day", "office_id", "starts_at"),
        # Finds the appointments to remind (tests/server/test_query_plans.py).
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
    email: Mapped[str] = mapped_column(String(254))  # empty for a citizen without e-mail
    email_key: Mapped[str] = mapped_column(String(64))  # the citizen, hashed: see contact_identifiers.py
    phone: Mapped[str | None] = mapped_column(String(20))
    document: Mapped[str | None] = mapped_column(String(40))
    language: Mapped[str] = mapped_column(String(8))
    needs: Mapped[list[str]] = mapped_column(JSON)
    more_services: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list, server_default="[]")
    calendar_uid: Mapped[str] = mapped_column(IdType)
    revision: Mapped[int] = mapped_column(default=0)
    rescheduled_to: Mapped[str | None] = mapped_column(ForeignKey("appointments.id"))
    # Hashed: the key is a secret.
    request_key: Mapped[str | None] = mapped_column(String(64), unique=True)
    request_digest: Mapped[str | None] = mapped_column(String(64))
    booked_by: Mapped[str] = mapped_column(String(80), default="citizen", server_default="citizen")
    override: Mapped[str | None] = mapped_column(String(300))  # why staff booked a slot closed to the public
    # Changes of time by the citizen.
    moves: Mapped[int] = mapped_column(default=0, server_default="0")
    cancel_reason: Mapped[str | None] = mapped_column(String(300))  # the reason that the office gave
    # From when a video call may begin.
    may_enter_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    needs_note: Mapped[str | None] = mapped_column(String(200))
    details: Mapped[dict[str, str]] = mapped_column(JSON, default=dict, server_default="{}")
    email_verified_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    kept_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    lapsed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    # Keyed hashes, deleted after the visit: the device that booked may see it, the address is counted.
    device: Mapped[str | None] = mapped_column(String(24))
    address: Mapped[str | None] = mapped_column(String(24))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    # the chosen channels, each as `{"channel", "address"}`; `remind_by_sms` is the same for SMS, of older versions
    channels: Mapped[list[dict[str, str]] | None] = mapped_column(JSON(none_as_null=True))
    remind_by_sms: Mapped[bool] = mapped_column(default=False, server_default=false())
    told_starts_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # the start announced last
    latest_told_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # the latest start ever announced
    # the office cancelled or moved it without a message, and staff have not told the citizen yet
    untold: Mapped[bool] = mapped_column(default=False, server_default=false())


class PhoneCallRow(Base):
    """An attempt of an agent to call the citizen of an appointment; no citizen's data.

    `expected_at`: when the citizen expected the call, as announced last. `ended_at` and `result` are null while
    the call lasts; results are those of `PhoneCallResult`. `agent_id`: the account or key that called.
    """

    __tablename__ = "phone_calls"
    __table_args__ = (
        Index("ix_phone_calls_appointment_id", "appointment_id"),
        Index("ix_phone_calls_day", "office_id", "called_at"),
    )

    id: Mapped[str] = mapped_column(IdType, primary_key=True)
    appointment_id: Mapped[str] = mapped_column(IdType)
    office_id: Mapped[str] = mapped_column(ForeignKey("offices.id"))
    service_id: Mapped[str] = mapped_column(IdType)
    agent_id: Mapped[str] = mapped_column(String(64))
    expected_at: Mapped[datetime] = mapped_column(UtcDateTime)
    called_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    result: Mapped[str | None] = mapped_column(String(16))


class VisitNoteRow(Base):
    """A note or reason that staff wrote about a visit, for colleagues only.

    `place`: the name of the desk. The `*_key` columns are keyed hashes of the citizen's contacts, by which the
    note is found at the next visit.
    """

    __tablename__ = "visit_notes"
    __table_args__ = (
        Index("ix_visit_notes_at", "at"),
        # A note is found by any of four columns: an OR needs an index for each.
        Index("ix_visit_notes_ticket_id", "ticket_id"),
        Index("ix_visit_notes_appointment_id", "appointment_id"),
        Index("ix_visit_notes_email_key", "email_key"),
        Index("ix_visit_notes_phone_key", "phone_key"),
    )

    id: Mapped[str] = mapped_column(IdType, primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    office_id: Mapped[str] = mapped_column(ForeignKey("offices.id"))
    ticket_id: Mapped[str | None] = mapped_column(IdType)
    appointment_id: Mapped[str | None] = mapped_column(IdType)
    kind: Mapped[str] = mapped_column(String(16))
    author_id: Mapped[str | None] = mapped_column(String(64))
    author_name: Mapped[str] = mapped_column(String(120))
    place: Mapped[str] = mapped_column(String(80))
    outcome: Mapped[str | None] = mapped_column(String(64))
    text: Mapped[str] = mapped_column(Text)
    email_key: Mapped[str | None] = mapped_column(String(64))
    phone_key: Mapped[str | None] = mapped_column(String(64))


class HoldRow(Base):
    """A slot that is held without an appointment; from `expires_at` on the row has no effect.

    `purpose`: `booking` (a form is being filled in), `offer` (the slot is offered to a person), `rest` (the
    cool-down of a freed slot). `holder`: hashed; a holder has at most one hold for a booking.
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
    address: Mapped[str | None] = mapped_column(String(24))  # keyed hash, only for the booking limits
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class ClosedPeriodRow(Base):
    """An interval in which an office gives no slots.

    `service_id`, `mode`: null for any. No foreign key: the period of a removed service closes nothing.
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
    """The row that a transaction locks before it gives a slot of the office.

    The whole office shares the row, because its services share desks.
    """

    __tablename__ = "agendas"

    office_id: Mapped[str] = mapped_column(ForeignKey("offices.id"), primary_key=True)
    bookings: Mapped[int] = mapped_column(default=0)


class EarlierSlotRequestRow(Base):
    """A citizen's request for an earlier slot; `asked_at` is the position in the list.

    `not_before`: a local date of the office. `part`: any, morning or afternoon.
    """

    __tablename__ = "earlier_wishes"

    appointment_id: Mapped[str] = mapped_column(ForeignKey("appointments.id"), primary_key=True)
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    not_before: Mapped[date | None]
    part: Mapped[str] = mapped_column(String(16))


class WaitlistEntryRow(Base):
    """A mailbox that waits for a slot of a service; `office_id` and `mode` are null for any.

    `more_services`: slugs of the additional services. `state`: unverified, waiting, booked, stopped, expired.
    `asked_at` is the position in the list. `address`: keyed hash of the address that joined; null once the
    entry has ended, when `email` is empty too.
    """

    __tablename__ = "waiting_list"
    __table_args__ = (
        # A mailbox waits once for a service, also when two requests arrive together.
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
    verified_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class OfferRow(Base):
    """A slot that is offered to a person; `place` is the id of the hold that keeps it.

    `open_for`: the person while the offer is open, then null: a person has no second open offer.
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
    """A mailbox whose owner opened a link that was sent to it."""

    __tablename__ = "mailboxes"

    email_key: Mapped[str] = mapped_column(String(64), primary_key=True)
    verified_at: Mapped[datetime] = mapped_column(UtcDateTime)


class MailboxVerificationRow(Base):
    """A verification link that was sent to a mailbox before there is an appointment."""

    __tablename__ = "mailbox_checks"
    __table_args__ = (Index("ix_mailbox_checks_email_key", "email_key"),)

    id: Mapped[str] = mapped_column(IdType, primary_key=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    email_key: Mapped[str] = mapped_column(String(64))
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime)


class SpentProofRow(Base):
    """A proof of work that was used, kept until it would expire."""

    __tablename__ = "spent_proofs"
    __table_args__ = (Index("ix_spent_proofs_expires_at", "expires_at"),)

    signature: Mapped[str] = mapped_column(String(64), primary_key=True)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
