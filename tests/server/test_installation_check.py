"""`office360 check`: every part is used, and broken ones are named."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from office360.core.runtime import Runtime
from office360.offices.service import Office
from office360.offices.tables import LineRow, OfficeRow
from office360.server.installation_check import CheckResult, check_installation, unused_parts
from office360.server.settings import Settings, load_settings
from sqlalchemy import update

from ..conftest import TEST_SECRET
from ..notifications.support.messages import enqueue_message
from ..notifications.support.smtp_server import LocalMailServer, run_mail_server
from ..support.coturn import TRANSPORTS, CoturnServer
from ..support.ports import free_port
from ..support.processes import EXIT_TIMEOUT_S, ServedProcess, start_process
from ..support.valkey import RunningValkey

PATH = "relay to the test room"


@pytest.fixture
async def smtp_server(tmp_path: Path) -> AsyncIterator[LocalMailServer]:
    async with run_mail_server(tmp_path) as office:
        yield office


@pytest.fixture
async def testroom(settings: Settings, tmp_path: Path) -> AsyncIterator[ServedProcess]:
    """Start `office360 testroom` as a process."""
    environment = {
        "OFFICE360_ENVIRONMENT": "development",
        "OFFICE360_SECRET_KEY": TEST_SECRET,
        "OFFICE360_DATABASE_URL": settings.database_url,
    }
    room = start_process(tmp_path, environment, ("-m", "office360.server.cli", "testroom"))
    try:
        await room.wait_until_ready()
        yield room
    finally:
        room.ensure_ended()


def run_check_command(environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Run the command as an operator does."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("OFFICE360_")}
    return subprocess.run(
        [sys.executable, "-m", "office360.server.cli", "check"],
        env={**clean, "OFFICE360_ENVIRONMENT": "development", "OFFICE360_SECRET_KEY": TEST_SECRET, **environment},
        capture_output=True,
        text=True,
        timeout=EXIT_TIMEOUT_S,
    )


async def test_check_reports_every_working_part(
    settings: Settings,
    valkey: RunningValkey,
    coturn: CoturnServer,
    testroom: ServedProcess,
    smtp_server: LocalMailServer,
) -> None:
    uris = [coturn.uri(transport) for transport in TRANSPORTS]
    environment = {
        "OFFICE360_DATABASE_URL": settings.database_url,
        "OFFICE360_REDIS_URL": valkey.url,
        "OFFICE360_TURN_URIS": ",".join(uris),
        "OFFICE360_TURN_SECRET": coturn.secret,
        "OFFICE360_TESTROOM_URL": testroom.url,
        "OFFICE360_SMTP_URL": smtp_server.url(),
        "SSL_CERT_FILE": str(coturn.authority),
    }
    answer = await asyncio.to_thread(run_check_command, environment)  # the mail server responds meanwhile
    parts = ["database", "bus", *(f"relay {uri}" for uri in uris), f"test room {testroom.url}", PATH, "mail"]
    assert answer.stdout.splitlines() == [f"{part}: works" for part in parts]
    assert answer.returncode == 0
    assert smtp_server.envelopes == []


def test_check_names_every_broken_part_and_exits_with_1(tmp_path: Path, coturn: CoturnServer) -> None:
    port = free_port()
    environment = {
        "OFFICE360_DATABASE_URL": f"sqlite+aiosqlite:///{tmp_path}/nothing.db",
        "OFFICE360_REDIS_URL": f"redis://127.0.0.1:{port}/0",
        "OFFICE360_TURN_URIS": f"{coturn.uri('udp')},turn:127.0.0.1:{port}?transport=tcp",
        "OFFICE360_TURN_SECRET": "not the relay's",
        "OFFICE360_TESTROOM_URL": f"http://127.0.0.1:{port}",
        "OFFICE360_SMTP_URL": f"smtp://127.0.0.1:{port}",
    }
    answer = run_check_command(environment)
    said = dict(line.split(": ", 1) for line in answer.stdout.splitlines())
    assert answer.returncode == 1
    assert answer.stderr == ""
    assert "office360 migrate" in said["database"]
    assert said["bus"] != "works"
    assert "TURN_SECRET" in said[f"relay {coturn.uri('udp')}"]
    assert "Connect call failed" in said[f"relay turn:127.0.0.1:{port}?transport=tcp"]
    assert "Cannot connect" in said[f"test room http://127.0.0.1:{port}"]
    assert said["mail"] != "works"


async def test_check_reports_single_broken_relay(settings: Settings, coturn: CoturnServer) -> None:
    uris = [coturn.uri("udp"), coturn.uri("tls")]  # its certificate is not trusted
    turn = {"turn_uris": uris, "turn_secret": coturn.secret}
    found = await check_installation(settings.model_copy(update=turn))
    assert [one.problem is None for one in found] == [True, True, False, True]
    assert "certificate" in found[2].text()


async def test_check_skips_path_to_remote_test_room(settings: Settings, coturn: CoturnServer) -> None:
    turn = {"turn_uris": [coturn.uri("udp")], "turn_secret": coturn.secret}
    elsewhere = {"testroom_url": [f"http://127.0.0.2:{free_port()}"]}
    found = await check_installation(settings.model_copy(update={**turn, **elsewhere}))
    assert PATH not in [one.part for one in found]


async def test_check_reports_old_schema(tmp_path: Path) -> None:
    (tmp_path / "empty.db").touch()
    settings = load_settings(
        environment="development",
        secret_key=[TEST_SECRET],
        database_url=f"sqlite+aiosqlite:///{tmp_path}/empty.db",
    )
    (database,) = await check_installation(settings)
    assert database == CheckResult("database", "the schema is not up to date; run: office360 migrate")


async def test_check_reports_database_outage_in_one_line(settings: Settings) -> None:
    url = f"postgresql+asyncpg://office360:a%20password@127.0.0.1:{free_port()}/office360"
    (database,) = await check_installation(settings.model_copy(update={"database_url": url}))
    assert "Connect call failed" in database.text()
    assert "\n" not in database.text()
    assert "password" not in database.text()


def test_unused_parts_are_no_problems(settings: Settings) -> None:
    without = unused_parts(settings)
    assert [one.part for one in without] == ["bus", "relay", "test room", "mail"]
    assert all(one.problem is None for one in without)


async def test_check_reports_undelivered_messages_as_remark(settings: Settings, runtime: Runtime) -> None:
    await enqueue_message(runtime, "one")
    _, messages = await check_installation(settings.model_copy(update={"environment": "production"}))
    assert messages.text() == "letters: email: 1 wait because this channel is not set up"
    assert messages.problem is None


def test_check_reports_invalid_settings_first(tmp_path: Path) -> None:
    answer = run_check_command({"OFFICE360_TURN_URIS": "turn:relay.example.org"})
    assert answer.returncode == 1
    assert "OFFICE360_TURN_SECRET" in answer.stderr
    assert answer.stdout == ""


async def test_check_names_line_with_invalid_settings(
    settings: Settings, runtime: Runtime, office: Office
) -> None:
    assert await check_installation(settings) == [CheckResult("database")]
    async with runtime.transaction() as tx:
        wrong = {"guard_wait": 5, "rejions": 1, "rejoins": "one"}
        await tx.session.execute(update(LineRow).where(LineRow.slug == "registry").values(rules=wrong))
        await tx.session.execute(update(OfficeRow).values(version=OfficeRow.version + 1))
    (_, named) = await check_installation(settings)
    assert named.part == "line registry of centro"
    assert named.problem == (
        "rules.guard_wait is not from 60 to 28800, rules.rejions is not known, rules.rejoins is not a whole number"
    )
