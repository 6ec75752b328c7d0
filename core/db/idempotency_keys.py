"""A request that is sent twice is done once: its answer is kept for a day and given again (contract.md).

Answers may hold a secret link, and no table keeps one in clear. They are encrypted with a key that needs both
the installation's secret and the caller's own idempotency key.
"""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography.fernet import Fernet, InvalidToken
from sqlalchemy import Index, String, Text, delete
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, mapped_column

from ..errors import Conflict, FieldError, Invalid
from ..runtime import Runtime
from .engine import Base, UtcDateTime

RESPONSE_RETENTION = timedelta(hours=24)
CLAIM_TIMEOUT = timedelta(
    seconds=60
)  # longer than any request; then its process is gone, and the work is done again
MAX_KEY_LENGTH = 200


class IdempotentRequestRow(Base):
    """One request with an idempotency key, and what was answered."""

    __tablename__ = "idempotent_requests"
    __table_args__ = (Index("ix_idempotent_requests_claimed_at", "claimed_at"),)

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    fingerprint: Mapped[str] = mapped_column(String(64))
    claimed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    answer: Mapped[str | None] = mapped_column(Text)


@dataclass(frozen=True, slots=True)
class StoredResponse:
    """What was answered the first time."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes


@dataclass(frozen=True, slots=True)
class IdempotentRequest:
    """Who asked where, with which key, for what. `fingerprint` tells the same request from another."""

    scope: str
    route: str
    key: str
    fingerprint: str

    @property
    def id(self) -> str:
        return hashlib.sha256("\0".join((self.scope, self.route, self.key)).encode()).hexdigest()


async def claim_request(runtime: Runtime, request: IdempotentRequest) -> StoredResponse | None:
    """The first answer, or None when this caller is the first and is to do the work.

    Raises Invalid when the key came with another body before, Conflict while the first one is still at work.
    """
    if len(request.key) > MAX_KEY_LENGTH:
        raise Invalid(FieldError("Idempotency-Key", "too_long", {"max": MAX_KEY_LENGTH}))
    try:
        async with runtime.transaction() as tx:
            await tx.session.execute(
                delete(IdempotentRequestRow).where(IdempotentRequestRow.claimed_at < tx.now - RESPONSE_RETENTION)
            )
            known = await tx.session.get(IdempotentRequestRow, request.id, with_for_update=True)
            if known is not None:
                return _replay_or_reclaim(runtime, request, known, tx.now)
            tx.session.add(IdempotentRequestRow(id=request.id, fingerprint=request.fingerprint, claimed_at=tx.now))
    except IntegrityError:  # the twin was inserted in between
        raise Conflict("in_progress") from None
    return None


def _replay_or_reclaim(
    runtime: Runtime, request: IdempotentRequest, row: IdempotentRequestRow, now: datetime
) -> StoredResponse | None:
    if row.fingerprint != request.fingerprint:
        raise Invalid(FieldError("Idempotency-Key", "idempotency_mismatch"))
    answer = _decrypt_response(runtime, request, row.answer) if row.answer else None
    if answer is None:
        if row.answer is None and row.claimed_at > now - CLAIM_TIMEOUT:
            raise Conflict("in_progress")
        row.claimed_at, row.answer = now, None
    return answer


async def store_response(runtime: Runtime, request: IdempotentRequest, answer: StoredResponse) -> None:
    """Keep what was answered for the next time."""
    async with runtime.transaction() as tx:
        row = await tx.session.get(IdempotentRequestRow, request.id)
        if row is not None:
            row.answer = _encrypt_response(runtime, request, answer)


async def release_claim(runtime: Runtime, request: IdempotentRequest) -> None:
    """The work failed on our side; the next one may try."""
    async with runtime.transaction() as tx:
        await tx.session.execute(delete(IdempotentRequestRow).where(IdempotentRequestRow.id == request.id))


def _response_cipher(runtime: Runtime, request: IdempotentRequest) -> Fernet:
    secret = hashlib.sha256(
        runtime.tokens.sign("idempotency", request.scope + "\0" + request.key).encode()
    ).digest()
    return Fernet(base64.urlsafe_b64encode(secret))


def _encrypt_response(runtime: Runtime, request: IdempotentRequest, answer: StoredResponse) -> str:
    plain = json.dumps([answer.status, answer.headers, answer.body.decode("latin-1")])
    return _response_cipher(runtime, request).encrypt(plain.encode()).decode()


def _decrypt_response(runtime: Runtime, request: IdempotentRequest, sealed: str) -> StoredResponse | None:
    """The kept answer; None when the installation's secret has changed since, and nobody can read it."""
    try:
        plain = _response_cipher(runtime, request).decrypt(sealed.encode())
    except InvalidToken:
        return None
    status, headers, body = json.loads(plain)
    return StoredResponse(status, [(name, value) for name, value in headers], body.encode("latin-1"))
