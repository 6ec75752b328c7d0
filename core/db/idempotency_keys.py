"""Idempotency keys: a repeated request gets the first response, for a day.

See docs/api.md#idempotency.
A response may contain a secret link, which no table may hold in clear text. So responses are encrypted with a key
derived from the installation's secret and the caller's idempotency key.
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
from .engine import Base, IdType, UtcDateTime

RESPONSE_RETENTION = timedelta(hours=24)
CLAIM_TIMEOUT = timedelta(seconds=60)  # longer than any request: the process of an older claim has died
MAX_KEY_LENGTH = 200


class IdempotentRequestRow(Base):
    """One request with an idempotency key, and its encrypted response once there is one.

    `owner`: the process that executes the request, by its heartbeat.
    """

    __tablename__ = "idempotent_requests"
    __table_args__ = (Index("ix_idempotent_requests_claimed_at", "claimed_at"),)

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    fingerprint: Mapped[str] = mapped_column(String(64))
    claimed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    owner: Mapped[str | None] = mapped_column(IdType)
    answer: Mapped[str | None] = mapped_column(Text)


@dataclass(frozen=True, slots=True)
class StoredResponse:
    """The response to the first request."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes


@dataclass(frozen=True, slots=True)
class IdempotentRequest:
    """Caller, route and key of a request. `fingerprint` is a hash of its body."""

    scope: str
    route: str
    key: str
    fingerprint: str

    @property
    def id(self) -> str:
        return hashlib.sha256("\0".join((self.scope, self.route, self.key)).encode()).hexdigest()


async def claim_request(runtime: Runtime, request: IdempotentRequest) -> StoredResponse | None:
    """Return the stored response; None when this request is the first and must be executed.

    Raises Invalid when the key was used with another body, Conflict while the first request is running.
    """
    if len(request.key) > MAX_KEY_LENGTH:
        raise Invalid(FieldError("Idempotency-Key", "too_long", {"max": MAX_KEY_LENGTH}))
    try:
        async with runtime.transaction() as tx:
            await tx.session.execute(
                delete(IdempotentRequestRow).where(IdempotentRequestRow.claimed_at < tx.now - RESPONSE_RETENTION)
            )
            row = await tx.session.get(IdempotentRequestRow, request.id, with_for_update=True)
            if row is not None:
                return _replay_or_reclaim(runtime, request, row, tx.now)
            tx.session.add(IdempotentRequestRow(id=request.id, fingerprint=request.fingerprint, claimed_at=tx.now))
    except IntegrityError:  # an identical request was inserted first
        raise Conflict("in_progress") from None
    return None


def _replay_or_reclaim(
    runtime: Runtime, request: IdempotentRequest, row: IdempotentRequestRow, now: datetime
) -> StoredResponse | None:
    if row.fingerprint != request.fingerprint:
        raise Invalid(FieldError("Idempotency-Key", "idempotency_mismatch"))
    response = _decrypt_response(runtime, request, row.answer) if row.answer else None
    if response is None:
        if row.answer is None and row.claimed_at > now - CLAIM_TIMEOUT:
            raise Conflict("in_progress")
        row.claimed_at, row.answer = now, None
    return response


async def store_response(runtime: Runtime, request: IdempotentRequest, response: StoredResponse) -> None:
    """Store the response for repetitions of the request."""
    async with runtime.transaction() as tx:
        row = await tx.session.get(IdempotentRequestRow, request.id)
        if row is not None:
            row.answer = _encrypt_response(runtime, request, response)


async def release_claim(runtime: Runtime, request: IdempotentRequest) -> None:
    """Delete the claim after a server error, so that a repetition is executed."""
    async with runtime.transaction() as tx:
        await tx.session.execute(delete(IdempotentRequestRow).where(IdempotentRequestRow.id == request.id))


def _response_cipher(runtime: Runtime, request: IdempotentRequest) -> Fernet:
    secret = hashlib.sha256(
        runtime.tokens.sign("idempotency", request.scope + "\0" + request.key).encode()
    ).digest()
    return Fernet(base64.urlsafe_b64encode(secret))


def _encrypt_response(runtime: Runtime, request: IdempotentRequest, response: StoredResponse) -> str:
    plain = json.dumps([response.status, response.headers, response.body.decode("latin-1")])
    return _response_cipher(runtime, request).encrypt(plain.encode()).decode()


def _decrypt_response(runtime: Runtime, request: IdempotentRequest, encrypted: str) -> StoredResponse | None:
    """Decrypt a stored response; None when the installation's secret has changed since."""
    try:
        plain = _response_cipher(runtime, request).decrypt(encrypted.encode())
    except InvalidToken:
        return None
    status, headers, body = json.loads(plain)
    return StoredResponse(status, [(name, value) for name, value in headers], body.encode("latin-1"))
