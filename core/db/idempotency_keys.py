"""Idempotency keys: a repeated request gets the first response, for a day.

See docs/api.md#idempotency.
A response may contain a secret link, which no table may hold in clear text. So responses are encrypted with a key
derived from the installation's secret and the caller's idempotency key.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography.fernet import Fernet, InvalidToken
from sqlalchemy import ColumnElement, Index, String, Text, delete, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, mapped_column

from ..errors import Conflict, FieldError, Invalid
from ..runtime import Runtime, Transaction
from .engine import Base, IdType, UtcDateTime
from .process_heartbeats import database_time, is_process_alive

RESPONSE_RETENTION = timedelta(hours=24)
# Longer than any request: its process lives, but could not release the claim.
CLAIM_TIMEOUT = timedelta(seconds=60)
MAX_KEY_LENGTH = 200


class IdempotentRequestRow(Base):
    """A request with an idempotency key, and its encrypted response once it is answered.

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


async def claim_request(
    runtime: Runtime, request: IdempotentRequest, running: Counter[str]
) -> StoredResponse | None:
    """Return the stored response; None when this request is the first and must be executed.

    The claim of a dead process is taken over. `running` counts the requests in this process by id, the present
    request included: a request is counted before its claim is committed, so that no other takes the claim over.
    Raises Invalid when the key was used with another body, Conflict while the first request is running.
    """
    if len(request.key) > MAX_KEY_LENGTH:
        raise Invalid(FieldError("Idempotency-Key", "too_long", {"max": MAX_KEY_LENGTH}))
    try:
        async with runtime.transaction() as tx:
            # the database's clock, because other processes compare with `claimed_at`
            now = (await tx.session.execute(select(database_time()))).scalar_one()
            await tx.session.execute(
                delete(IdempotentRequestRow).where(IdempotentRequestRow.claimed_at < now - RESPONSE_RETENTION)
            )
            # locked, so that only one process takes over the claim of a dead process
            row = await tx.session.get(IdempotentRequestRow, request.id, with_for_update=True)
            if row is None:
                row = IdempotentRequestRow(id=request.id, fingerprint=request.fingerprint)
                tx.session.add(row)
            elif row.fingerprint != request.fingerprint:
                raise Invalid(FieldError("Idempotency-Key", "idempotency_mismatch"))
            elif row.answer is not None:
                response = _decrypt_response(runtime, request, row.answer)
                if response is not None:
                    return response
            elif await _is_running(tx, row, now, running):
                raise Conflict("in_progress")
            row.claimed_at, row.owner, row.answer = now, runtime.process_id, None
    except IntegrityError:  # an identical request was inserted first
        raise Conflict("in_progress") from None
    return None


async def _is_running(tx: Transaction, row: IdempotentRequestRow, now: datetime, running: Counter[str]) -> bool:
    """Tell whether a living process executes the request of this claim."""
    if row.owner == tx.runtime.process_id:
        return running[row.id] > 1  # the caller's own request is among them
    if row.owner is None or row.claimed_at <= now - CLAIM_TIMEOUT:
        return False
    return await is_process_alive(tx.session, row.owner)


async def store_response(runtime: Runtime, request: IdempotentRequest, response: StoredResponse) -> None:
    """Store the response for repetitions, unless another process has taken over the claim."""
    async with runtime.transaction() as tx:
        await tx.session.execute(
            update(IdempotentRequestRow)
            .where(*_own_claim(runtime, request))
            .values(answer=_encrypt_response(runtime, request, response))
        )


async def release_claim(runtime: Runtime, request: IdempotentRequest) -> None:
    """Delete the claim after a response that is not stored, so that a repetition is executed."""
    async with runtime.transaction() as tx:
        await tx.session.execute(delete(IdempotentRequestRow).where(*_own_claim(runtime, request)))


def _own_claim(runtime: Runtime, request: IdempotentRequest) -> tuple[ColumnElement[bool], ...]:
    return IdempotentRequestRow.id == request.id, IdempotentRequestRow.owner == runtime.process_id


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
