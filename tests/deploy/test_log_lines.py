"""The log of nginx: ids of requests, and refused logins as fail2ban finds them."""

from __future__ import annotations

import asyncio
import re
import ssl
from collections.abc import AsyncIterator
from configparser import RawConfigParser
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import aiohttp
import pytest
from office360.server.settings import Settings

from ..conftest import AppServer, FakeClock, serve_app, skip_or_fail_tier
from ..support.http_client import open_client
from ..support.timeouts import TEST_TIMEOUT_S
from .files import DEPLOY, NGINX, is_program_installed, running_nginx

LOOPBACK_PROXY = ["127.0.0.1"]
# what fail2ban puts in place of <HOST>, for addresses
HOST = r"(?P<host>(?:\d{1,3}\.){3}\d{1,3}|[0-9a-fA-F:]+)"
DATE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d")  # fail2ban cuts it out before it matches


@pytest.fixture
async def site(
    sqlite_settings: Settings, clock: FakeClock, tmp_path: Path
) -> AsyncIterator[tuple[AppServer, int]]:
    """The product behind nginx, and the TLS port of nginx."""
    if not is_program_installed(NGINX):
        skip_or_fail_tier("NO NGINX ON THIS MACHINE: its log was not tried (apt-get install nginx)")
    async with serve_app(sqlite_settings, clock) as server:
        with running_nginx(tmp_path, int(server.url.rpartition(":")[2])) as (_, tls_port):
            await _wait_until_listening(tls_port)
            yield server, tls_port


async def _wait_until_listening(port: int) -> None:
    async with asyncio.timeout(TEST_TIMEOUT_S):
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except ConnectionRefusedError:
                await asyncio.sleep(0.05)
            else:
                return writer.close()


@pytest.fixture
def sqlite_settings(settings: Settings) -> Settings:
    if not settings.database_url.startswith("sqlite"):
        pytest.skip("the log does not depend on the database")
    return settings.model_copy(update={"trusted_proxies": LOOPBACK_PROXY})


def _client(port: int) -> AbstractAsyncContextManager[aiohttp.ClientSession]:
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return open_client(f"https://127.0.0.1:{port}", connector=aiohttp.TCPConnector(ssl=context))


async def read_log(folder: Path, count: int) -> str:
    """Return the log of nginx when it has so many lines: it writes one after its answer."""
    async with asyncio.timeout(TEST_TIMEOUT_S):
        while (text := (folder / "office360.log").read_text()).count("\n") < count:
            await asyncio.sleep(0.01)
    return text


def refused_hosts(log: str) -> list[str]:
    """Return the addresses that the filter finds in a log."""
    parser = RawConfigParser()
    parser.read(DEPLOY / "fail2ban-filter.conf")
    pattern = re.compile(parser["Definition"]["failregex"].replace("<HOST>", HOST))
    matches = [pattern.search(DATE.sub("", line)) for line in log.splitlines()]
    return [match["host"] for match in matches if match]


async def test_request_id_is_the_same_in_both_logs(site: tuple[AppServer, int], tmp_path: Path) -> None:
    async with _client(site[1]) as client, client.get("/", headers={"X-Request-Id": "of-a-stranger"}) as answer:
        request_id = answer.headers["X-Request-Id"]
    assert request_id != "of-a-stranger"
    assert (await read_log(tmp_path, 1)).split()[-1] == request_id


async def test_fail2ban_filter_finds_refused_logins_only(site: tuple[AppServer, int], tmp_path: Path) -> None:
    async with _client(site[1]) as client:
        headers = {"Sec-Fetch-Site": "same-origin"}
        async with client.get("/staff/") as page:
            token = re.search(r'name="csrf" value="([^"]+)"', await page.text())
        form = {"user": "boris", "password": "not his", "csrf": token[1] if token else ""}
        async with client.post("/staff/login", data=form, headers=headers) as refused:
            assert refused.status == 422
        async with client.get("/o/unknown") as unknown:
            assert unknown.status == 404
    assert refused_hosts(await read_log(tmp_path, 3)) == ["127.0.0.1"]
