"""The page `/dev/outbox`: order, links and previews; tables hold no secret of an e-mail."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from icalendar import Calendar
from office360.appointments.queries.first_available import first_available_slots
from office360.appointments.service import (
    BookingRequest,
    SlotSearch,
    appointment_token,
    book_appointment,
    cancel_appointment,
    reschedule_appointment,
)
from office360.core.db.outbox import OutboxRow
from office360.core.runtime import Runtime
from office360.notifications.actions.worker import send_due_messages
from office360.notifications.channels import development_channels
from office360.notifications.storage.tables import SentMessageRow
from office360.offices.service import ServiceMode, office_by_slug
from office360.server.app import create_app
from office360.server.settings import Settings
from office360.server.web.templates import JinjaRenderer
from sqlalchemy import select
from starlette.routing import Route

from ...conftest import AppServer
from ...support.routes import all_routes
from ...support.timeouts import TEST_TIMEOUT_S
from ..support.messages import SENDER, enqueue_message, stored_messages
from ..support.payloads import appointment_payload


@pytest.fixture
async def client(app_server: AppServer) -> AsyncIterator[Any]:
    async with app_server.client() as client:
        yield client


async def page_text(client: Any, path: str) -> str:
    async with client.get(path) as response:
        assert response.status == 200, path
        return str(await response.text())


async def send_due(runtime: Runtime, pages: JinjaRenderer) -> int:
    return await send_due_messages(runtime, development_channels(runtime, pages, SENDER))


async def send_all(runtime: Runtime, pages: JinjaRenderer) -> None:
    """Send until no message is pending.

    The server's own worker may be sending some, and a sent message can cause another one.
    """
    async with asyncio.timeout(TEST_TIMEOUT_S):
        while {row.state for row in (await stored_messages(runtime)).values()} - {"sent", "void"}:
            await send_due(runtime, pages)


async def test_empty_outbox_explains_how_to_fill(client: Any) -> None:
    page = await page_text(client, "/dev/outbox")
    assert "Aún no hay ningún correo." in page
    assert "Pide una cita" in page


async def test_newest_email_is_first_with_links_and_text(client: Any, app_server: AppServer, clock: Any) -> None:
    runtime = app_server.runtime
    payload = appointment_payload(runtime.tokens, mode="in_person")
    await enqueue_message(runtime, "one", payload=payload)
    clock.advance(minutes=5)
    await enqueue_message(
        runtime, "two", payload=payload, kind="appointment_cancelled", recipient="other@example.org"
    )
    page = await page_text(client, "/dev/outbox")
    assert page.index("Cita cancelada") < page.index("Cita confirmada")
    token = runtime.tokens.derive("appointment", "01APPOINTMENT")
    assert f'<a href="{runtime.public_url}/a/{token}">' in page
    assert f'<a href="{runtime.public_url}/o/centro?appointment={token}">' in page
    assert "amina@example.org" in page
    assert "Te esperamos el viernes 27 de noviembre a las 9:20" in page


async def test_outbox_is_paginated(client: Any, app_server: AppServer, clock: Any) -> None:
    runtime = app_server.runtime
    for number in range(35):
        await enqueue_message(
            runtime,
            f"m{number}",
            payload=appointment_payload(runtime.tokens),
            recipient=f"person{number}@example.org",
        )
        clock.advance(seconds=1)
    first = await page_text(client, "/dev/outbox")
    assert "person34@" in first
    assert "person4@" not in first
    last_shown = (await stored_messages(runtime))["m5"].id
    assert f'href="/dev/outbox?before={last_shown}"' in first
    second = await page_text(client, f"/dev/outbox?before={last_shown}")
    assert "person4@" in second
    assert "person5@" not in second


async def test_email_page_has_preview_text_and_calendar(client: Any, app_server: AppServer) -> None:
    runtime = app_server.runtime
    await enqueue_message(runtime, "one", payload=appointment_payload(runtime.tokens))
    id = (await stored_messages(runtime))["one"].id
    page = await page_text(client, f"/dev/outbox/{id}")
    assert f'src="/dev/outbox/{id}/html"' in page
    assert "sandbox=" in page
    async with client.get(f"/dev/outbox/{id}/html") as response:
        assert "sandbox" in response.headers["Content-Security-Policy"]
        assert "script-src" not in response.headers["Content-Security-Policy"]
        assert response.headers["X-Frame-Options"] == "SAMEORIGIN"
        assert "Ver mi cita" in await response.text()
    async with client.get(f"/dev/outbox/{id}/calendar.ics") as response:
        assert response.content_type == "text/calendar"
        calendar = Calendar.from_ical(await response.read())
        assert isinstance(calendar, Calendar)
        assert calendar.events[0].uid == "01FIRST"


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("appointment_confirmed", "Cita confirmada"),
        ("appointment_rescheduled", "Cita cambiada"),
        ("appointment_cancelled", "Cita cancelada"),
        ("unknown_kind", "unknown_kind"),
    ],
)
async def test_email_is_listed_with_title_of_its_kind(
    client: Any, app_server: AppServer, kind: str, name: str
) -> None:
    await enqueue_message(
        app_server.runtime, "one", kind=kind, payload=appointment_payload(app_server.runtime.tokens)
    )
    assert f'<span class="soft">{name}</span>' in await page_text(client, "/dev/outbox")


async def test_outbox_page_is_translated(client: Any) -> None:
    assert "No letter has been written yet." in await page_text(client, "/dev/outbox?lang=en")


@pytest.mark.parametrize("path", ["", "/html", "/calendar.ics"])
async def test_unknown_email_is_not_found(client: Any, path: str) -> None:
    async with client.get(f"/dev/outbox/01UNKNOWN{path}") as response:
        assert response.status == 404


async def test_unknown_kind_is_marked_as_not_renderable(client: Any, app_server: AppServer) -> None:
    await enqueue_message(app_server.runtime, "one", kind="chess_tournament")
    assert "Esta versión no sabe escribirlo." in await page_text(client, "/dev/outbox")
    id = (await stored_messages(app_server.runtime))["one"].id
    assert "chess_tournament" in await page_text(client, f"/dev/outbox/{id}")


async def test_repeated_send_stores_one_delivery(runtime: Runtime, pages: JinjaRenderer, clock: Any) -> None:
    await enqueue_message(runtime, "one", payload=appointment_payload(runtime.tokens))
    assert await send_due(runtime, pages) == 1
    # as if the worker had died after the send and before it marked the row as sent
    async with runtime.transaction() as tx:
        row = (await tx.session.execute(select(OutboxRow))).scalar_one()
        row.state = "pending"
    clock.advance(minutes=5)
    assert await send_due(runtime, pages) == 1
    async with runtime.read_session() as session:
        (sent,) = (await session.execute(select(SentMessageRow))).scalars()
    assert (sent.recipient, sent.title) == (
        "amina@example.org",
        "Cita confirmada: viernes 27 de noviembre, 9:20",
    )
    assert (await stored_messages(runtime))["one"].state == "sent"


async def test_tables_hold_no_token(runtime: Runtime, pages: JinjaRenderer) -> None:
    await enqueue_message(runtime, "one", payload=appointment_payload(runtime.tokens))
    await send_due(runtime, pages)
    token = runtime.tokens.derive("appointment", "01APPOINTMENT")
    async with runtime.read_session() as session:
        for table in (OutboxRow, SentMessageRow):
            (row,) = (await session.execute(select(table.__table__))).all()
            assert token not in json.dumps(dict(row._mapping), default=str)


def test_production_has_no_outbox_page(settings: Settings) -> None:
    production = settings.model_copy(
        update={"environment": "production", "public_url": "https://citas.example.org"}
    )
    paths = [route.path for route in all_routes(create_app(production).routes) if isinstance(route, Route)]
    assert not [path for path in paths if path.startswith("/dev/")]


@pytest.mark.parametrize("mode", ["video", "in_person"])
async def test_booking_email_links_and_calendar_revisions_work(
    client: Any, app_server: AppServer, pages: JinjaRenderer, mode: ServiceMode
) -> None:
    runtime = app_server.runtime
    async with runtime.read_session() as session:
        office = await office_by_slug(session, "centro")
        search = SlotSearch(office, [office.service("certificate")], mode)
        (slot,) = await first_available_slots(session, [search], runtime.now())
    assert slot is not None
    request = BookingRequest("certificate", mode, slot.starts_at, "Amina (demo)", "amina@example.org")
    booked = await book_appointment(runtime, "centro", request)
    await send_all(runtime, pages)

    page = await page_text(client, "/dev/outbox")
    links = re.findall(rf'href="({re.escape(runtime.public_url)}/[^"]+)"', page)
    paths = [link.rpartition("/")[2].partition("?")[0] for link in links][1:]
    assert paths == (["room", "test"] if mode == "video" else ["centro"])  # join and test, or take the turn
    for link in links:
        async with client.get(link) as response:
            assert response.status == 200
    moved = await reschedule_appointment(
        runtime, appointment_token(runtime, booked), slot.starts_at + timedelta(days=1)
    )
    await cancel_appointment(runtime, appointment_token(runtime, moved))
    await send_all(runtime, pages)
    entries = {row.kind: row for row in (await stored_messages(runtime)).values()}
    files = [
        await (await client.get(f"/dev/outbox/{entries[kind].id}/calendar.ics")).read()
        for kind in ("appointment_confirmed", "appointment_rescheduled", "appointment_cancelled")
    ]
    events = [Calendar.from_ical(file).walk("VEVENT")[0] for file in files]
    assert len({str(event["UID"]) for event in events}) == 1
    assert [event["SEQUENCE"] for event in events] == [0, 1, 2]
