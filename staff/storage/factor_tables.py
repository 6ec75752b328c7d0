"""Tables of second factors, of logins that wait for a factor, and of their rules."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import BigInteger, Date, ForeignKey, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from ...core.db.engine import Base, IdType, UtcDateTime


class PasskeyRow(Base):
    """A passkey (WebAuthn credential), as the browser reports it."""

    __tablename__ = "passkeys"
    __table_args__ = (Index("ix_passkeys_user_id", "user_id"),)

    id: Mapped[str] = mapped_column(IdType, primary_key=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id"))
    credential_id: Mapped[str] = mapped_column(String(700), unique=True)
    public_key: Mapped[bytes] = mapped_column(LargeBinary)
    sign_count: Mapped[int] = mapped_column(BigInteger)
    transports: Mapped[str] = mapped_column(String(120))
    name: Mapped[str] = mapped_column(String(80))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    last_used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class AuthenticatorAppRow(Base):
    """The authenticator app of an account.

    `secret` is encrypted with the installation's secret. Codes up to `last_step` are used up.
    """

    __tablename__ = "authenticator_apps"

    user_id: Mapped[str] = mapped_column(ForeignKey("users.id"), primary_key=True)
    secret: Mapped[str] = mapped_column(String(255))
    last_step: Mapped[int] = mapped_column(BigInteger)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    last_used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class RecoveryCodeRow(Base):
    """A recovery code, stored as its SHA-256: 80 random bits need no slow hash."""

    __tablename__ = "recovery_codes"
    __table_args__ = (Index("ix_recovery_codes_user_id", "user_id"),)

    id: Mapped[str] = mapped_column(IdType, primary_key=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id"))
    code_hash: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class PendingLoginRow(Base):
    """A login whose password was right and whose second factor is still asked for. No session."""

    __tablename__ = "pending_logins"
    __table_args__ = (
        Index("ix_pending_logins_expires_at", "expires_at"),
        Index("ix_pending_logins_user_id", "user_id"),
    )

    id: Mapped[str] = mapped_column(IdType, primary_key=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id"))
    wrong_codes: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)


class UsedChallengeRow(Base):
    """A passkey challenge that was answered, by its SHA-256, so that no answer works twice."""

    __tablename__ = "used_challenges"
    __table_args__ = (Index("ix_used_challenges_expires_at", "expires_at"),)

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)


class SignInRuleRow(Base):
    """A role that needs a second factor, from a day on."""

    __tablename__ = "sign_in_rules"

    role: Mapped[str] = mapped_column(String(16), primary_key=True)
    required_from: Mapped[date] = mapped_column(Date)
