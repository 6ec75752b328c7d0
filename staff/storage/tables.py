"""Tables of users, their offices, sessions, groups and links, and of API keys."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, Text, false, text
from sqlalchemy.orm import Mapped, mapped_column

from ...core.db.engine import Base, IdType, UtcDateTime


class UserRow(Base):
    """An account.

    `all_offices` is explicit: removing the last office must not grant all offices. An invited account has no
    password until its link is used, and an account of the identity provider never has a password.
    `external_id`: issuer and subject of the provider's account. `external_groups`: its groups at the last check.
    """

    __tablename__ = "users"

    id: Mapped[str] = mapped_column(IdType, primary_key=True)
    username: Mapped[str] = mapped_column(String(64), unique=True)
    name: Mapped[str] = mapped_column(String(120))
    email: Mapped[str | None] = mapped_column(String(254))
    password_hash: Mapped[str | None] = mapped_column(String(200))
    role: Mapped[str] = mapped_column(String(16))
    all_offices: Mapped[bool]
    active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    external_id: Mapped[str | None] = mapped_column(String(512), unique=True)
    external_groups: Mapped[list[str] | None] = mapped_column(JSON(none_as_null=True))


class UserOfficeRow(Base):
    """An office of a user, by its slug, which defines the scope of the principal."""

    __tablename__ = "user_offices"

    user_id: Mapped[str] = mapped_column(ForeignKey("users.id"), primary_key=True)
    office: Mapped[str] = mapped_column(ForeignKey("offices.slug", onupdate="CASCADE"), primary_key=True)


class StaffSessionRow(Base):
    """A session of a browser. The cookie has the token, the table its SHA-256.

    `origin`: how the person signed in, a SessionOrigin. `confirmed_until`: when the session ends unless the
    identity provider confirms it again; None for sessions that need no confirmation.
    `proved_at`: when a password or second factor was last given here. A session that `needs_factor` opens only
    the page on which a factor is set up.
    """

    __tablename__ = "staff_sessions"
    __table_args__ = (
        Index("ix_staff_sessions_user_id", "user_id"),
        Index("ix_staff_sessions_expires_at", "expires_at"),
    )

    id: Mapped[str] = mapped_column(IdType, primary_key=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    last_seen_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    device: Mapped[str | None] = mapped_column(String(80))
    origin: Mapped[str] = mapped_column(String(8), server_default="local")
    confirmed_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    proved_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    needs_factor: Mapped[bool] = mapped_column(default=False, server_default=false())


class ProviderSessionRow(Base):
    """The identity provider's side of a staff session, until the session ends.

    `tokens` are encrypted with the installation's secret. `sid`: the provider's session. A worker that checks the
    session claims it until `claimed_until`, because a refresh token works once.
    """

    __tablename__ = "provider_sessions"
    __table_args__ = (
        Index("ix_provider_sessions_sid", "sid"),
        Index("ix_provider_sessions_checked_at", "checked_at"),
    )

    session_id: Mapped[str] = mapped_column(ForeignKey("staff_sessions.id", ondelete="CASCADE"), primary_key=True)
    sid: Mapped[str | None] = mapped_column(String(255))
    tokens: Mapped[str] = mapped_column(Text)
    checked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    claimed_until: Mapped[datetime | None] = mapped_column(UtcDateTime)


class LinkRequestRow(Base):
    """A provider's account that asks for the local account with the same username.

    A manager decides.
    """

    __tablename__ = "link_requests"

    user_id: Mapped[str] = mapped_column(ForeignKey("users.id"), primary_key=True)
    external_id: Mapped[str] = mapped_column(String(512))
    name: Mapped[str] = mapped_column(String(120))
    email: Mapped[str | None] = mapped_column(String(254))
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime)


class GroupRoleRow(Base):
    """The role that a group of the identity provider gives in some offices, or in all."""

    __tablename__ = "group_roles"

    id: Mapped[str] = mapped_column(IdType, primary_key=True)
    group_name: Mapped[str] = mapped_column(String(255), unique=True)
    role: Mapped[str] = mapped_column(String(16))
    all_offices: Mapped[bool]
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class GroupRoleOfficeRow(Base):
    """An office in which a group gives its role."""

    __tablename__ = "group_role_offices"

    group_id: Mapped[str] = mapped_column(ForeignKey("group_roles.id"), primary_key=True)
    office: Mapped[str] = mapped_column(ForeignKey("offices.slug", onupdate="CASCADE"), primary_key=True)


class AccountLinkRow(Base):
    """A link that sets the password of an account once: an invitation or a reset."""

    __tablename__ = "account_links"
    __table_args__ = (Index("ix_account_links_user_id", "user_id"),)

    id: Mapped[str] = mapped_column(IdType, primary_key=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id"))
    purpose: Mapped[str] = mapped_column(String(8))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class ApiKeyRow(Base):
    """An API key, stored as its SHA-256: a random key needs no slow hash."""

    __tablename__ = "api_keys"

    id: Mapped[str] = mapped_column(IdType, primary_key=True)
    key_hash: Mapped[str] = mapped_column(String(64), unique=True)
    name: Mapped[str] = mapped_column(String(120))
    role: Mapped[str] = mapped_column(String(16))
    all_offices: Mapped[bool]
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    last_used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class ApiKeyOfficeRow(Base):
    """An office in the scope of an API key."""

    __tablename__ = "api_key_offices"

    key_id: Mapped[str] = mapped_column(ForeignKey("api_keys.id"), primary_key=True)
    office: Mapped[str] = mapped_column(ForeignKey("offices.slug", onupdate="CASCADE"), primary_key=True)


class AlertSettingsRow(Base):
    """The alerts that a person chose. Without a row: none.

    `push_offices`: slugs of the offices about which devices get pushes; None for all of the person's offices.
    """

    __tablename__ = "alert_settings"

    user_id: Mapped[str] = mapped_column(ForeignKey("users.id"), primary_key=True)
    lobby: Mapped[bool]
    help: Mapped[bool]
    long_wait: Mapped[bool]
    wait_minutes: Mapped[int]
    chime: Mapped[bool]
    volume: Mapped[int]
    desktop: Mapped[bool]
    push_offices: Mapped[list[str] | None] = mapped_column(JSON(none_as_null=True))


class AlertDeviceRow(Base):
    """A browser of a person that gets pushes. Its address is a row of `push_subscriptions`."""

    __tablename__ = "alert_devices"
    __table_args__ = (Index("ix_alert_devices_user_id", "user_id"),)

    subscription_id: Mapped[str] = mapped_column(IdType, primary_key=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id"))
    label: Mapped[str] = mapped_column(String(80))
    language: Mapped[str] = mapped_column(String(8))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


_EMERGENCY_IS_OPEN = text("ended_at IS NULL")


class EmergencyRow(Base):
    """An emergency button that was pressed. A person has at most one emergency open.

    `desk`: its name then; of a video call, empty without a desk. `answers`: who comes: id, name, time.
    """

    __tablename__ = "emergencies"
    __table_args__ = (
        Index(
            "ix_emergencies_open",
            "office_id",
            sqlite_where=_EMERGENCY_IS_OPEN,
            postgresql_where=_EMERGENCY_IS_OPEN,
        ),
        Index(
            "uq_emergencies_open_starter",
            "starter_id",
            unique=True,
            sqlite_where=_EMERGENCY_IS_OPEN,
            postgresql_where=_EMERGENCY_IS_OPEN,
        ),
        Index("ix_emergencies_ended_at", "ended_at"),
    )

    id: Mapped[str] = mapped_column(IdType, primary_key=True)
    office_id: Mapped[str] = mapped_column(ForeignKey("offices.id"))
    desk_id: Mapped[str | None] = mapped_column(IdType)
    appointment_id: Mapped[str | None] = mapped_column(IdType)
    desk: Mapped[str] = mapped_column(String(40))
    starter_id: Mapped[str] = mapped_column(String(64))
    starter: Mapped[str] = mapped_column(String(120))
    started_at: Mapped[datetime] = mapped_column(UtcDateTime)
    answers: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ender_id: Mapped[str | None] = mapped_column(String(64))
    false_alarm: Mapped[bool] = mapped_column(default=False)
    note: Mapped[str | None] = mapped_column(Text)
