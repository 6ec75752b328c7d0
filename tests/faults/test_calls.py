"""Faults under a video call between two processes: media continues, and the room recovers.

Two browsers and two processes on a busy machine take their time, so test_turns.py measures how long it takes.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from office360.core.auth import StaffRole
from office360.core.runtime import Runtime
from office360.offices.service import Office
from office360.rooms.domain.room import STALE_AFTER
from office360.rooms.storage import room_rows
from office360.rooms.storage.tables import PresenceRow
from office360.server.settings import Settings
from office360.staff.actions import accounts as staff
from playwright.async_api import Browser, Page, expect
from sqlalchemy import func, select

from ..e2e.support.video_call import PASSWORD, expect_new_media, new_browser_context
from ..rooms.support.video_appointments import AT, BookedVideoAppointment, book_video_appointment
from ..support.installation import ProductInstallation, run_two_processes, start_with_clock, to_environment
from ..support.processes import ServedProcess
from ..support.timeouts import PAGE_TIMEOUT_MS
from ..support.valkey import RunningValkey
from .conftest import until_ready

pytestmark = [pytest.mark.e2e, pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)]
PRESENCE_STEP = STALE_AFTER - timedelta(seconds=1)


@dataclass
class VideoCallPages:
    """A call: the page of amina at the first process, of boris at the second."""

    amina: Page
    boris: Page
    booked: BookedVideoAppointment
    installed: ProductInstallation

    async def assert_media_flows(self) -> None:
        """Assert that new video and audio arrive on both sides."""
        await asyncio.gather(expect_new_media(self.amina), expect_new_media(self.boris))

    async def send_chat(self, page: Page, text: str) -> None:
        await open_chat(page)
        await page.get_by_role("textbox", name="Mensaje").fill(text)
        await page.keyboard.press("Enter")

    async def assert_chat_shown(self, page: Page, text: str) -> None:
        await open_chat(page)
        lines = page.locator("[data-lines=chat] > *", has_text=text)
        await expect(lines).to_have_count(1)

    async def advance_time(self) -> None:
        """Advance the clock in steps that let present participants refresh their presence."""
        now = self.installed.clock.now() + PRESENCE_STEP
        self.installed.clock.set(now)
        while await self._last_presence_at() < now:
            await asyncio.sleep(0.1)

    async def _last_presence_at(self) -> datetime:
        async with self.installed.runtime.read_session() as session:
            found: datetime | None = await session.scalar(select(func.max(PresenceRow.seen_at)))
        assert found is not None
        return found

    async def participant_states(self) -> dict[str, tuple[str, bool]]:
        """Load the state of each participant and whether the socket is connected."""
        async with self.installed.runtime.read_session() as session:
            room = await room_rows.load_room(session, self.booked.appointment.id)
        assert room is not None
        return {
            participant.role.value: (participant.state.value, participant.connected)
            for participant in room.participants
        }


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
) -> AsyncIterator[VideoCallPages]:
    booked = await book_video_appointment(runtime, AT, "Amina")
    await staff.create_user(
        runtime, username="boris", name="Boris", role=StaffRole.AGENT, offices=["centro"], password=PASSWORD
    )
    with_bus = settings.model_copy(update={"redis_url": valkey.url})
    async with run_two_processes(tmp_path, with_bus, runtime, AT - timedelta(minutes=5)) as installed:
        phone, desk = await new_browser_context(browser, 390, 844), await new_browser_context(browser, 1280, 800)
        amina, boris = await phone.new_page(), await desk.new_page()
        await amina.goto(f"{installed.url}/a/{booked.token}/room")
        await amina.get_by_role("button", name="Entrar en la sala de espera").click()
        await expect(amina.get_by_role("heading", name="Te dejaremos entrar enseguida")).to_be_visible()
        await boris.goto(f"{installed.staff_url}/staff/")
        await boris.get_by_label("Usuario").fill("boris")
        await boris.get_by_label("Contraseña").fill(PASSWORD)
        await boris.get_by_role("button", name="Entrar").click()
        await boris.goto(f"{installed.staff_url}/staff/rooms/{booked.appointment.id}")
        await boris.locator(".button", has_text="Empezar ahora").click()
        await boris.get_by_role("button", name="Dejar entrar").click()
        made = VideoCallPages(amina, boris, booked, installed)
        await made.assert_media_flows()
        yield made
        await phone.close()
        await desk.close()


async def test_call_survives_bus_outages_and_process_kills(
    call: VideoCallPages, settings: Settings, valkey: RunningValkey, tmp_path: Path
) -> None:
    """The set-up of an installation and a call costs more than all faults under it."""
    await expect_chat_of_bus_outage_to_arrive_later(call, valkey)
    await expect_page_reloaded_during_bus_outage_to_rejoin(call, valkey)
    with_bus = settings.model_copy(update={"redis_url": valkey.url})
    killed = call.installed.processes[1]
    killed.kill()
    await call.assert_media_flows()  # media does not pass the server
    async with started_again(call, killed, with_bus, tmp_path) as restarted:
        await expect_room_to_recover(call)
        restarted.kill()
        await expect_missing_agent_to_be_shown_as_left(call)
        async with started_again(call, killed, with_bus, tmp_path):
            await expect_agent_to_return(call)
            await expect_call_ended_during_bus_outage_to_end_for_both(call, valkey)


async def expect_chat_of_bus_outage_to_arrive_later(call: VideoCallPages, valkey: RunningValkey) -> None:
    valkey.stop()
    await until_ready(call.installed, "without bus")
    await call.send_chat(call.amina, "¿Me oyes?")
    await call.assert_media_flows()
    valkey.start()
    await until_ready(call.installed)
    await call.assert_chat_shown(call.boris, "¿Me oyes?")
    await call.send_chat(call.boris, "Sí, te oigo")
    await call.assert_chat_shown(call.amina, "Sí, te oigo")
    await call.assert_media_flows()


async def expect_page_reloaded_during_bus_outage_to_rejoin(call: VideoCallPages, valkey: RunningValkey) -> None:
    valkey.stop()
    await until_ready(call.installed, "without bus")
    await call.boris.reload()
    await expect(call.boris.get_by_role("button", name="Terminar", exact=True)).to_be_visible()
    valkey.start()
    await until_ready(call.installed)
    await expect_new_media(call.boris)
    await call.assert_media_flows()


@asynccontextmanager
async def started_again(
    call: VideoCallPages, killed: ServedProcess, settings: Settings, tmp_path: Path
) -> AsyncIterator[ServedProcess]:
    """Start the process of the staff again, at the port of the killed process."""
    environment = to_environment(settings, OFFICE360_PUBLIC_URL=call.installed.url)
    again = start_with_clock(tmp_path, environment, int(killed.url.rsplit(":", 1)[1]))
    try:
        await again.wait_until_ready()
        yield again
    finally:
        again.ensure_ended()


async def expect_room_to_recover(call: VideoCallPages) -> None:
    """Expect chat in both directions and the presence of both at the new process."""
    await call.send_chat(call.boris, "Ya estoy aquí")  # the page queues it until it reconnects
    await call.assert_chat_shown(call.amina, "Ya estoy aquí")
    await call.send_chat(call.amina, "Te sigo viendo")
    await call.assert_chat_shown(call.boris, "Te sigo viendo")
    await call.assert_media_flows()
    assert await call.participant_states() == {"citizen": ("admitted", True), "agent": ("admitted", True)}


async def expect_missing_agent_to_be_shown_as_left(call: VideoCallPages) -> None:
    """Expect an agent without a process to be disconnected, then to have left."""
    for place in (("admitted", False), ("left", False)):
        async with asyncio.timeout(PAGE_TIMEOUT_MS / 1000):
            while (await call.participant_states())["agent"] != place:
                await call.advance_time()
    assert (await call.participant_states())["citizen"] == ("admitted", True)


async def expect_agent_to_return(call: VideoCallPages) -> None:
    """Expect the agent to be in the call again, with media."""
    async with asyncio.timeout(PAGE_TIMEOUT_MS / 1000):
        while (await call.participant_states())["agent"] != ("admitted", True):
            await asyncio.sleep(0.1)
    await call.assert_media_flows()


async def expect_call_ended_during_bus_outage_to_end_for_both(call: VideoCallPages, valkey: RunningValkey) -> None:
    valkey.stop()
    await until_ready(call.installed, "without bus")
    await call.boris.get_by_role("button", name="Terminar", exact=True).click()
    await call.boris.get_by_label("Resultado", exact=True).select_option("resolved")
    await call.boris.get_by_role("button", name="Terminar la llamada").click()
    await expect(call.amina.get_by_role("heading", name="Tu videollamada ha terminado")).to_be_visible()
