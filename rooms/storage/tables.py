"""Tables of the video rooms: participants, presence with an expiry, and the audit.

Descriptions, candidates and chat messages are relayed and never stored.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, Text, UniqueConstraint, false
from sqlalchemy.orm import Mapped, mapped_column

from ...core.db.engine import Base, IdType, UtcDateTime


class RoomRow(Base):
    """Room of a video appointment, created by the first hello."""

    __tablename__ = "rooms"
    __table_args__ = (Index("ix_rooms_office_id_ended_at", "office_id", "ended_at"),)

    appointment_id: Mapped[str] = mapped_column(IdType, primary_key=True)
    office_id: Mapped[str] = mapped_column(IdType)
    office_slug: Mapped[str] = mapped_column(String(64))
    version: Mapped[int] = mapped_column(default=0)
    opened_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    end_reason: Mapped[str | None] = mapped_column(String(32))
    outcome: Mapped[str | None] = mapped_column(String(40))
    signs: Mapped[bool] = mapped_column(default=False, server_default=false())  # in sign language
    by_phone_since: Mapped[datetime | None] = mapped_column(UtcDateTime)  # goes on by telephone
    called_back_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # last message to the absent citizen
    called_back_by: Mapped[list[str] | None] = mapped_column(JSON)  # its channels
    kept_until: Mapped[datetime | None] = mapped_column(UtcDateTime)  # open until then for people who wait
    evacuated_from: Mapped[str | None] = mapped_column(IdType)  # the office that the agent has to leave


class ParticipantRow(Base):
    """Participant of a room. A second tab of the same person uses the same row."""

    __tablename__ = "room_participants"
    __table_args__ = (UniqueConstraint("appointment_id", "person"),)

    id: Mapped[str] = mapped_column(IdType, primary_key=True)
    appointment_id: Mapped[str] = mapped_column(ForeignKey("rooms.appointment_id", ondelete="CASCADE"))
    person: Mapped[str] = mapped_column(String(64))  # `citizen`, `staff:ID` or `guest:ID` of an invitation
    role: Mapped[str] = mapped_column(String(16))
    name: Mapped[str] = mapped_column(String(120))
    place: Mapped[str] = mapped_column(String(16))  # a ParticipantState, since `since`
    since: Mapped[datetime] = mapped_column(UtcDateTime)
    first_joined_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    admitted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    media: Mapped[dict[str, Any]] = mapped_column(JSON)
    agent_state: Mapped[str | None] = mapped_column(String(16))
    message: Mapped[str | None] = mapped_column(Text)
    test_code: Mapped[str | None] = mapped_column(String(16))
    test: Mapped[dict[str, Any] | None] = mapped_column(JSON)  # a LobbyTest, which staff see
    held_since: Mapped[datetime | None] = mapped_column(UtcDateTime)


class RoomInviteRow(Base):
    """Invitation of a guest by a link, which works on the first device that enters with it.

    `device_hash` is None until then, and empty for a program without a device cookie.
    """

    __tablename__ = "room_invites"
    __table_args__ = (
        Index("ix_room_invites_appointment_id", "appointment_id"),
        Index("ix_room_invites_created_at", "created_at"),
    )

    id: Mapped[str] = mapped_column(IdType, primary_key=True)
    appointment_id: Mapped[str] = mapped_column(IdType)
    role: Mapped[str] = mapped_column(String(16))
    name: Mapped[str] = mapped_column(String(120))
    channel: Mapped[str] = mapped_column(String(8))  # email, sms or link
    contact: Mapped[str | None] = mapped_column(String(254))
    language: Mapped[str] = mapped_column(String(8))
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    created_by: Mapped[str] = mapped_column(String(120))  # name of the member of staff
    sent_at: Mapped[datetime] = mapped_column(UtcDateTime)
    opened_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    device_hash: Mapped[str | None] = mapped_column(String(64))
    participant_id: Mapped[str | None] = mapped_column(IdType)
    withdrawn_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class RoomTransferRow(Base):
    """Handing-over of a room to another member of staff: asked, answered, finished."""

    __tablename__ = "room_transfers"
    __table_args__ = (
        Index("ix_room_transfers_appointment_id", "appointment_id"),
        Index("ix_room_transfers_office_id", "office_id", "created_at"),
    )

    id: Mapped[str] = mapped_column(IdType, primary_key=True)
    appointment_id: Mapped[str] = mapped_column(IdType)
    office_id: Mapped[str] = mapped_column(IdType)
    kind: Mapped[str] = mapped_column(String(8))  # warm or cold
    from_id: Mapped[str] = mapped_column(String(64))
    from_name: Mapped[str] = mapped_column(String(120))
    to_id: Mapped[str] = mapped_column(String(64))
    to_name: Mapped[str] = mapped_column(String(120))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    state: Mapped[str] = mapped_column(String(16))
    state_since: Mapped[datetime] = mapped_column(UtcDateTime)


class PresenceRow(Base):
    """Only live session of a participant. Expires without a refresh of `seen_at`."""

    __tablename__ = "room_presences"

    participant_id: Mapped[str] = mapped_column(
        ForeignKey("room_participants.id", ondelete="CASCADE"), primary_key=True
    )
    session_hash: Mapped[str] = mapped_column(String(64), unique=True)
    connected: Mapped[bool]
    seen_at: Mapped[datetime] = mapped_column(UtcDateTime)


class RoomEventRow(Base):
    """Audit event of a room: kind, participant and time, never the content of a message."""

    __tablename__ = "room_events"
    __table_args__ = (
        Index("ix_room_events_appointment_id_at", "appointment_id", "at"),
        Index("ix_room_events_at", "at"),
    )

    id: Mapped[str] = mapped_column(IdType, primary_key=True)
    appointment_id: Mapped[str] = mapped_column(ForeignKey("rooms.appointment_id", ondelete="CASCADE"))
    participant_id: Mapped[str | None] = mapped_column(IdType)
    kind: Mapped[str] = mapped_column(String(32))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    details: Mapped[dict[str, Any]] = mapped_column(JSON)
