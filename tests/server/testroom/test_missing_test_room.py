"""An installation without the libraries of the test room, the extra `office360[testroom]`."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from office360.offices.service import Office
from office360.server import installation_check
from office360.server.installation_check import unused_parts
from office360.server.process import uvicorn_server
from office360.server.settings import Settings
from office360.server.testroom import factory
from office360.server.testroom.installed import MEDIA_LIBRARIES, TESTROOM_MISSING

from ...conftest import TEST_SECRET, AppServer, FakeClock, serve_app

# Python then finds none of the libraries, as in an environment without them.
WITHOUT_LIBRARIES = f"import sys; sys.modules.update(dict.fromkeys({MEDIA_LIBRARIES!r}))\n"
NOTICES = {"es": "En este sitio no se puede probar la conexión", "en": "This site has no connection test"}


@pytest.fixture
def no_libraries(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (factory, installation_check, uvicorn_server):
        monkeypatch.setattr(module, "is_testroom_installed", lambda: False)


@pytest.fixture
async def server(
    settings: Settings, clock: FakeClock, office: Office, caplog: pytest.LogCaptureFixture, no_libraries: None
) -> AsyncIterator[AppServer]:
    with caplog.at_level(logging.WARNING):
        async with serve_app(settings, clock) as served:
            yield served


@pytest.mark.parametrize("path", ["/test", "/test/walk"])
@pytest.mark.parametrize("language", ["es", "en"])
async def test_page_without_test_room_says_so(server: AppServer, path: str, language: str) -> None:
    async with server.client() as client, client.get(path, params={"lang": language}) as answer:
        page = await answer.text()
    assert answer.status == 200
    assert NOTICES[language] in page
    assert "data-module" not in page.partition("<main")[2]


async def test_api_without_test_room_refuses_tests(server: AppServer) -> None:
    async with server.client() as client, client.post("/api/v1/tests", json={}) as answer:
        assert (answer.status, (await answer.json())["code"]) == (503, "test_room_missing")
        assert "Retry-After" not in answer.headers  # a later request gets the same answer


async def test_server_without_test_room_logs_it(server: AppServer, caplog: pytest.LogCaptureFixture) -> None:
    records = caplog.get_records("setup")  # the server starts in its fixture
    (record,) = [record for record in records if record.message == "test_room_missing"]
    assert record.reason == TESTROOM_MISSING  # type: ignore[attr-defined]


@pytest.mark.usefixtures("no_libraries")
def test_check_without_test_room_names_the_extra(settings: Settings) -> None:
    (line,) = [result.line() for result in unused_parts(settings) if result.part == "test room"]
    assert line == f"test room: {TESTROOM_MISSING}"


def test_supervisor_without_test_room_starts_none(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    several = settings.model_copy(update={"workers": 2})
    monkeypatch.setattr(uvicorn_server, "is_testroom_installed", lambda: True)
    names = [child.name for child in uvicorn_server._build_children(several, "127.0.0.1", 1, 2)]
    assert names == ["web 1", "web 2", "test room"]
    monkeypatch.setattr(uvicorn_server, "is_testroom_installed", lambda: False)
    names = [child.name for child in uvicorn_server._build_children(several, "127.0.0.1", 1, 2)]
    assert names == ["web 1", "web 2"]


def test_testroom_command_without_libraries_is_one_line(tmp_path: Path) -> None:
    environment = {
        **os.environ,
        "OFFICE360_ENVIRONMENT": "development",
        "OFFICE360_SECRET_KEY": TEST_SECRET,
        "OFFICE360_DATABASE_URL": f"sqlite+aiosqlite:///{tmp_path}/office.db",
    }
    code = f"{WITHOUT_LIBRARIES}from office360.server.cli import main; main(['testroom'])"
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 1
    assert done.stderr == f"The test room is {TESTROOM_MISSING}.\n"
