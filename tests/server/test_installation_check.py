"""`office360 check`: every part is used, and broken parts are named."""

from __future__ import annotations

import asyncio
import json
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from importlib.metadata import version
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from office360.core.db.audit_entries import COMMAND_LINE
from office360.core.db.process_heartbeats import ProcessHeartbeatRow, ProcessKind, beat, database_time
from office360.core.ids import new_id
from office360.core.runtime import Runtime
from office360.offices.service import Office, SiteProfile, save_site_profile
from office360.offices.storage.tables import LineRow, OfficeRow
from office360.server import installation_check
from office360.server.checks import database_checks, site_checks
from office360.server.checks.check_result import CheckExit, CheckResult, CheckState, CheckTopic
from office360.server.checks.database_checks import PADDING_BYTES
from office360.server.checks.process_checks import check_fanout
from office360.server.checks.site_checks import SINGLE_MODULES, check_page_files, check_site
from office360.server.cli import main
from office360.server.installation_check import check_installation, unused_parts
from office360.server.settings import Settings, load_settings
from office360.server.testroom.installed import TESTROOM_MISSING
from office360.signaling import fanout
from sqlalchemy import select, text, update
from sqlalchemy.engine import make_url

from ..conftest import TEST_SECRET, AppServer, FakeClock
from ..notifications.support.messages import enqueue_message
from ..notifications.support.smtp_server import LocalMailServer, run_mail_server
from ..support.coturn import TRANSPORTS, CoturnServer
from ..support.ports import free_port
from ..support.processes import EXIT_TIMEOUT_S, ServedProcess, environment_without_settings, fork_process
from ..support.timeouts import TEST_TIMEOUT_S
from ..support.valkey import RunningValkey

PATH = "relay to the test room"
USE = ["writes", "clock", "connections", "disk", "processes", "worker", "messages", "timers", "offices"]


@pytest.fixture(autouse=True)
def patient_checks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let checks wait longer than an operator would: the machine of the tests is busy."""
    for module in (site_checks, database_checks):
        monkeypatch.setattr(module, "CHECK_TIMEOUT_S", TEST_TIMEOUT_S)


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
    room = fork_process(tmp_path, environment, ("-m", "office360.server.cli", "testroom"))
    try:
        await room.wait_until_ready()
        yield room
    finally:
        room.ensure_ended()


async def find_problems(settings: Settings) -> dict[str, str]:
    """Return the problems of an installation by part, except that its site is not served."""
    found = await check_installation(settings)
    return {
        check_result.part: check_result.problem
        for check_result in found
        if check_result.problem is not None and not check_result.part.startswith("site ")
    }


def run_check_command(environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Run the command as an operator does."""
    clean = environment_without_settings()
    return subprocess.run(
        [sys.executable, "-m", "office360.server.cli", "check"],
        env={**clean, "OFFICE360_ENVIRONMENT": "development", "OFFICE360_SECRET_KEY": TEST_SECRET, **environment},
        capture_output=True,
        text=True,
        timeout=EXIT_TIMEOUT_S,
    )


async def test_mail_check_tries_the_return_path(settings: Settings, smtp_server: LocalMailServer) -> None:
    changes = {"smtp_url": smtp_server.url(), "mail_from": "Cita <cita@example.org>"}
    for given, tried in (("", "cita@example.org"), ("bounces@example.org", "bounces@example.org")):
        found = await find_problems(settings.model_copy(update={**changes, "mail_return_path": given}))
        assert ("mail" in found, smtp_server.senders) == (False, [tried])
        smtp_server.senders.clear()


@pytest.mark.usefixtures("embedded_worker")
async def test_check_reports_every_working_part(
    settings: Settings,
    valkey: RunningValkey,
    coturn: CoturnServer,
    testroom: ServedProcess,
    smtp_server: LocalMailServer,
    app_server: AppServer,
) -> None:
    uris = [coturn.uri(transport) for transport in TRANSPORTS]
    environment = {
        "OFFICE360_DATABASE_URL": settings.database_url,
        "OFFICE360_PUBLIC_URL": app_server.url,
        "OFFICE360_REDIS_URL": valkey.url,
        "OFFICE360_TURN_URIS": ",".join(uris),
        "OFFICE360_TURN_SECRET": coturn.secret,
        "OFFICE360_TESTROOM_URL": testroom.url,
        "OFFICE360_SMTP_URL": smtp_server.url(),
        "SSL_CERT_FILE": str(coturn.authority),
    }
    answer = await asyncio.to_thread(run_check_command, environment)  # the mail server responds meanwhile
    parts = ["database", "bus", *(f"relay {uri}" for uri in uris), f"test room {testroom.url}", PATH, "mail"]
    parts += ["phones", f"site {app_server.url}", "WebSockets", "pages", *USE]
    lines = dict(line.split(" (")[0].split(": ", 1) for line in answer.stdout.splitlines())
    assert list(lines) == parts
    assert lines.pop("phones") == check_fanout(settings).remark.split(" (")[0]
    assert lines.pop("pages") == check_page_files().remark.split(" (")[0]
    assert set(lines.values()) == {"works"}
    assert answer.returncode == CheckExit.OK
    assert "connections: works" in answer.stdout
    assert "processes: works (2 processes: 1 web with worker, 1 test room)" in answer.stdout
    assert smtp_server.envelopes == []


def test_check_names_every_broken_part_and_exits_with_1(tmp_path: Path, coturn: CoturnServer) -> None:
    port = free_port()
    environment = {
        "OFFICE360_DATABASE_URL": f"sqlite+aiosqlite:///{tmp_path}/nothing.db",
        "OFFICE360_REDIS_URL": f"redis://:a%20password@127.0.0.1:{port}/0",
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
    assert f"Redis or Valkey at 127.0.0.1:{port} does not answer (no connection); start: " in said["bus"]
    assert "TURN_SECRET" in said[f"relay {coturn.uri('udp')}"]
    assert "Connect call failed" in said[f"relay turn:127.0.0.1:{port}?transport=tcp"]
    room = said[f"test room http://127.0.0.1:{port}"]
    assert room.startswith("error: the test room does not answer (Connect call failed ")
    assert "; start: office360 testroom " in room
    assert said["mail"] != "works"


def test_check_tells_why_phones_are_served_by_python(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fanout, "send_frames", lambda: None)
    assert check_fanout(settings).line() == "phones: native fan-out"
    turned_off = check_fanout(settings.model_copy(update={"native_fanout": False}))
    assert turned_off.line() == "phones: pure Python, because NATIVE_FANOUT is false"
    monkeypatch.setattr(fanout, "send_frames", None)
    assert check_fanout(settings).line().startswith("phones: pure Python, because no compiler was there")


async def test_check_reports_single_broken_relay(settings: Settings, coturn: CoturnServer) -> None:
    uris = [coturn.uri("udp"), coturn.uri("tls")]  # its certificate is not trusted
    turn = {"turn_uris": uris, "turn_secret": coturn.secret}
    found = await check_installation(settings.model_copy(update=turn))
    assert [check_result.problem is None for check_result in found[:4]] == [True, True, False, True]
    assert "certificate" in found[2].line()


async def test_check_skips_path_to_remote_test_room(settings: Settings, coturn: CoturnServer) -> None:
    turn = {"turn_uris": [coturn.uri("udp")], "turn_secret": coturn.secret}
    elsewhere = {"testroom_url": [f"http://127.0.0.2:{free_port()}"]}
    found = await check_installation(settings.model_copy(update={**turn, **elsewhere}))
    assert PATH not in [check_result.part for check_result in found]


async def test_check_asks_stun_server_of_each_region(settings: Settings, coturn: CoturnServer) -> None:
    room = f"http://127.0.0.2:{free_port()}"
    stun = coturn.uri("udp").partition("?")[0].replace("turn:", "stun:")
    entries = [f"madrid={room}+{stun}", f"lugo={room}+stun:127.0.0.1:{free_port()}", f"vigo={room}"]
    found = await check_installation(settings.model_copy(update={"testroom_url": entries}))
    madrid, lugo, vigo = (check_result for check_result in found if check_result.part.startswith("region "))
    assert madrid.remark.startswith(f"works ({stun} answers in ")
    assert "does not answer" in (lugo.problem or "")
    assert (vigo.state, "STUN" in (vigo.problem or "")) == (CheckState.WARNING, True)


async def test_check_reports_old_schema(tmp_path: Path) -> None:
    (tmp_path / "empty.db").touch()
    settings = load_settings(
        environment="development",
        secret_key=[TEST_SECRET],
        database_url=f"sqlite+aiosqlite:///{tmp_path}/empty.db",
    )
    assert await find_problems(settings) == {"database": "the schema is not up to date; run: office360 migrate"}


async def test_check_reports_database_outage_in_one_line(settings: Settings) -> None:
    url = f"postgresql+asyncpg://office360:a%20password@127.0.0.1:{free_port()}/office360"
    database, *_ = await check_installation(settings.model_copy(update={"database_url": url}))
    assert (database.problem or "").startswith(f"PostgreSQL at 127.0.0.1:{make_url(url).port} does not answer (")
    assert "\n" not in database.line()
    assert "password" not in database.line()


async def test_check_names_missing_postgresql_socket(settings: Settings, tmp_path: Path) -> None:
    """Use a URL as deploy/server/office360.env has it."""
    url = f"postgresql+asyncpg://office360@/office360?host={tmp_path}"
    database, *_ = await check_installation(settings.model_copy(update={"database_url": url}))
    assert database.problem == (
        f"PostgreSQL at {tmp_path} does not answer (No such file or directory); start: systemctl start postgresql"
    )


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
async def test_check_reports_missing_database_in_one_line(settings: Settings) -> None:
    url = make_url(settings.database_url).set(database="missing").render_as_string(hide_password=False)
    database, *others = await check_installation(settings.model_copy(update={"database_url": url}))
    assert 'database "missing" does not exist' in database.line()
    assert "\n" not in database.line()
    assert others


def test_unused_parts_are_no_problems(settings: Settings) -> None:
    without = unused_parts(settings)
    assert [check_result.part for check_result in without] == ["bus", "relay", "test room", "mail"]
    states = {check_result.part: check_result.state for check_result in without}
    assert states.pop("test room") is CheckState.OK  # in the web process
    assert set(states.values()) == {CheckState.ABSENT}


def test_missing_test_room_is_absent(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(installation_check, "is_testroom_installed", lambda: False)
    (room,) = [unused for unused in unused_parts(settings) if unused.part == "test room"]
    assert (room.state, room.remark) == (CheckState.ABSENT, TESTROOM_MISSING)


async def test_check_warns_of_undelivered_messages(settings: Settings, runtime: Runtime) -> None:
    await enqueue_message(runtime, "one")
    *_, messages = await check_installation(settings.model_copy(update={"environment": "production"}))
    assert messages.problem == "email: 1 wait because this channel is not set up"
    assert messages.state is CheckState.WARNING


def test_check_reports_invalid_settings_first(tmp_path: Path) -> None:
    answer = run_check_command({"OFFICE360_TURN_URIS": "turn:relay.example.org"})
    assert answer.returncode == 1
    assert "OFFICE360_TURN_SECRET" in answer.stderr
    assert answer.stdout == ""


async def test_check_names_line_with_invalid_settings(
    settings: Settings, runtime: Runtime, office: Office
) -> None:
    async with runtime.transaction() as tx:
        wrong = {"guard_wait": 5, "rejions": 1, "rejoins": "one"}
        await tx.session.execute(update(LineRow).where(LineRow.slug == "registry").values(rules=wrong))
        await tx.session.execute(update(OfficeRow).values(version=OfficeRow.version + 1))
    assert (await find_problems(settings))["line registry of centro"] == (
        "rules.rejions is not known, rules.guard_wait is not from 60 to 28800, rules.rejoins is not a whole number"
    )


async def test_check_names_missing_site(settings: Settings) -> None:
    found = await check_installation(settings)
    (site,) = [check_result for check_result in found if check_result.part.startswith("site ")]
    assert "the connection is refused: no proxy and no web process answers; start: office360 serve" in site.line()


async def test_check_asks_for_a_page_and_a_socket(settings: Settings, app_server: AppServer) -> None:
    site, sockets = await check_site(settings.model_copy(update={"public_url": app_server.url}))
    assert (site.line(), sockets.line()) == (f"site {app_server.url}: works", "WebSockets: works")


async def test_check_names_proxy_that_drops_upgrades(settings: Settings, app_server: AppServer) -> None:
    """Ask through a proxy that passes on pages only."""

    async def forward(request: web.Request) -> web.Response:
        async with app_server.client() as client, client.get(request.path_qs) as answer:
            return web.Response(
                status=answer.status, body=await answer.read(), content_type=answer.content_type or None
            )

    proxy = web.Application()
    proxy.router.add_get("/{path:.*}", forward)
    async with TestServer(proxy) as running:
        url = f"http://127.0.0.1:{running.port}"
        site, sockets = await check_site(settings.model_copy(update={"public_url": url}))
    assert site.problem is None
    assert sockets.problem is not None
    assert "Upgrade" in sockets.problem


async def test_check_names_dead_worker(settings: Settings, runtime: Runtime, office: Office) -> None:
    assert "none was seen" in (await find_problems(settings))["worker"]
    await beat(runtime, [ProcessKind.WORKER], "0")
    assert "worker" not in await find_problems(settings)
    async with runtime.transaction() as tx:
        long_ago = datetime.now(UTC) - timedelta(hours=3, seconds=20)
        await tx.session.execute(update(ProcessHeartbeatRow).values(seen_at=long_ago))
    assert "seen 3 h 0 min ago; start: office360 worker" in (await find_problems(settings))["worker"]


async def test_check_warns_of_office_without_phone(settings: Settings, runtime: Runtime, office: Office) -> None:
    assert "office centro" not in await find_problems(settings)
    async with runtime.transaction() as tx:
        await tx.session.execute(update(OfficeRow).values(phone="", version=OfficeRow.version + 1))
    (found,) = [
        check_result for check_result in await check_installation(settings) if check_result.part == "office centro"
    ]
    assert found.problem == "telephone missing; a manager gives it at /staff/manage/o/centro/details"
    assert found.state is CheckState.WARNING


async def test_check_names_missing_processes(settings: Settings, runtime: Runtime, office: Office) -> None:
    planned = settings.model_copy(
        update={"workers": 2, "redis_url": "redis://127.0.0.1:1", "embedded_worker": False}
    )
    await beat(runtime, [ProcessKind.WEB], "0")
    assert (await find_problems(planned))["processes"] == (
        "1 of 2 web processes alive; start: office360 serve (systemctl start office360@web); "
        "0 of 1 test room processes alive; start: office360 testroom (systemctl start office360@testroom)"
    )
    await beat_as_other_process(runtime, ProcessKind.WEB, ProcessKind.TESTROOM, ProcessKind.WORKER)
    (processes,) = [
        check_result for check_result in await check_installation(planned) if check_result.part == "processes"
    ]
    assert processes.line() == "processes: works (4 processes: 2 web, 1 worker, 1 test room)"


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
async def test_connections_are_counted_for_each_process(settings: Settings, runtime: Runtime) -> None:
    """A process beyond the settings counts too, such as those of a second machine."""
    await beat_as_other_process(runtime, *[ProcessKind.WEB] * 2, ProcessKind.WORKER, ProcessKind.TESTROOM)
    (connections,) = [
        check_result for check_result in await check_installation(settings) if check_result.part == "connections"
    ]
    assert connections.remark.startswith("works (4 processes may open ")


async def beat_as_other_process(runtime: Runtime, *kinds: ProcessKind) -> None:
    """Insert the heartbeat of one more process for each kind."""
    async with runtime.transaction() as tx:
        now = (await tx.session.execute(select(database_time()))).scalar_one()
        for kind in kinds:
            tx.session.add(ProcessHeartbeatRow(id=new_id(), kind=kind, started_at=now, seen_at=now, version="0"))


@pytest.mark.parametrize("status", [502, 503, 504])
async def test_check_says_that_no_web_process_answers(settings: Settings, status: int) -> None:
    """Ask through a proxy without its upstream."""

    async def refuse(request: web.Request) -> web.Response:
        return web.Response(status=status, text="<html>", content_type="text/html")

    proxy = web.Application()
    proxy.router.add_get("/{path:.*}", refuse)
    async with TestServer(proxy) as running:
        proxied = settings.model_copy(update={"public_url": f"http://127.0.0.1:{running.port}"})
        (site,) = await check_site(proxied)
        (without_database,) = await check_site(proxied, has_database=False)
    start = "no web process answers; start: office360 serve (systemctl start office360@web)"
    assert site.problem == f"the proxy answers {status}: {start}"
    assert without_database.problem == f"the proxy answers {status}: {start}, or it has no database; see: database"


WARNING = CheckResult(CheckTopic.OFFICES, "no office yet", is_warning=True)


@pytest.mark.parametrize(
    ("results", "code"),
    [
        ([CheckResult(CheckTopic.DISK), CheckResult(CheckTopic.MAIL, is_absent=True)], CheckExit.OK),
        ([CheckResult(CheckTopic.DISK), WARNING], CheckExit.WARNING),
        ([CheckResult(CheckTopic.DISK, "full"), WARNING], CheckExit.ERROR),
    ],
)
def test_check_prints_json_and_exits_by_severity(
    results: list[CheckResult],
    code: CheckExit,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    async def found(_settings: Settings) -> list[CheckResult]:
        return results

    monkeypatch.setattr(installation_check, "check_installation", found)
    monkeypatch.setattr(installation_check, "unused_parts", lambda _settings: [])
    monkeypatch.setattr("office360.server.process.logging.silence_log", lambda: None)
    monkeypatch.setenv("OFFICE360_ENVIRONMENT", "development")
    for option in ([], ["--json"]):
        with pytest.raises(SystemExit) as ended:
            main(["check", *option])
        assert ended.value.code == code
    lines, _, printed = capsys.readouterr().out.partition("\n{")
    assert len(lines.splitlines()) == 2
    known = json.loads("{" + printed)
    assert known["version"] == version("office360")
    assert [printed_result["state"] for printed_result in known["results"]] == [result.state for result in results]
    assert {"part", "state", "text", "help"} == set(known["results"][0])


def test_check_of_misspelt_setting_exits_with_2(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    async def find_nothing(_settings: Settings) -> list[CheckResult]:
        return []

    monkeypatch.setattr(installation_check, "check_installation", find_nothing)
    monkeypatch.setattr("office360.server.process.logging.silence_log", lambda: None)
    monkeypatch.setenv("OFFICE360_ENVIRONMENT", "development")
    monkeypatch.setenv("OFFICE360_SECRT_KEY", TEST_SECRET)
    with pytest.raises(SystemExit) as ended:
        main(["check"])
    assert ended.value.code == CheckExit.WARNING
    assert "settings OFFICE360_SECRT_KEY: warning: " in capsys.readouterr().out


async def test_check_names_late_message_and_timer(settings: Settings, runtime: Runtime, clock: FakeClock) -> None:
    clock.set(datetime.now(UTC) - timedelta(hours=3, seconds=20))
    await enqueue_message(runtime, "one")
    async with runtime.transaction() as tx:
        await tx.schedule_timer("bell", subject="a:1", due_at=tx.now)
    found = await find_problems(settings)
    assert found["messages"] == "the oldest due message (email) is 3 h 0 min late; it was never tried; see: worker"
    assert found["timers"] == "the oldest due timer is 3 h 0 min late; see: worker"


async def test_check_names_missing_column(settings: Settings, runtime: Runtime) -> None:
    async with runtime.transaction() as tx:
        await tx.session.execute(text("ALTER TABLE timers DROP COLUMN lease_until"))
    assert "timers.lease_until missing" in (await find_problems(settings))["database"]


async def test_check_says_that_there_is_no_office(settings: Settings) -> None:
    assert (await find_problems(settings))["offices"].startswith("no office yet")


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
async def test_check_names_refused_write(fresh_database: None, settings: Settings, runtime: Runtime) -> None:
    async with runtime.transaction() as tx:
        name = (await tx.session.execute(text("SELECT current_database()"))).scalar_one()
        await tx.session.execute(text(f'ALTER DATABASE "{name}" SET default_transaction_read_only = on'))
    assert "read-only" in (await find_problems(settings))["writes"]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_check_write_reaches_the_disk(settings: Settings, runtime: Runtime) -> None:
    assert settings.sqlite_path is not None
    async with runtime.read_session() as session:
        await session.execute(text("SELECT 1 FROM outbox"))
        assert "writes" not in await find_problems(settings)
        journal = settings.sqlite_path.with_name(settings.sqlite_path.name + "-wal")
        assert journal.stat().st_size > PADDING_BYTES / 2
    async with runtime.read_session() as session:
        assert (await session.execute(text("SELECT count(*) FROM outbox"))).scalar_one() == 0


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
async def test_check_names_wrong_clock(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    fast = FakeClock(datetime.now(UTC) + timedelta(minutes=3, seconds=30))
    monkeypatch.setattr(database_checks, "SystemClock", lambda: fast)
    assert "clock is 3 min ahead of the database's" in (await find_problems(settings))["clock"]


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
async def test_check_names_too_many_connections(settings: Settings) -> None:
    many = settings.model_copy(update={"workers": 50, "redis_url": "redis://127.0.0.1:1"})
    assert "raise max_connections or lower the pools" in (await find_problems(many))["connections"]


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
async def test_check_allows_many_connections_to_pgbouncer(settings: Settings) -> None:
    pooled = settings.model_copy(update={"workers": 50, "database_pgbouncer": True})
    assert "connections" not in await find_problems(pooled)


async def test_check_names_full_disk(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    nearly_full = shutil.disk_usage("/")._replace(free=100 << 20)
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: nearly_full)
    assert "100 MB left" in (await find_problems(settings))["disk"]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_check_names_missing_legal_texts_in_production_only(settings: Settings, runtime: Runtime) -> None:
    production = settings.model_copy(update={"environment": "production"})
    assert not any(part.startswith("look and law") for part in await find_problems(settings))
    missing = [part for part in await find_problems(production) if part.startswith("look and law")]
    assert len(missing) == 8
    problems = await find_problems(production)
    assert "/staff/manage/look/law" in problems["look and law (data protection officer)"]
    found = await check_installation(production)
    assert {check_result.state for check_result in found if check_result.part in missing} == {CheckState.WARNING}
    profile = SiteProfile(
        names={"es": "Valdemora"}, help_phone="010", officer_contact="dpd", retention={"es": "Un texto."}
    )
    async with runtime.transaction() as tx:
        await save_site_profile(tx.session, tx.now, COMMAND_LINE, profile)
    found = await check_installation(production)
    left = {
        check_result.subject: check_result.problem or ""
        for check_result in found
        if check_result.topic is CheckTopic.LOOK_AND_LAW
    }
    assert left.pop("(retention)").startswith(
        "no text in English; an administrator gives it at /staff/manage/look/"
    )
    assert set(left) == {
        "(controller)",
        "(purpose and legal basis)",
        "(complaint authority)",
        "(accessibility statement)",
    }


def test_check_names_what_pages_load(tmp_path: Path) -> None:
    assert check_page_files().line() == "pages: bundles"
    without = check_page_files(tmp_path)
    assert (without.line(), without.state) == (f"pages: {SINGLE_MODULES}", CheckState.ABSENT)
