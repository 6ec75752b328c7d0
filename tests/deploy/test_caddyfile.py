"""Caddyfile, run by Caddy: the promises of nginx.conf."""

from __future__ import annotations

import asyncio
import json
import re
import subprocess
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from office360.server.settings import Settings
from yarl import URL

from ..conftest import AppServer, FakeClock, serve_app, skip_or_fail_tier
from ..support.http_client import open_client
from ..support.ports import LOOPBACK, free_port
from ..support.timeouts import TEST_TIMEOUT_S
from .files import (
    CADDY,
    DEPLOY,
    assert_compressed_by_product,
    caddy_environment,
    is_program_installed,
    running_caddy,
    socket_close_code,
    write_caddyfile,
)

OTHER_LOOPBACK = "127.0.0.2"  # an address of this machine that is not that of a monitor
SECRET = "a-secret-of-a-citizen"
REQUEST_ID = re.compile(r"[0-9a-f-]{36}")


@pytest.fixture(autouse=True)
def caddy() -> None:
    if not is_program_installed(CADDY):
        skip_or_fail_tier("NO CADDY ON THIS MACHINE: its site was not tried (apt-get install caddy)")


@dataclass
class CaddySite:
    """The product behind Caddy."""

    server: AppServer
    folder: Path
    plain_port: int
    tls_port: int

    def client(self, source: str = LOOPBACK) -> AbstractAsyncContextManager[aiohttp.ClientSession]:
        return client_of_port(self.tls_port, source)


def client_of_port(tls_port: int, source: str = LOOPBACK) -> AbstractAsyncContextManager[aiohttp.ClientSession]:
    connector = aiohttp.TCPConnector(ssl=False, local_addr=(source, 0))
    return open_client(f"https://{LOOPBACK}:{tls_port}", connector=connector)


@pytest.fixture
async def site(settings: Settings, clock: FakeClock, tmp_path: Path) -> AsyncIterator[CaddySite]:
    trusting = settings.model_copy(update={"trusted_proxies": [LOOPBACK]})
    async with serve_app(trusting, clock) as server:
        with running_caddy(tmp_path, int(server.url.rpartition(":")[2])) as (plain_port, tls_port):
            yield CaddySite(server, tmp_path, plain_port, tls_port)


@asynccontextmanager
async def upstream_with_headers() -> AsyncIterator[int]:
    """Run a server that reads a body and answers with the headers. Yields its port."""

    async def answer(request: web.Request) -> web.Response:
        await request.read()
        return web.json_response({name.lower(): value for name, value in request.headers.items()})

    app = web.Application(client_max_size=20_000_000)  # Caddy's limit is lower
    app.router.add_route("*", "/", answer)
    async with TestServer(app, host=LOOPBACK) as server:
        assert server.port is not None
        yield server.port


async def read_log(folder: Path, count: int) -> list[dict[str, object]]:
    """Return the lines of Caddy's access log when it has so many."""
    async with asyncio.timeout(TEST_TIMEOUT_S):
        while (text := (folder / "office360.log").read_text()).count("\n") < count:
            await asyncio.sleep(0.01)
    return [json.loads(line) for line in text.splitlines()]


def test_caddy_accepts_site_configuration(tmp_path: Path) -> None:
    for config in (DEPLOY / "Caddyfile", write_caddyfile(tmp_path, 8080, 8443)):
        command = [CADDY, "adapt", "--validate", "--adapter", "caddyfile", "--config", str(config)]
        environment = caddy_environment(tmp_path, 8360)
        said = subprocess.run(command, env=environment, capture_output=True, text=True)
        assert said.returncode == 0, said.stderr
        assert '"warn"' not in said.stderr


def test_caddyfile_is_valid_without_environment(tmp_path: Path) -> None:
    command = [CADDY, "adapt", "--adapter", "caddyfile", "--config", str(DEPLOY / "Caddyfile")]
    said = subprocess.run(command, env={"HOME": str(tmp_path)}, capture_output=True, text=True)
    assert said.returncode == 0, said.stderr
    assert all(
        default in said.stdout for default in ("citas.example.org", "127.0.0.1:8360", "/etc/caddy/office360")
    )


async def test_caddy_answers_without_web_process(tmp_path: Path) -> None:
    with running_caddy(tmp_path, free_port()) as (_, tls_port):
        # Caddy asks a missing web process again for 5 s
        async with asyncio.timeout(TEST_TIMEOUT_S), client_of_port(tls_port) as client:
            page, form, api = await asyncio.gather(
                client.get("/o/centro"),
                client.post("/o/centro", data={"service": "documents"}),
                client.post("/api/v1/offices/centro/tickets", json={}),
            )
            assert {each.status for each in (page, form, api)} == {503}
            assert {each.headers["Retry-After"] for each in (page, form, api)} == {"60"}
            assert all(REQUEST_ID.fullmatch(each.headers["X-Request-Id"]) for each in (page, form, api))
            assert "llama a tu oficina" in await page.text()
            assert "call your office" in await form.text()
            assert api.content_type == "application/problem+json"
            assert (await api.json())["code"] == "unavailable"


async def test_caddy_replaces_forwarding_headers_of_client(tmp_path: Path) -> None:
    async with upstream_with_headers() as upstream:
        with running_caddy(tmp_path, upstream) as (_, tls_port):
            forged = {
                "X-Forwarded-For": "203.0.113.9",
                "X-Forwarded-Proto": "http",
                "X-Request-Id": "of-a-stranger",
            }
            async with client_of_port(tls_port) as client, client.get("/", headers=forged) as answer:
                received = await answer.json()
    assert (received["x-forwarded-for"], received["x-forwarded-proto"]) == (LOOPBACK, "https")
    assert REQUEST_ID.fullmatch(received["x-request-id"])


async def test_caddy_refuses_large_body(tmp_path: Path) -> None:
    async with upstream_with_headers() as upstream:
        with running_caddy(tmp_path, upstream) as (_, tls_port):
            async with client_of_port(tls_port) as client:
                for size_bytes, status in ((11_000_000, 200), (12_000_000, 413)):
                    async with client.post("/", data=BytesIO(b"a" * size_bytes)) as answer:
                        assert answer.status == status


async def test_caddy_log_has_request_id_and_no_secret(site: CaddySite) -> None:
    paths = [f"/a/{SECRET}/verify/{SECRET}", f"/t/{SECRET}?next={SECRET}", f"/%74/{SECRET}", "/o/unknown?a=b"]
    async with site.client() as client:
        base = f"https://{LOOPBACK}:{site.tls_port}"
        urls = [URL(base + path, encoded=True) for path in paths]
        answers = [await client.get(url, headers={"Referer": f"{base}/t/{SECRET}"}) for url in urls]
    lines = await read_log(site.folder, len(paths))
    assert [line["request"]["uri"] for line in lines] == ["/a/-/verify/-", "/t/-?-", "-", "/o/unknown?-"]  # type: ignore[index]
    assert [line["user_id"] for line in lines] == [answer.headers["X-Request-Id"] for answer in answers]
    assert SECRET not in (site.folder / "office360.log").read_text() + (site.folder / "caddy.log").read_text()


async def test_caddy_serves_site_as_documented(site: CaddySite) -> None:
    async with site.client() as client:
        await assert_compressed_by_product(client)
        for origin, answer in ((f"https://{LOOPBACK}:{site.tls_port}", 4104), ("https://elsewhere.example", 403)):
            assert await socket_close_code(client, origin) == answer
    plain = f"http://{LOOPBACK}:{site.plain_port}/o/centro"
    async with open_client() as old, old.get(plain, allow_redirects=False) as to:
        assert to.status == 308
        assert to.headers["Location"].startswith("https://")


@pytest.mark.parametrize(("source", "status"), [(LOOPBACK, 200), (OTHER_LOOPBACK, 403)])
async def test_caddy_answers_monitoring_on_this_machine_only(site: CaddySite, source: str, status: int) -> None:
    async with site.client(source) as client, client.get("/healthz") as answer:
        assert answer.status == status
