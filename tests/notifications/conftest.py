"""Letters to send and channels to send them by."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import pytest
from office360.core.db.outbox import OutboxRow
from office360.core.i18n.catalogues import Catalogues
from office360.core.runtime import Runtime
from office360.core.tokens import TokenSigner, hash_token
from office360.notifications.email.writer import EmailWriter
from office360.server.app import FEATURE_FOLDERS, ROOT
from office360.server.web.static_files import StaticFolder
from office360.server.web.templates import JinjaRenderer
from sqlalchemy import select

SITE = "https://citas.example.org"
SENDER = "Office 360 <no-reply@example.org>"


@pytest.fixture(scope="session")
def pages() -> JinjaRenderer:
    static = StaticFolder(ROOT / "static")
    return JinjaRenderer(FEATURE_FOLDERS, Catalogues(FEATURE_FOLDERS), static, {"help_phone": "900 000 360"})


@pytest.fixture
def tokens() -> TokenSigner:
    return TokenSigner(["a secret of the letters, long enough for a test"])


@pytest.fixture
def writer(pages: JinjaRenderer, tokens: TokenSigner) -> EmailWriter:
    return EmailWriter(pages, tokens, SITE, SENDER)


def appointment_payload(tokens: TokenSigner, **changes: Any) -> dict[str, Any]:
    """The payload of a letter about an appointment, as appointments/ writes it."""
    token = tokens.derive("appointment", "01APPOINTMENT")
    return {
        "appointment_id": "01APPOINTMENT",
        "token_hash": hash_token(token),
        "locator": "7KQM2X9T",
        "name": "Amina O'Hara & Co",
        "mode": "video",
        "starts_at": "2026-11-27T08:20:00+00:00",
        "ends_at": "2026-11-27T08:35:00+00:00",
        "entry_opens_at": "2026-11-27T08:05:00+00:00",
        "timezone": "Europe/Madrid",
        "minutes": 15,
        "service": "Certificado digital",
        "bring": "DNI o NIE",
        "office": "Oficina Centro",
        "office_slug": "centro",
        "service_slug": "certificate",
        "address": "Calle del Olivar, 12",
        "office_phone": "900 000 361",
        "access": "Entrada sin escalones",
        "needs": [],
        "calendar_uid": "01FIRST",
        "revision": 0,
        **changes,
    }


def ticket_payload(tokens: TokenSigner, **changes: Any) -> dict[str, Any]:
    """The payload of a letter about a ticket, as queue/ writes it."""
    token = tokens.derive("ticket", "01TICKET")
    return {
        "ticket_id": "01TICKET",
        "token_hash": hash_token(token),
        "code": "B-042",
        "office": "Oficina Centro",
        "line": "Identidad digital",
        "timezone": "Europe/Madrid",
        "eta_earliest": "2026-11-27T09:40:00+00:00",
        "eta_latest": "2026-11-27T09:50:00+00:00",
        **changes,
    }


def ticket_notification_payload(tokens: TokenSigner, **changes: Any) -> dict[str, Any]:
    """The payload of a notice of a turn, as queue/ writes it."""
    token = tokens.derive("ticket", "01TICKET")
    return {
        "ticket_id": "01TICKET",
        "token_hash": hash_token(token),
        "code": "B-042",
        "office": "Oficina Centro",
        "office_slug": "centro",
        "timezone": "Europe/Madrid",
        "desk": "4",
        "way": "Al fondo, a la izquierda",
        "ahead": 2,
        "eta_earliest": "2026-11-25T09:40:00Z",
        "eta_latest": "2026-11-25T09:50:00Z",
        "may_return_until": "2026-11-25T09:50:00Z",
        "message": None,
        "until": "2026-11-25T09:33:00Z",
        **changes,
    }


async def enqueue_message(
    runtime: Runtime,
    key: str,
    *,
    subject: str | None = None,
    payload: Mapping[str, Any] | None = None,
    **more: Any,
) -> None:
    """One row of the outbox; a subject of its own unless told."""
    facts: dict[str, Any] = {
        "kind": "appointment_confirmed",
        "recipient": "amina@example.org",
        "language": "es",
        **more,
    }
    async with runtime.transaction() as tx:
        tx.enqueue_message(subject=subject or f"appointment:{key}", payload=payload or {}, key=key, **facts)


async def stored_messages(runtime: Runtime) -> dict[str, OutboxRow]:
    """The outbox as it stands, by key."""
    async with runtime.read_session() as session:
        return {row.key: row for row in (await session.execute(select(OutboxRow))).scalars()}


def parse_time(text: str) -> datetime:
    return datetime.fromisoformat(text)
