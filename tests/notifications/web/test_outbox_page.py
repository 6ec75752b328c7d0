"""`/dev/outbox`: newest first, with links that work; letters keep their secrets out of the tables."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from icalendar import Calendar
from office360.appointments.service import BookingRequest, Mode, book, cancel, first_free, reschedule, token_of
from office360.core.db.outbox import OutboxRow
from office360.core.runtime import Runtime
from office360.notifications.service import development_channels, work_once
from office360.notifications.storage.tables import SentMessageRow
from office360.offices.service import office_by_slug
from office360.server.app import create_app
from office360.server.settings import Settings
from office360.server.web.templates import JinjaPages
from sqlalchemy import select
from starlette.routing import Route

from ...conftest import AppServer
from ...support.timeouts import PATIENCE_S
from ..conftest import SENDER, appointment, enqueue, rows


@pytest.fixture
async def client(app_server: AppServer) -> AsyncIterator[Any]:
    async with app_server.client() as client:
        yield client


async def text(client: Any, path: str) -> str:
    async with client.get(path) as answer:
        assert answer.status == 200, path
        return str(await answer.text())


async def deliver(runtime: Runtime, pages: JinjaPages) -> int:
    return await work_once(runtime, development_channels(runtime, pages, SENDER))


async def deliver_all(runtime: Runtime, pages: JinjaPages) -> None:
    """Also what the server's own worker has in hand at this moment, and what a letter brings about."""
    async with asyncio.timeout(PATIENCE_S):
        while {row.state for row in (await rows(runtime)).values()} - {"sent", "void"}:
            await deliver(runtime, pages)


async def test_an_empty_outbox_says_what_fills_it(client: Any) -> None:
    page = await text(client, "/dev/outbox")
    assert "Aún no hay ningún correo." in page
    assert "Pide una cita" in page


async def test_the_newest_letter_comes_first_with_links_and_text(
    client: Any, app_server: AppServer, clock: Any
) -> None:
    runtime = app_server.runtime
    payload = appointment(runtime.tokens, mode="in_person")
    await enqueue(runtime, "one", payload=payload)
    clock.advance(minutes=5)
    await enqueue(runtime, "two", payload=payload, kind="appointment_cancelled", recipient="other@example.org")
    page = await text(client, "/dev/outbox")
    assert page.index("Cita cancelada") < page.index("Cita confirmada")
    token = runtime.tokens.derive("appointment", "01APPOINTMENT")
    assert f'<a href="{runtime.public_url}/a/{token}">' in page
    assert f'<a href="{runtime.public_url}/o/centro?appointment={token}">' in page
    assert "amina@example.org" in page
    assert "Te esperamos el viernes 27 de noviembre a las 9:20" in page


async def test_many_letters_are_turned_by_pages(client: Any, app_server: AppServer, clock: Any) -> None:
    runtime = app_server.runtime
    for number in range(35):
        await enqueue(
            runtime,
            f"m{number}",
            payload=appointment(runtime.tokens),
            recipient=f"person{number}@example.org",
        )
        clock.advance(seconds=1)
    first = await text(client, "/dev/outbox")
    assert "person34@" in first
    assert "person4@" not in first
    last_shown = (await rows(runtime))["m5"].id
    assert f'href="/dev/outbox?before={last_shown}"' in first
    second = await text(client, f"/dev/outbox?before={last_shown}")
    assert "person4@" in second
    assert "person5@" not in second


async def test_one_letter_has_preview_text_and_calendar(client: Any, app_server: AppServer) -> None:
    runtime = app_server.runtime
    await enqueue(runtime, "one", payload=appointment(runtime.tokens))
    id = (await rows(runtime))["one"].id
    page = await text(client, f"/dev/outbox/{id}")
    assert f'src="/dev/outbox/{id}/html"' in page
    assert "sandbox=" in page
    async with client.get(f"/dev/outbox/{id}/html") as answer:
        assert "sandbox" in answer.headers["Content-Security-Policy"]
        assert "script-src" not in answer.headers["Content-Security-Policy"]
        assert answer.headers["X-Frame-Options"] == "SAMEORIGIN"
        assert "Ver mi cita" in await answer.text()
    async with client.get(f"/dev/outbox/{id}/calendar.ics") as answer:
        assert answer.content_type == "text/calendar"
        calendar = Calendar.from_ical(await answer.read())
        assert isinstance(calendar, Calendar)
        assert calendar.events[0].uid == "01FIRST"


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("appointment_confirmed", "Cita confirmada"),
        ("appointment_rescheduled", "Cita cambiada"),
        ("appointment_cancelled", "Cita cancelada"),
        ("a_kind_of_tomorrow", "a_kind_of_tomorrow"),
    ],
)
async def test_a_letter_is_called_by_name(client: Any, app_server: AppServer, kind: str, name: str) -> None:
    await enqueue(app_server.runtime, "one", kind=kind, payload=appointment(app_server.runtime.tokens))
    assert f'<span class="soft">{name}</span>' in await text(client, "/dev/outbox")


async def test_english_readers_get_the_page_in_english(client: Any) -> None:
    assert "No letter has been written yet." in await text(client, "/dev/outbox?lang=en")


@pytest.mark.parametrize("path", ["", "/html", "/calendar.ics"])
async def test_a_letter_that_does_not_exist_is_not_found(client: Any, path: str) -> None:
    async with client.get(f"/dev/outbox/01NOBODY{path}") as answer:
        assert answer.status == 404


async def test_a_letter_nobody_can_write_is_shown_as_such(client: Any, app_server: AppServer) -> None:
    await enqueue(app_server.runtime, "one", kind="chess_tournament")
    assert "Esta versión no sabe escribirlo." in await text(client, "/dev/outbox")
    id = (await rows(app_server.runtime))["one"].id
    assert "chess_tournament" in await text(client, f"/dev/outbox/{id}")


async def test_the_mailbox_takes_a_letter_once(runtime: Runtime, pages: JinjaPages, clock: Any) -> None:
    await enqueue(runtime, "one", payload=appointment(runtime.tokens))
    assert await deliver(runtime, pages) == 1
    # The same row once more, as after a worker that died between sending and closing.
    async with runtime.transaction() as tx:
        row = (await tx.session.execute(select(OutboxRow))).scalar_one()
        row.state = "pending"
    clock.advance(minutes=5)
    assert await deliver(runtime, pages) == 1
    async with runtime.reading() as session:
        (sent,) = (await session.execute(select(SentMessageRow))).scalars()
    assert (sent.recipient, sent.title) == (
        "amina@example.org",
        "Cita confirmada: viernes 27 de noviembre, 9:20",
    )
    assert (await rows(runtime))["one"].state == "sent"


async def test_no_table_holds_a_token(runtime: Runtime, pages: JinjaPages) -> None:
    await enqueue(runtime, "one", payload=appointment(runtime.tokens))
    await deliver(runtime, pages)
    token = runtime.tokens.derive("appointment", "01APPOINTMENT")
    async with runtime.reading() as session:
        for table in (OutboxRow, SentMessageRow):
            (row,) = (await session.execute(select(table.__table__))).all()
            assert token not in json.dumps(dict(row._mapping), default=str)


def test_in_production_there_is_no_outbox_page(settings: Settings) -> None:
    live = settings.model_copy(update={"environment": "production", "public_url": "https://citas.example.org"})
    paths = [route.path for route in create_app(live).routes if isinstance(route, Route)]
    assert not [path for path in paths if path.startswith("/dev/")]


@pytest.mark.parametrize("mode", ["video", "in_person"])
async def test_links_of_a_booking_lead_to_its_pages(
    client: Any, app_server: AppServer, pages: JinjaPages, mode: Mode
) -> None:
    runtime = app_server.runtime
    async with runtime.reading() as session:
        office = await office_by_slug(session, "centro")
        slot = await first_free(session, office, office.service("certificate"), mode, runtime.now())
    assert slot is not None
    request = BookingRequest("certificate", mode, slot.starts_at, "Amina (demo)", "amina@example.org")
    booked = await book(runtime, "centro", request)
    await deliver_all(runtime, pages)

    page = await text(client, "/dev/outbox")
    links = re.findall(rf'href="({re.escape(runtime.public_url)}/[^"]+)"', page)
    assert [link.rpartition("/")[2] == "test" for link in links] == [False, mode == "video"]
    for link in links:
        async with client.get(link) as answer:
            assert answer.status == 200
    moved = await reschedule(runtime, token_of(runtime, booked), slot.starts_at + timedelta(days=1))
    await cancel(runtime, token_of(runtime, moved))
    await deliver_all(runtime, pages)
    entries = {row.kind: row for row in (await rows(runtime)).values()}
    files = [
        await (await client.get(f"/dev/outbox/{entries[kind].id}/calendar.ics")).read()
        for kind in ("appointment_confirmed", "appointment_rescheduled", "appointment_cancelled")
    ]
    events = [Calendar.from_ical(file).walk("VEVENT")[0] for file in files]
    assert len({str(event["UID"]) for event in events}) == 1
    assert [event["SEQUENCE"] for event in events] == [0, 1, 2]
