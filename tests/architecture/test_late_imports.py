"""Modules that a process imports only when it needs them. Counts, not times."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from office360.notifications.service import generate_vapid_private_key
from office360.server.migrations import migrate
from office360.server.runtime import open_runtime
from office360.server.settings import Settings

from ..notifications.support.payloads import ticket_notification_payload

# Libraries of parts that many installations lack, or that few requests use.
OPTIONAL_LIBRARIES = (
    "aiohttp",
    "aioice",
    "aiortc",
    "aiosmtplib",
    "alembic",
    "altcha",
    "authlib",
    "av",
    "css_inline",
    "email_validator",
    "fpdf",
    "holidays",
    "http_ece",
    "httpx",
    "icalendar",
    "joserfc",
    "opentelemetry",
    "phonenumbers",
    "PIL",
    "pylibsrtp",
    "redis",
    "segno",
    "structlog",
    "webauthn",
)
# Large parts of the product that few processes use.
OPTIONAL_MODULES = (
    "office360.chatbot.dialogue",
    "office360.chatbot.language",
    "office360.management.web.page_routes",
    "office360.server.demo",
    "office360.server.migrations",
    "office360.server.web.openapi_document",
)
FEATURES_WITH_PAGES = ("appointments", "chatbot", "figures", "management", "precheck", "queue", "rooms", "staff")
PRINT_MODULES = "import atexit, json, sys; atexit.register(lambda: print('\\n' + json.dumps(list(sys.modules))))\n"


def _imported_modules(code: str, *, environment: dict[str, str] | None = None) -> set[str]:
    """Run code in a new interpreter, and return the names of its modules with their packages."""
    done = subprocess.run(
        [sys.executable, "-c", PRINT_MODULES + code],
        capture_output=True,
        text=True,
        timeout=120,
        env={**os.environ, **(environment or {})},
        check=False,
    )
    assert done.stdout.strip(), done.stderr
    return set(json.loads(done.stdout.splitlines()[-1]))


def test_app_imports_no_optional_part() -> None:
    imported = _imported_modules("import office360.server.app")
    assert "office360.queue.service" in imported
    assert not imported & {*OPTIONAL_LIBRARIES, *OPTIONAL_MODULES}


def test_optional_library_names_exist() -> None:
    """Otherwise, a renamed library would never be found."""
    code = f"""
import importlib.util
for name in {OPTIONAL_LIBRARIES!r}:
    if name != "opentelemetry":  # with tools for development only
        assert importlib.util.find_spec(name), name
"""
    _imported_modules(code)


def test_importing_app_collects_no_garbage() -> None:
    """Modules are no garbage: default thresholds cost a quarter of the start."""
    code = """
import gc, office360.server
before = [generation["collections"] for generation in gc.get_stats()]
import office360.server.app
assert [generation["collections"] for generation in gc.get_stats()] == before, gc.get_count()
sys.modules["nothing_collected"] = gc
"""
    assert "nothing_collected" in _imported_modules(code)


def test_ending_process_leaves_no_object_to_collect() -> None:
    code = """
import atexit, gc
def mark_if_few():
    if len(gc.get_objects()) < 1_000:
        sys.modules["few_objects"] = gc
atexit.register(mark_if_few)  # callbacks run from last to first: this one after those of the product
import office360.server.app
assert len(gc.get_objects()) > 100_000
"""
    assert "few_objects" in _imported_modules(code)


def test_importing_app_builds_no_validators() -> None:
    """Validators of all models cost a third of a second; each is built at its first use."""
    code = """
import gc, office360.server.app
from pydantic import BaseModel
models = [each for each in BaseModel.__subclasses__() if each.__module__.startswith("office360.")]
assert len(models) > 50
built = [each.__name__ for each in models if each.__pydantic_complete__]
assert not built, built
sys.modules["nothing_built"] = gc
"""
    assert "nothing_built" in _imported_modules(code)


@pytest.mark.parametrize("arguments", [["--help"], ["user", "--help"], ["check", "--help"]])
def test_help_imports_only_parser(arguments: list[str]) -> None:
    code = f"from office360.server.cli import main; main({arguments!r})"
    product = {name for name in _imported_modules(code) if name.startswith("office360.")}
    parser = {"server", "server.cli", "server.commands", "server.commands.parser"}
    languages = {"core", "core.i18n", "core.i18n.languages"}  # the choices of an option
    assert product == {f"office360.{name}" for name in parser | languages}


@pytest.fixture
async def settings(tmp_path: Path) -> Settings:
    """Return the settings of an installation with a migrated database and an outdated message."""
    settings = Settings(
        environment="development",
        secret_key=["s" * 40],
        database_url=f"sqlite+aiosqlite:///{tmp_path}/office.db",
        public_url="http://127.0.0.1:9",  # the discard port: nothing answers
    )
    async with open_runtime(settings) as runtime:
        await migrate(runtime.db)
        async with runtime.transaction() as tx:
            until = datetime(2026, 1, 1, tzinfo=UTC).isoformat()
            tx.enqueue_message(
                subject="ticket:1",
                payload=ticket_notification_payload(runtime.tokens, until=until),
                key="outdated",
                kind="ticket_link",
                channel="sms",
                recipient="+34600000001",
                language="es",
            )
    return settings


def _environment(settings: Settings) -> dict[str, str]:
    return {
        "OFFICE360_ENVIRONMENT": settings.environment,
        "OFFICE360_SECRET_KEY": "s" * 40,
        "OFFICE360_DATABASE_URL": settings.database_url,
        "OFFICE360_PUBLIC_URL": settings.public_url,
    }


async def test_check_imports_no_pages(settings: Settings) -> None:
    """`office360 check` asks the parts that the settings name, and shows no page."""
    code = "from office360.server.cli import main; main(['check'])"
    imported = _imported_modules(code, environment=_environment(settings))
    assert "office360.server.installation_check" in imported
    pages = {f"office360.{feature}.{part}" for feature in FEATURES_WITH_PAGES for part in ("service", "web")}
    assert not imported & pages
    assert not imported & (
        {*OPTIONAL_LIBRARIES, *OPTIONAL_MODULES} - {"aiohttp", "holidays", "office360.server.migrations"}
    )


def test_supervisor_imports_no_app() -> None:
    """Start the children from a parent without the app: 29 MB and 0.6 s of CPU less."""
    code = """
from types import SimpleNamespace
from office360.server.process import uvicorn_server
from office360.server.settings import load_settings
uvicorn_server.Supervisor = lambda children: SimpleNamespace(run=lambda: print(len(children)))
uvicorn_server.serve(load_settings(workers=2), "127.0.0.1", 0)
"""
    environment = {"OFFICE360_ENVIRONMENT": "development", "OFFICE360_SECRET_KEY": "s" * 40}
    imported = _imported_modules(code, environment=environment)
    assert "office360.server.process.supervisor" in imported
    assert not imported & {"office360.server.app", "office360.server.testroom.app", "office360.queue.service"}


async def test_waiting_server_imports_no_optional_library(settings: Settings) -> None:
    """Run all tasks of a server until it has tried a message."""
    code = """
import asyncio
from office360.core.db.outbox import OutboxRow, PENDING
from office360.server.app import create_app
from office360.server.settings import load_settings
from sqlalchemy import select

async def main():
    app = create_app(load_settings())
    async with app.router.lifespan_context(app) as state:
        while await read_state(state["runtime"]) == PENDING:
            await asyncio.sleep(0.05)

async def read_state(runtime):
    async with runtime.read_session() as session:
        return (await session.execute(select(OutboxRow.state))).scalar_one()

asyncio.run(main())
"""
    environment = {
        **_environment(settings),
        "OFFICE360_VAPID_PRIVATE_KEY": generate_vapid_private_key(),
        "OFFICE360_VAPID_SUBJECT": "mailto:it@example.org",
    }
    imported = _imported_modules(code, environment=environment)
    assert "aiosqlite" in imported
    assert not imported & ({*OPTIONAL_LIBRARIES, *OPTIONAL_MODULES} - {"email_validator", "structlog"})
