"""What breaks under a video call between two processes: picture and sound go on, and the room is right again."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from office360.core.auth import Role
from office360.core.runtime import Runtime
from office360.offices.service import Office
from office360.rooms.actions.participants import room_of
from office360.rooms.domain.room import STALE
from office360.rooms.storage.tables import PresenceRow
from office360.server.settings import Settings
from office360.staff.actions import accounts as staff
from playwright.async_api import Browser, Page, expect
from sqlalchemy import func, select

from ..e2e.support.video_call import MEDIA, PASSWORD, phone_or_desk, sees_and_hears
from ..rooms.conftest import AT, Booked, book
from ..support.installation import Installation, environment_of, start_at, two_processes
from ..support.timeouts import PATIENCE_MS
from ..support.valkey import RunningValkey
from .conftest import until_ready
from .support.reconnecting_clients import RIGHT_S

pytestmark = [pytest.mark.e2e, pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)]
RIGHT_MS = RIGHT_S * 1000
STEP = STALE - timedelta(seconds=1)


@dataclass
class Between:
    """A call: amina's page at the first process, boris's at the second."""

    amina: Page
    boris: Page
    booked: Booked
    installed: Installation

    async def goes_on(self) -> None:
        """New picture and sound arrive on both sides."""
        for page in (self.amina, self.boris):
            await sees_and_hears(page, await page.evaluate(MEDIA))

    async def say(self, page: Page, text: str) -> None:
        await open_chat(page)
        await page.get_by_role("textbox", name="Mensaje").fill(text)
        await page.keyboard.press("Enter")

    async def reads(self, page: Page, text: str) -> None:
        await open_chat(page)
        lines = page.locator("[data-lines=chat] > *", has_text=text)
        await expect(lines).to_have_count(1, timeout=RIGHT_MS)

    async def time_passes(self) -> None:
        """So little at a time that whoever is here can still say so: amina's process does at its next look."""
        now = self.installed.clock.now() + STEP
        self.installed.clock.set(now)
        while await self._last_sign() < now:
            await asyncio.sleep(0.1)

    async def _last_sign(self) -> datetime:
        async with self.installed.runtime.reading() as session:
            found: datetime | None = await session.scalar(select(func.max(PresenceRow.seen_at)))
        assert found is not None
        return found

    async def presence(self) -> dict[str, tuple[str, bool]]:
        """Where everybody is by the database, and whether their socket stands."""
        async with self.installed.runtime.reading() as session:
            room = await room_of(session, self.booked.appointment.id)
        assert room is not None
        return {one.role.value: (one.place.value, one.connected) for one in room.participants}


async def open_chat(page: Page) -> None:
    if not await page.get_by_role("tab", name="Chat").is_visible():
        await page.get_by_role("button", name="Texto").click()
    await page.get_by_role("tab", name="Chat").click()


@pytest.fixture
async def call(
    settings: Settings,
    runtime: Runtime,
    office: Office,
    valkey: RunningValkey,
    browser: Browser,
    tmp_path: Path,
) -> AsyncIterator[Between]:
    booked = await book(runtime, AT, "Amina")
    await staff.create_user(
        runtime, username="boris", name="Boris", role=Role.AGENT, offices=["centro"], password=PASSWORD
    )
    with_bus = settings.model_copy(update={"redis_url": valkey.url})
    async with two_processes(tmp_path, with_bus, runtime, AT - timedelta(minutes=5)) as installed:
        phone, desk = await phone_or_desk(browser, 390, 844), await phone_or_desk(browser, 1280, 800)
        amina, boris = await phone.new_page(), await desk.new_page()
        await amina.goto(f"{installed.url}/a/{booked.token}/room")
        await amina.get_by_role("button", name="Entrar en la sala de espera").click()
        await expect(amina.get_by_role("heading", name="Te dejaremos entrar enseguida")).to_be_visible()
        await boris.goto(f"{installed.staff_url}/staff/")
        await boris.get_by_label("Usuario").fill("boris")
        await boris.get_by_label("Contraseña").fill(PASSWORD)
        await boris.get_by_role("button", name="Entrar").click()
        await boris.goto(f"{installed.staff_url}/staff/rooms/{booked.appointment.id}")
        await boris.get_by_role("button", name="Dejar entrar").click()
        made = Between(amina, boris, booked, installed)
        for page in (amina, boris):
            await sees_and_hears(page, {"frames": 0, "energy": 0})
        yield made
        await phone.close()
        await desk.close()


async def test_a_call_goes_on_while_the_bus_is_away_and_what_was_said_arrives_when_it_is_back(
    call: Between, valkey: RunningValkey
) -> None:
    valkey.stop()
    await until_ready(call.installed, 503)
    await call.say(call.amina, "¿Me oyes?")
    await call.goes_on()
    valkey.start()
    await until_ready(call.installed, 200)
    await call.reads(call.boris, "¿Me oyes?")
    await call.say(call.boris, "Sí, te oigo")
    await call.reads(call.amina, "Sí, te oigo")
    await call.goes_on()


async def test_a_call_that_is_ended_while_the_bus_is_away_ends_for_both(
    call: Between, valkey: RunningValkey
) -> None:
    valkey.stop()
    await until_ready(call.installed, 503)
    await call.boris.get_by_role("button", name="Terminar", exact=True).click()
    await call.boris.get_by_label("Resultado").select_option("resolved")
    await call.boris.get_by_role("button", name="Terminar la llamada").click()
    await expect(call.amina.get_by_role("heading", name="Tu videollamada ha terminado")).to_be_visible(
        timeout=RIGHT_MS
    )


async def test_a_page_that_is_reloaded_while_the_bus_is_away_is_in_the_call_again_when_it_is_back(
    call: Between, valkey: RunningValkey
) -> None:
    valkey.stop()
    await until_ready(call.installed, 503)
    await call.boris.reload()
    await expect(call.boris.get_by_role("button", name="Terminar", exact=True)).to_be_visible()
    valkey.start()
    await until_ready(call.installed, 200)
    async with asyncio.timeout(PATIENCE_MS / 1000):
        await sees_and_hears(call.boris, {"frames": 0, "energy": 0})
    await call.goes_on()


async def test_a_call_survives_its_process_and_the_room_is_right_when_another_has_taken_its_place(
    call: Between, settings: Settings, valkey: RunningValkey, tmp_path: Path
) -> None:
    killed = call.installed.processes[1]
    killed.kill()
    await call.goes_on()  # picture and sound do not come by the server
    environment = environment_of(
        settings.model_copy(update={"redis_url": valkey.url}), OFFICE360_PUBLIC_URL=call.installed.url
    )
    again = start_at(tmp_path, environment, int(killed.url.rsplit(":", 1)[1]))
    try:
        await again.ready()
        await call.say(call.boris, "Ya estoy aquí")  # his page keeps it until it is back
        await call.reads(call.amina, "Ya estoy aquí")
        await call.say(call.amina, "Te sigo viendo")
        await call.reads(call.boris, "Te sigo viendo")
        await call.goes_on()
        assert await call.presence() == {"citizen": ("admitted", True), "agent": ("admitted", True)}
    finally:
        again.end()


async def test_whoever_does_not_come_back_after_the_kill_is_shown_as_gone(call: Between) -> None:
    call.installed.processes[1].kill()
    for place in (("admitted", False), ("left", False)):
        async with asyncio.timeout(PATIENCE_MS / 1000):
            while (await call.presence())["agent"] != place:
                await call.time_passes()
    assert (await call.presence())["citizen"] == ("admitted", True)
