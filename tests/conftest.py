"""Fixtures of all tests: a settable clock, both databases, a whole server, a real browser."""

from __future__ import annotations

import asyncio
import dataclasses
import logging
import os
import shutil
import socket
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import UTC, datetime, timedelta
from functools import cache, partial
from pathlib import Path
from typing import Any, NoReturn, cast

import aiohttp
import pytest
import uvicorn
from argon2 import PasswordHasher
from jinja2 import FileSystemBytecodeCache
from office360.core.db import engine, postgres, quick_reads
from office360.core.i18n.catalogues import Catalogues
from office360.core.runtime import Runtime
from office360.offices.service import Office, office_by_slug
from office360.server import app
from office360.server.app import FEATURE_FOLDERS, ROOT
from office360.server.bundling.build import BuildFailed, build_if_stale, find_tools
from office360.server.bundling.manifest import current_manifest
from office360.server.lifespan import AppState
from office360.server.process.uvicorn_server import uvicorn_config
from office360.server.runtime import open_runtime
from office360.server.settings import Settings, load_settings
from office360.server.web import templates
from office360.server.web.static_files import StaticFolder
from office360.server.web.templates import JinjaRenderer
from office360.staff.actions import passwords
from sqlalchemy import event
from sqlalchemy.dialects.postgresql.asyncpg import PGDialect_asyncpg
from sqlalchemy.dialects.sqlite.aiosqlite import SQLiteDialect_aiosqlite
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.util import LRUCache
from starlette.applications import Starlette

from .matrix import chosen_databases, waits_for_test_all
from .notifications.support.gateways import FakeHttpService, run_http_service
from .support import coturn as coturns
from .support.chromium import CHROMIUM_FLAGS, CHROMIUM_PATH, SharedBrowser, open_shared_browser
from .support.databases.contents import NO_CONTENT, requested_content
from .support.databases.reused import KeptConnections, ReusedDatabases, keep_statements
from .support.databases.templates import PostgresTemplates, build_sqlite_template, fresh_postgres_database
from .support.http_client import open_client
from .support.ports import free_port
from .support.postgres import ram_folder, running_postgres
from .support.processes import NO_ENV_FILE
from .support.suite.changed import ChangedTests, changed_files
from .support.suite.examples import load_examples_profile
from .support.suite.machine_load import PROCESSES, LoadSummary, is_running_tests, machine_load, run_folder
from .support.suite.postgresql_need import NeedRecorder, own_parameters
from .support.suite.profile import SuiteProfile
from .support.timeouts import PAGE_TIMEOUT_MS
from .support.valkey import RunningValkey, configured_or_new_redis, running_valkey

NODE_MODULES = ROOT / ".venv" / "node" / "node_modules"
TEST_SECRET = "a secret of the tests in one piece: a comma would make two of it"
# a Wednesday morning on which the office is open
MORNING = datetime(2026, 11, 25, 9, 30, tzinfo=UTC)  # 10:30 in Madrid


class FakeClock:
    """A clock that a test sets."""

    def __init__(self, at: datetime) -> None:
        self._at = at

    def now(self) -> datetime:
        return self._at

    def set(self, at: datetime) -> None:
        self._at = at

    def advance(self, **by: float) -> None:
        self._at += timedelta(**by)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(MORNING)


# Databases


@pytest.fixture(scope="session")
def sqlite_templates() -> Callable[[str], Path]:
    """Return a function that builds the database file with a content, which each test copies."""
    folder = run_folder("sqlite")
    return lambda content: build_sqlite_template(folder, content, FakeClock(MORNING), TEST_SECRET)


@pytest.fixture(scope="session")
def sqlite_template(sqlite_templates: Callable[[str], Path]) -> Path:
    """Migrate a database file that each test copies."""
    return sqlite_templates(NO_CONTENT)


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """Return the configured PostgreSQL, else start one from PyPI's wheel."""
    configured = os.environ.get("OFFICE360_TEST_DATABASE_URL")
    if configured:
        yield configured
        return
    # not in pytest's folder, which keeps three runs only, and concurrent runs would delete it
    with tempfile.TemporaryDirectory(dir=ram_folder()) as folder, running_postgres(Path(folder)) as url:
        yield url


@pytest.fixture(scope="session")
def postgres_templates(postgres_url: str) -> PostgresTemplates:
    return PostgresTemplates(postgres_url, FakeClock(MORNING), TEST_SECRET)


@pytest.fixture(scope="session")
def reused_postgres(postgres_url: str, postgres_templates: PostgresTemplates) -> Iterator[ReusedDatabases]:
    databases = ReusedDatabases(postgres_url, postgres_templates)
    yield databases
    databases.close()


@pytest.fixture
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Return the URL of a new database, of each kind that tests/matrix.py names."""
    content = requested_content(request.fixturenames)
    if request.param == "sqlite":
        shutil.copy(request.getfixturevalue("sqlite_templates")(content), tmp_path / "office360.db")
        yield f"sqlite+aiosqlite:///{tmp_path / 'office360.db'}"
        return
    if "fresh_database" in request.fixturenames:
        template = request.getfixturevalue("postgres_templates").build(content)
        lent = fresh_postgres_database(request.getfixturevalue("postgres_url"), "office360_fresh", template)
    else:
        lent = request.getfixturevalue("reused_postgres").lend(content)
    with lent as url:
        yield url
        request.getfixturevalue("kept_connections").end_test()


@pytest.fixture
def fresh_database() -> None:
    """Ask for a database that no test has used, to change settings of its sessions."""


@pytest.fixture
def office_content() -> None:
    """Ask for a database with an office like the demo's central one."""


@pytest.fixture
def staff_content() -> None:
    """Ask for a database with two offices and accounts of their staff."""


@pytest.fixture
def managers_content() -> None:
    """Ask for a database with two offices and the people who manage them."""


# The bus


@pytest.fixture(scope="session")
def redis_url() -> Iterator[str]:
    """Return the configured Redis, else start a Valkey from PyPI's wheel."""
    with tempfile.TemporaryDirectory() as folder, configured_or_new_redis(Path(folder)) as url:
        yield url


@pytest.fixture
def valkey(tmp_path: Path) -> Iterator[RunningValkey]:
    """Start a Valkey for one test, which may stop, freeze and restart it."""
    with running_valkey(tmp_path / "valkey") as running:
        yield running


# The product


@pytest.fixture
def embedded_worker() -> None:
    """Ask for a server that is the worker, too: it sends messages and fires timers."""


def needs_worker(request: pytest.FixtureRequest) -> bool:
    """Return whether a test asks for the worker; tests in a browser show the whole product."""
    return "embedded_worker" in request.fixturenames or request.node.get_closest_marker("e2e") is not None


@pytest.fixture(scope="session")
def settings_of_tests() -> Settings:
    """Load the settings once: their sources and checks cost 2 ms."""
    return load_settings(
        environment="development",
        secret_key=[TEST_SECRET],
        public_url="http://127.0.0.1:1",
        gets_per_minute=100_000,
        writes_per_minute=100_000,
        tickets_per_minute=100_000,
        bookings_per_hour=100_000,
        holds_per_address=0,
        turns_per_address=0,
        unverified_per_address=0,
        appointments_per_mailbox=0,
        proof_difficulty=50,
        tests_per_hour=100_000,
    )


@pytest.fixture
def settings(settings_of_tests: Settings, database_url: str, request: pytest.FixtureRequest) -> Settings:
    # the worker takes CPU, and acts whenever a test moves the clock
    own = {"database_url": database_url, "embedded_worker": needs_worker(request)}
    return settings_of_tests.model_copy(update=own)


@pytest.fixture
async def runtime(settings: Settings, clock: FakeClock) -> AsyncIterator[Runtime]:
    """Open a runtime without a web server, on each database."""
    async with open_runtime(settings, clock) as opened:
        yield opened


@pytest.fixture(scope="session")
def loaded_offices() -> dict[tuple[str, bool], Office]:
    """Keep the office of each content and database: all copies of a template have the same."""
    return {}


@pytest.fixture
async def office(
    office_content: None,
    runtime: Runtime,
    loaded_offices: dict[tuple[str, bool], Office],
    request: pytest.FixtureRequest,
) -> Office:
    """Return the office like the demo's central one, as a new database contains it."""
    key = (requested_content(request.fixturenames), runtime.db.is_sqlite)
    if key not in loaded_offices:
        async with runtime.read_session() as session:
            loaded_offices[key] = await office_by_slug(session, "centro")
    return loaded_offices[key]


class FastSleepAsyncio:
    """asyncio with shorter sleeps for uvicorn, whose shutdown polls every 0.1 s."""

    def __getattr__(self, name: str) -> Any:
        return getattr(asyncio, name)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds / 10)


@pytest.fixture(scope="session", autouse=True)
def fast_server_shutdown() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(uvicorn.server, "asyncio", FastSleepAsyncio())
        yield


@pytest.fixture(scope="session", autouse=True)
def shared_templates() -> Iterator[None]:
    """Share templates and catalogues in this process, and compiled templates in the run."""
    catalogues, static = cache(partial(Catalogues, FEATURE_FOLDERS)), cache(lambda: StaticFolder(ROOT / "static"))
    pages = cache(lambda words: JinjaRenderer(FEATURE_FOLDERS, words, static()))
    with pytest.MonkeyPatch.context() as patch:
        compiled = FileSystemBytecodeCache(str(run_folder("jinja")))
        patch.setattr(templates, "SharedTemplates", lambda: compiled)
        patch.setattr(app, "Catalogues", lambda folders, languages: catalogues(languages))
        patch.setattr(app, "StaticFolder", lambda path: static())
        patch.setattr(app, "JinjaRenderer", lambda folders, words, files: pages(words))
        yield


@pytest.fixture(scope="session", autouse=True)
def shared_statements() -> Iterator[None]:
    """Share compiled statements between the engines of this process; each test has new ones.

    SQLAlchemy's key of a statement contains the dialect, so those of one class are made equal.
    """
    compiled: LRUCache[Any, Any] = LRUCache(5_000)

    def share(create: Any) -> Any:
        def create_sharing(*arguments: Any, **options: Any) -> Any:
            made = create(*arguments, **options)
            getattr(made, "sync_engine", made)._compiled_cache = compiled
            return made

        return create_sharing

    with pytest.MonkeyPatch.context() as patch:
        for module in (engine, postgres):
            patch.setattr(module, "create_async_engine", share(module.create_async_engine))
        for module in (engine, quick_reads):
            patch.setattr(module, "create_engine", share(module.create_engine))
        for dialect in (SQLiteDialect_aiosqlite, SQLiteDialect_pysqlite, PGDialect_asyncpg):
            patch.setattr(dialect, "__hash__", lambda self: hash(type(self)))
            patch.setattr(dialect, "__eq__", lambda self, other: type(self) is type(other))
        yield


@pytest.fixture(scope="session", autouse=True)
async def kept_connections() -> AsyncIterator[KeptConnections]:
    """Give PostgreSQL's connections that an engine has closed to the next one."""
    kept = KeptConnections(asyncio.get_running_loop())
    with pytest.MonkeyPatch.context() as patch:
        create: Any = vars(postgres)["create_async_engine"]

        def create_keeping(url: str, *, connect_args: dict[str, Any], **options: Any) -> Any:
            made = create(url, connect_args={**connect_args, "async_creator_fn": kept.connect}, **options)
            event.listen(made.sync_engine, "connect", keep_statements)
            return made

        patch.setattr(postgres, "create_async_engine", create_keeping)
        yield kept
    await kept.close()


@pytest.fixture(scope="session", autouse=True)
def cheap_password_hashes() -> Iterator[None]:
    """Hash passwords with little memory; 64 MiB took half of the CPU of staff tests."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passwords, "PasswordHasher", partial(PasswordHasher, time_cost=1, memory_cost=32))
        yield


@dataclasses.dataclass
class AppServer:
    """A real server on a free port of loopback."""

    url: str
    runtime: Runtime
    settings: Settings
    server: uvicorn.Server
    lifespan_state: AppState

    def client(self, **options: Any) -> AbstractAsyncContextManager[aiohttp.ClientSession]:
        """Open a client with its own cookies, also for an IP address."""
        return open_client(self.url, **options)


@asynccontextmanager
async def serve_app(
    settings: Settings, clock: Any, port: int = 0, host: str = "127.0.0.1"
) -> AsyncIterator[AppServer]:
    """Serve the app under uvicorn. `clock`: for its use cases. `port`: 0 for a free one.

    `host`: of its public URL, on loopback; passkeys need a name.
    """
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", port or free_port()))
    port = listener.getsockname()[1]
    settings = settings.model_copy(update={"public_url": f"http://{host}:{port}"})
    config = uvicorn_config(settings, "127.0.0.1", port, clock)
    made = cast(Starlette, config.app)
    server = uvicorn.Server(config)
    states: list[Any] = []
    original = made.router.lifespan_context

    @asynccontextmanager
    async def noted(inner: Any) -> AsyncIterator[Any]:
        async with original(inner) as state:
            states.append(state)
            yield state

    made.router.lifespan_context = noted
    with listener:
        task = asyncio.create_task(server.serve([listener]))
        while not server.started:
            if task.done():
                task.result()
                raise RuntimeError("the server did not start")
            await asyncio.sleep(0.005)
        try:
            yield AppServer(settings.public_url, states[0]["runtime"], settings, server, states[0])
        finally:
            server.should_exit = True
            await task


@pytest.fixture
async def app_server(settings: Settings, clock: FakeClock, office: Office) -> AsyncIterator[AppServer]:
    """Serve the app with the office and the test's clock."""
    async with serve_app(settings, clock) as server:
        yield server


# A browser


@pytest.fixture(scope="session")
def chromium_path() -> str:
    if not Path(CHROMIUM_PATH).exists():
        skip_or_fail_tier("NO CHROMIUM ON THIS MACHINE: the browser tests did not run (apt-get install chromium)")
    from playwright.async_api import expect

    expect.set_options(timeout=PAGE_TIMEOUT_MS)
    return CHROMIUM_PATH


def skip_or_fail_tier(why: str) -> NoReturn:
    """Skip tests that this machine cannot run; in CI, fail."""
    if os.environ.get("OFFICE360_TEST_REQUIRE_ALL"):
        pytest.fail(why)
    pytest.skip(why)


def build_page_bundles() -> None:
    """Build the bundles on which tests in browsers run, if they are not of these sources."""
    try:
        build_if_stale(ROOT, find_tools(NODE_MODULES))
    except BuildFailed as problem:
        if current_manifest(ROOT) is None:  # else this is a copy of a tree, without its tools
            raise pytest.UsageError(f"{problem}\n`make .venv/.ready-dev` installs the tools of tests") from None


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--profile-suite", action="store_true", help="print CPU seconds by file and fixture")
    parser.addoption(
        "--changed", nargs="?", const="main", metavar="BASE", help="run tests concerned by what differs from BASE"
    )
    parser.addoption(
        "--whole", action="store_true", help="run what tests/matrix.py keeps for `make test-all`, too"
    )
    parser.addoption(
        "--record-needs", type=Path, metavar="FOLDER", help="write what tests do to PostgreSQL to a folder"
    )


def pytest_configure(config: pytest.Config) -> None:
    os.environ.update(NO_ENV_FILE)  # for processes that inherit this environment, and for xdist's
    load_examples_profile(whole=config.getoption("whole"), seed=config.getoption("--hypothesis-seed"))
    if not hasattr(config, "workerinput"):
        build_page_bundles()
        config.pluginmanager.register(LoadSummary(), "load-summary")
    if is_running_tests(config):
        config.pluginmanager.register(machine_load(config), "machine-load")
    if base := config.getoption("--changed"):
        config.pluginmanager.register(ChangedTests(changed_files(base)), "changed-tests")
    if folder := config.getoption("--record-needs"):
        config.pluginmanager.register(NeedRecorder(folder), "need-recorder")
    if config.getoption("--profile-suite"):
        config.pluginmanager.register(SuiteProfile(), "suite-profile")
    for plugin in ("instant_failures", "recorded_durations"):
        config.pluginmanager.import_plugin(f"{__package__}.support.failures.{plugin}")


@pytest.hookimpl(tryfirst=True)  # the database stands first in a node id
def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "database_url" not in metafunc.fixturenames or "database_url" in own_parameters(metafunc.definition):
        return
    config = metafunc.config
    databases = chosen_databases(
        metafunc.definition.nodeid,
        whole=config.getoption("whole"),
        spares=not (config.getoption("changed") or names_tests(config)),
    )
    metafunc.parametrize("database_url", databases, indirect=True)


def names_tests(config: pytest.Config) -> bool:
    """Tell whether the command line names tests; those run on every database of their layer."""
    return config.args_source is pytest.Config.ArgsSource.ARGS


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what waits for `make test-all`, unless the command line names files."""
    if config.getoption("whole") or names_tests(config):
        return
    later = [item for item in items if waits_for_test_all(item.nodeid)]
    config.hook.pytest_deselected(items=later)
    items[:] = [item for item in items if not waits_for_test_all(item.nodeid)]


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown() -> None:
    """Undo the level of the log that a command has set in this process."""
    logging.getLogger().setLevel(logging.WARNING)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Replace the scheduler of `--dist loadfile`."""
    if config.getoption("dist") != "loadfile":
        return None
    from .support.suite.scheduler import FileScopeScheduler

    return FileScopeScheduler(config, log)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """Return the number of test processes: none beside the first for tests of one file."""
    named = [argument.partition("::")[0] for argument in config.args]
    return 0 if len(set(named)) == 1 and named[0].endswith(".py") else PROCESSES


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Print the summaries that tests recorded, and the reasons of skipped tests."""
    for report in terminalreporter.stats.get("passed", []):
        for name, value in report.user_properties:
            if name == "summary":
                terminalreporter.write_line(f"{value}; {report.duration:.0f} s")
    for reason in sorted({str(report.longrepr[2]) for report in terminalreporter.stats.get("skipped", [])}):
        terminalreporter.write_line(f"NOT RUN: {reason}", red=True, bold=True)


@pytest.fixture(scope="session")
def coturn() -> Iterator[coturns.CoturnServer]:
    """Run a real coturn on loopback."""
    if not coturns.is_coturn_installed():
        skip_or_fail_tier(coturns.COTURN_MISSING)
    with tempfile.TemporaryDirectory() as folder, coturns.running_coturn(Path(folder)) as relay:
        yield relay


@pytest.fixture
async def push_service() -> AsyncIterator[FakeHttpService]:
    async with run_http_service() as made:
        yield made


@pytest.fixture
def chromium_flags() -> list[str]:
    """Return further flags of the browser."""
    return []


@pytest.fixture(scope="session")
async def shared_browser(chromium_path: str) -> AsyncIterator[SharedBrowser]:
    """Keep one driver, and one browser at a time, for all tests of this process."""
    async with open_shared_browser() as shared:
        yield shared


@pytest.fixture
async def browser(
    request: pytest.FixtureRequest, shared_browser: SharedBrowser, chromium_flags: list[str]
) -> AsyncIterator[Any]:
    """Return Chromium with a fake camera and microphone, without a context of another test."""
    whole = request.node.get_closest_marker("whole_chromium") is not None
    launched = await shared_browser.with_flags(chromium_flags, whole=whole)
    yield launched
    await shared_browser.close_contexts()


__all__ = ["CHROMIUM_FLAGS", "CHROMIUM_PATH", "AppServer", "FakeClock"]
