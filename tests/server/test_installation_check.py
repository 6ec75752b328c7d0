"""`office360 check` uses every part, and names each that does not work."""

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
from office360.server.installation_check import Finding, findings, remarks
from office360.server.settings import Settings, load_settings
from sqlalchemy import update

from ..conftest import SECRET
from ..notifications.conftest import enqueue
from ..notifications.support.smtp_server import PostOffice, post_office
from ..support.coturn import TRANSPORTS, Coturn
from ..support.ports import free_port
from ..support.processes import END_S, Served, start
from ..support.valkey import RunningValkey

PATH = "relay to the test room"


@pytest.fixture
async def office_of_post(tmp_path: Path) -> AsyncIterator[PostOffice]:
    async with post_office(tmp_path) as office:
        yield office


@pytest.fixture
async def testroom(settings: Settings, tmp_path: Path) -> AsyncIterator[Served]:
    """`office360 testroom` as a process of its own."""
    environment = {
        "OFFICE360_ENVIRONMENT": "development",
        "OFFICE360_SECRET_KEY": SECRET,
        "OFFICE360_DATABASE_URL": settings.database_url,
    }
    room = start(tmp_path, environment, ("-m", "office360.server.cli", "testroom"))
    try:
        await room.ready()
        yield room
    finally:
        room.end()


def checked(environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """The command as somebody types it."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("OFFICE360_")}
    return subprocess.run(
        [sys.executable, "-m", "office360.server.cli", "check"],
        env={**clean, "OFFICE360_ENVIRONMENT": "development", "OFFICE360_SECRET_KEY": SECRET, **environment},
        capture_output=True,
        text=True,
        timeout=END_S,
    )


async def test_every_part_that_works_is_said_to_work(
    settings: Settings, valkey: RunningValkey, coturn: Coturn, testroom: Served, office_of_post: PostOffice
) -> None:
    uris = [coturn.uri(transport) for transport in TRANSPORTS]
    environment = {
        "OFFICE360_DATABASE_URL": settings.database_url,
        "OFFICE360_REDIS_URL": valkey.url,
        "OFFICE360_TURN_URIS": ",".join(uris),
        "OFFICE360_TURN_SECRET": coturn.secret,
        "OFFICE360_TESTROOM_URL": testroom.url,
        "OFFICE360_SMTP_URL": office_of_post.url(),
        "SSL_CERT_FILE": str(coturn.authority),
    }
    answer = await asyncio.to_thread(checked, environment)  # the post office works meanwhile
    parts = ["database", "bus", *(f"relay {uri}" for uri in uris), f"test room {testroom.url}", PATH, "mail"]
    assert answer.stdout.splitlines() == [f"{part}: works" for part in parts]
    assert answer.returncode == 0
    assert office_of_post.envelopes == []


def test_every_part_that_is_down_is_named_and_the_exit_code_is_1(tmp_path: Path, coturn: Coturn) -> None:
    port = free_port()
    environment = {
        "OFFICE360_DATABASE_URL": f"sqlite+aiosqlite:///{tmp_path}/nothing.db",
        "OFFICE360_REDIS_URL": f"redis://127.0.0.1:{port}/0",
        "OFFICE360_TURN_URIS": f"{coturn.uri('udp')},turn:127.0.0.1:{port}?transport=tcp",
        "OFFICE360_TURN_SECRET": "not the relay's",
        "OFFICE360_TESTROOM_URL": f"http://127.0.0.1:{port}",
        "OFFICE360_SMTP_URL": f"smtp://127.0.0.1:{port}",
    }
    answer = checked(environment)
    said = dict(line.split(": ", 1) for line in answer.stdout.splitlines())
    assert answer.returncode == 1
    assert answer.stderr == ""
    assert "office360 migrate" in said["database"]
    assert said["bus"] != "works"
    assert "TURN_SECRET" in said[f"relay {coturn.uri('udp')}"]
    assert "Connect call failed" in said[f"relay turn:127.0.0.1:{port}?transport=tcp"]
    assert "Cannot connect" in said[f"test room http://127.0.0.1:{port}"]
    assert said["mail"] != "works"


async def test_one_relay_that_fails_does_not_hide_behind_the_others(settings: Settings, coturn: Coturn) -> None:
    uris = [coturn.uri("udp"), coturn.uri("tls")]  # nobody here trusts its certificate
    turn = {"turn_uris": uris, "turn_secret": coturn.secret}
    found = await findings(settings.model_copy(update=turn))
    assert [one.problem is None for one in found] == [True, True, False, True]
    assert "certificate" in found[2].text()


async def test_the_way_to_a_test_room_elsewhere_cannot_be_tried_from_here(
    settings: Settings, coturn: Coturn
) -> None:
    turn = {"turn_uris": [coturn.uri("udp")], "turn_secret": coturn.secret}
    elsewhere = {"testroom_url": [f"http://127.0.0.2:{free_port()}"]}
    found = await findings(settings.model_copy(update={**turn, **elsewhere}))
    assert PATH not in [one.part for one in found]


async def test_an_old_schema_is_said(tmp_path: Path) -> None:
    (tmp_path / "empty.db").touch()
    settings = load_settings(
        environment="development",
        secret_key=[SECRET],
        database_url=f"sqlite+aiosqlite:///{tmp_path}/empty.db",
    )
    (database,) = await findings(settings)
    assert database == Finding("database", "the schema is not up to date; run: office360 migrate")


async def test_a_database_server_that_is_down_is_said_in_one_line(settings: Settings) -> None:
    url = f"postgresql+asyncpg://office360:a%20password@127.0.0.1:{free_port()}/office360"
    (database,) = await findings(settings.model_copy(update={"database_url": url}))
    assert "Connect call failed" in database.text()
    assert "\n" not in database.text()
    assert "password" not in database.text()


def test_what_an_installation_does_without_is_no_fault(settings: Settings) -> None:
    without = remarks(settings)
    assert [one.part for one in without] == ["bus", "relay", "test room", "mail"]
    assert all(one.problem is None for one in without)


async def test_letters_that_reach_nobody_are_said_and_are_no_fault_of_a_part(
    settings: Settings, runtime: Runtime
) -> None:
    await enqueue(runtime, "one")
    _, letters = await findings(settings.model_copy(update={"environment": "production"}))
    assert letters.text() == "letters: email: 1 wait, and nothing here sends them"
    assert letters.problem is None


def test_settings_that_are_wrong_are_said_before_anything_is_asked(tmp_path: Path) -> None:
    answer = checked({"OFFICE360_TURN_URIS": "turn:relay.example.org"})
    assert answer.returncode == 1
    assert "OFFICE360_TURN_SECRET" in answer.stderr
    assert answer.stdout == ""


async def test_a_line_whose_numbers_make_no_sense_is_named(
    settings: Settings, runtime: Runtime, office: Office
) -> None:
    assert await findings(settings) == [Finding("database")]
    async with runtime.transaction() as tx:
        wrong = {"guard_wait": 5, "rejions": 1, "rejoins": "one"}
        await tx.session.execute(update(LineRow).where(LineRow.slug == "registry").values(rules=wrong))
        await tx.session.execute(update(OfficeRow).values(version=OfficeRow.version + 1))
    (_, named) = await findings(settings)
    assert named.part == "line registry of centro"
    assert named.problem == (
        "rules.guard_wait is not from 60 to 28800, rules.rejions is not known, rules.rejoins is not a whole number"
    )
