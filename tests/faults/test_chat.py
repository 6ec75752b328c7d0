"""Chat between two processes while Redis goes away and a process stalls: no line is lost."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from office360.core.auth import StaffRole
from office360.core.runtime import Runtime
from office360.offices.service import Office
from office360.server.settings import Settings
from office360.staff.actions.accounts import create_api_key

from ..rooms.support.video_appointments import AT, book_video_appointment
from ..support.installation import ProductInstallation, run_two_processes
from ..support.timeouts import TEST_TIMEOUT_S
from ..support.valkey import RunningValkey
from .support.chat_page import ChatPage

pytestmark = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)

INTERVAL_S = 0.1  # between the lines of each side; with their acks below the limit of 30 messages a second
LINES = 60
FAULT_S = 1.5


@pytest.fixture
async def installed(
    settings: Settings, runtime: Runtime, office: Office, valkey: RunningValkey, tmp_path: Path
) -> AsyncIterator[ProductInstallation]:
    with_bus = settings.model_copy(update={"redis_url": valkey.url})
    async with run_two_processes(tmp_path, with_bus, runtime, AT - timedelta(minutes=5)) as made:
        yield made


@pytest.fixture
async def pages(installed: ProductInstallation) -> AsyncIterator[tuple[ChatPage, ChatPage]]:
    """Amina at the first process and Boris at the second, both in the call."""
    booked = await book_video_appointment(installed.runtime, AT)
    key = await create_api_key(installed.runtime, role=StaffRole.AGENT)
    amina = ChatPage(installed.url, {"token": booked.token})
    boris = ChatPage(installed.staff_url, {"appointment": booked.appointment.id, "key": key})
    async with asyncio.timeout(TEST_TIMEOUT_S):
        await amina.wait_until(lambda page: bool(page.participant))
        await boris.wait_until(lambda page: bool(page.participant))
        await amina.send("join")
        await boris.wait_until(lambda page: "participant_joined" in page.types)
        await boris.send("admit", participant=amina.participant)
        await amina.wait_until(lambda page: "admitted" in page.types)
    yield amina, boris
    await amina.close()
    await boris.close()


async def break_and_mend(installed: ProductInstallation, valkey: RunningValkey) -> None:
    """Take the bus away, cut its connections, and stall a process, in sequence."""
    await asyncio.sleep(0.5)
    valkey.stop()
    await asyncio.sleep(FAULT_S)
    valkey.start()
    await asyncio.sleep(0.5)
    valkey.send_command("CLIENT", "KILL", "TYPE", "pubsub")
    await asyncio.sleep(0.5)
    installed.processes[1].process.send_signal(signal.SIGSTOP)
    await asyncio.sleep(FAULT_S)
    installed.processes[1].process.send_signal(signal.SIGCONT)


async def test_every_line_arrives_once_and_in_order(
    pages: tuple[ChatPage, ChatPage], installed: ProductInstallation, valkey: RunningValkey
) -> None:
    faults = asyncio.create_task(break_and_mend(installed, valkey), name="faults")
    for number in range(LINES):
        for page in pages:
            await page.say(str(number))
        await asyncio.sleep(INTERVAL_S)
    await faults
    for page in pages:
        async with asyncio.timeout(TEST_TIMEOUT_S):
            await page.wait_until(lambda page: not page.unconfirmed)
    lines = [str(number) for number in range(LINES)]
    assert [page.not_delivered for page in pages] == [[], []]
    assert [page.shown for page in pages] == [lines, lines]
