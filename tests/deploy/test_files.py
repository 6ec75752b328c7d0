"""Each file of deploy/server is accepted by its program."""

from __future__ import annotations

import asyncio
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aioice.stun import TransactionFailed
from aioice.turn import create_turn_endpoint
from office360.server.environment_file import parse_environment
from office360.server.process.http_connection import HttpLimits
from office360.server.process.supervisor import PROXY_DRAIN_S
from office360.server.settings import SettingsError, load_settings
from office360.signaling.ice import TurnServers, ice_servers

from ..conftest import AppServer, skip_or_fail_tier
from ..support import coturn as coturns
from ..support.coturn import COTURN_SECRET, CoturnServer
from ..support.http_client import open_client
from ..support.ports import LOOPBACK, free_port
from ..support.systemd import parse_environment_file
from ..support.timeouts import TEST_TIMEOUT_S
from .files import (
    DEPLOY,
    NGINX,
    ROOT,
    assert_compressed_by_product,
    is_program_installed,
    read_with_replacements,
    running_nginx,
    write_nginx,
)
from .log_masks import (
    PUBLIC_PARAMETERS,
    SECRET_PARAMETERS,
    caddy_logged_uri,
    generate_caddy_pattern,
    generate_masks,
    logged_path,
    path_parameters,
    route_templates,
)

ENV_FILE = DEPLOY / "office360.env"
LINK = re.compile(r"`([\w@.-]+\.(?:conf|env|html|service|sh|timer)|Caddyfile)`")


@pytest.fixture(scope="module")
def production_relay() -> Iterator[CoturnServer]:
    """coturn with the production configuration, except ports, address, secret and certificate."""
    if not coturns.is_coturn_installed():
        skip_or_fail_tier(coturns.COTURN_MISSING)
    with tempfile.TemporaryDirectory() as folder:
        changes = {
            "listening-port=3478": f"listening-ip={LOOPBACK}\nrelay-ip={LOOPBACK}\nlistening-port={{port}}",
            "\ntls-listening-port=5349": "\ntls-listening-port={tls_port}",
            "min-port=50000": "min-port={first}",
            "max-port=65535": "max-port={last}",
            "# static-auth-secret=": f"static-auth-secret={COTURN_SECRET}",
            "/etc/ssl/office360/turn-fullchain.pem": "{folder}/cert.pem",
            "/etc/ssl/office360/turn-privkey.pem": "{folder}/key.pem",
            "syslog": "userdb=:memory:\npidfile={folder}/turnserver.pid\nlog-file={folder}/turnserver.log",
        }
        config = read_with_replacements("turnserver.conf", changes)
        with coturns.running_coturn(Path(folder), config=config) as relay:
            yield relay


INTERNAL_ADDRESSES = [
    "10.1.2.3",
    "100.64.0.1",
    "127.0.0.1",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.255.254",
    "192.168.1.1",
    "0.0.0.0",
    "255.255.255.255",
    "224.0.0.1",
]


@pytest.mark.parametrize("peer", INTERNAL_ADDRESSES)
async def test_relay_refuses_internal_addresses(production_relay: CoturnServer, peer: str) -> None:
    assert await _relay_error_code(production_relay, peer) == 403


@pytest.mark.parametrize("peer", ["93.184.216.34", "172.32.0.1", "100.128.0.1", "11.0.0.1"])
async def test_relay_allows_public_addresses(production_relay: CoturnServer, peer: str) -> None:
    assert await _relay_error_code(production_relay, peer) is None


async def _relay_error_code(relay: CoturnServer, peer: str) -> int | None:
    """Return the error code with which the relay refuses the peer; None if it relays."""
    turn = TurnServers([relay.uri("udp")], relay.secret)
    (server,) = ice_servers(turn, datetime.now(UTC), timedelta(minutes=3))
    gone = asyncio.Event()

    class Ear(asyncio.DatagramProtocol):
        def connection_lost(self, error: Exception | None) -> None:
            gone.set()

    client, _ = await create_turn_endpoint(
        Ear, (LOOPBACK, relay.port), username=server["username"], password=server["credential"]
    )
    inner: Any = client._TurnTransport__inner_protocol  # type: ignore[attr-defined]  # sendto hides the error code
    try:
        await inner.channel_bind(0x4000, (peer, 9))
    except TransactionFailed as refused:
        return refused.response.error_code
    finally:
        client.close()
        await gone.wait()
    return None


def test_nginx_accepts_site_configuration(tmp_path: Path) -> None:
    if not is_program_installed(NGINX):
        skip_or_fail_tier("NO NGINX ON THIS MACHINE: its site was not tried (apt-get install nginx)")
    config = write_nginx(tmp_path, 8080, 8443, 8360)
    command = [NGINX, "-t", "-q", "-p", str(tmp_path), "-c", str(config), "-e", "stderr"]
    said = subprocess.run(command, capture_output=True, text=True)
    assert (said.returncode, said.stderr) == (0, "")


async def test_nginx_answers_without_web_process(tmp_path: Path) -> None:
    if not is_program_installed(NGINX):
        skip_or_fail_tier("NO NGINX ON THIS MACHINE: its site was not tried (apt-get install nginx)")
    with running_nginx(tmp_path, free_port()) as (_, tls_port):
        url, connector = f"https://{LOOPBACK}:{tls_port}", aiohttp.TCPConnector(ssl=False)
        async with asyncio.timeout(TEST_TIMEOUT_S), open_client(url, connector=connector) as client:
            async with client.get("/o/centro") as page:
                assert (page.status, page.headers["Retry-After"]) == (503, "60")
                assert "llama a tu oficina" in await page.text()
            async with client.post("/o/centro", data={"service": "documents"}) as page:
                assert page.status == 503
                assert "call your office" in await page.text()
            async with client.post("/api/v1/offices/centro/tickets", json={}) as answer:
                assert (answer.status, answer.content_type) == (503, "application/problem+json")
                assert (await answer.json())["code"] == "unavailable"


async def test_nginx_compresses_nothing_itself(app_server: AppServer, tmp_path: Path) -> None:
    if not is_program_installed(NGINX):
        skip_or_fail_tier("NO NGINX ON THIS MACHINE: compression was not tried (apt-get install nginx)")
    with running_nginx(tmp_path, int(app_server.url.rpartition(":")[2])) as (_, tls_port):
        url, connector = f"https://{LOOPBACK}:{tls_port}", aiohttp.TCPConnector(ssl=False)
        async with open_client(url, connector=connector) as client:
            await assert_compressed_by_product(client)


SYSTEMD_VALUES = """
OFFICE360_SECRET_KEY="a # in quotes"
OFFICE360_SMTP_URL='smtp://user:p#w@mail.example.org'
OFFICE360_DATABASE_URL=postgresql+asyncpg://office360@/office360?host=/var/run/postgresql
OFFICE360_MAIL_FROM="Citas <citas@example.org>"
OFFICE360_SMS_HEADERS='{"Authorization": "Bearer KEY"}'
OFFICE360_TURN_SECRET=
"""


@pytest.mark.parametrize("text", [ENV_FILE.read_text(), SYSTEMD_VALUES], ids=["file", "quotes"])
def test_systemd_and_commands_read_equal_values(text: str) -> None:
    assert dict(parse_environment(text, ENV_FILE)) == parse_environment_file(text) != {}


@pytest.mark.parametrize(
    ("variables", "address"),
    [
        ({}, "--host 0.0.0.0 --port 8360"),
        ({"OFFICE360_LISTEN_HOST": "127.0.0.1", "OFFICE360_LISTEN_PORT": "9000"}, "--host 127.0.0.1 --port 9000"),
        ({"PORT": "5000", "OFFICE360_LISTEN_PORT": "9000"}, "--host 0.0.0.0 --port 5000"),  # of a platform
    ],
)
def test_procfile_listens_where_platform_or_settings_say(variables: dict[str, str], address: str) -> None:
    (web,) = (line for line in (ROOT / "Procfile").read_text().splitlines() if line.startswith("web: "))
    command = web.removeprefix("web: ").replace(" office360 serve ", " echo ")
    said = subprocess.run(["sh", "-c", command], env=variables, capture_output=True, text=True, check=True)
    assert said.stdout.strip() == address


def test_proxies_close_idle_connections_before_the_server() -> None:
    nginx, caddy = ((DEPLOY / name).read_text() for name in ("nginx.conf", "Caddyfile"))
    (upstream,) = re.findall(r"upstream office360 {\n(.*?)\n}", nginx, re.DOTALL)
    times_s = [
        float(each)
        for text, pattern in ((upstream, r"\bkeepalive_timeout (\d+)s;"), (caddy, r"\n\t+keepalive (\d+)s\n"))
        for each in re.findall(pattern, text)
    ]
    assert len(times_s) == 2
    assert max(times_s) < PROXY_DRAIN_S < HttpLimits().proxy_idle_timeout_s
    for text in (nginx, caddy):  # beside the values
        assert f"{HttpLimits().proxy_idle_timeout_s:.0f} s of a web process" in text
        assert f"{PROXY_DRAIN_S:.0f} s that a replaced one waits" in text


def test_product_accepts_filled_environment_file(monkeypatch: pytest.MonkeyPatch) -> None:
    filled = read_with_replacements(
        "office360.env", {"SECRET_KEY=\n": f"SECRET_KEY={'k' * 64}\n", "SECRET=\n": "SECRET=s\n"}
    )
    for name, value in parse_environment(filled, ENV_FILE):
        monkeypatch.setenv(name, value)
    settings = load_settings()
    assert settings.environment == "production"
    assert len(settings.turn_uris) == 3
    assert (settings.mail_from, settings.help_phone) == ("Citas <citas@example.org>", "")
    assert settings.testroom_url == ["http://127.0.0.1:8361"]
    assert (settings.listen_host, settings.listen_port, settings.embedded_worker) == ("127.0.0.1", 8360, False)


def test_unfilled_environment_file_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in parse_environment(ENV_FILE.read_text(), ENV_FILE):
        monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError) as refused:
        load_settings()
    assert {line.split(":")[0] for line in refused.value.problems} >= {
        "OFFICE360_SECRET_KEY",
        "OFFICE360_TURN_SECRET",
    }


def test_redis_accepts_configuration(tmp_path: Path) -> None:
    program = shutil.which("redis-server") or shutil.which("valkey-server")
    if program is None:
        skip_or_fail_tier("NO REDIS ON THIS MACHINE: its file was not tried (apt-get install redis-server)")
    port = free_port()
    config = tmp_path / "redis.conf"
    config.write_text(read_with_replacements("redis.conf", {"port 6379": f"port {port}\ndir {tmp_path}"}))
    server = subprocess.Popen([program, str(config)], stdout=subprocess.PIPE, text=True)
    assert server.stdout is not None
    with server:
        try:
            said = next(line for line in server.stdout if "Ready to accept" in line or "FATAL" in line)
        finally:
            server.terminate()
        server.stdout.read()
    assert "Ready to accept" in said


def test_systemd_accepts_units() -> None:
    program = shutil.which("systemd-analyze")
    if program is None:
        pytest.skip("NO SYSTEMD ON THIS MACHINE: its unit was not tried")
    units = [*DEPLOY.glob("*.service"), *DEPLOY.glob("*.timer")]
    said = subprocess.run([program, "verify", *units], capture_output=True, text=True)
    assert [line for line in said.stderr.splitlines() if re.search(r"office360[@-]", line)] == []


def test_deploy_page_links_every_file() -> None:
    page = (ROOT / "docs" / "install.md").read_text()
    assert set(LINK.findall(page)) == {path.name for path in DEPLOY.iterdir()}


def test_requirements_page_names_ports_of_settings_and_files() -> None:
    page = (ROOT / "docs" / "requirements.md").read_text().replace("–", "-")
    compose = (ROOT / "compose.yaml").read_text()
    relay = dict(re.findall(r"^([\w-]+)=(\d+)$", (DEPLOY / "turnserver.conf").read_text(), re.MULTILINE))
    settings = load_settings(environment="development", secret_key=["k" * 32])
    assert {
        f"{relay['min-port']}-{relay['max-port']}",
        settings.testroom_ports,
        relay["listening-port"],
        relay["tls-listening-port"],
        str(settings.listen_port),
        str(settings.testroom_listen_port),
        *re.findall(r'--port, "(\d+)"', compose),
        *re.findall(r"TESTROOM_PORTS: (\S+)", compose),
    } <= set(re.findall(r"\d+(?:-\d+)?", page))


# The logs of the proxies


def test_each_path_parameter_is_public_or_secret() -> None:
    named = set().union(*(path_parameters(template) for template in route_templates()))
    assert named - SECRET_PARAMETERS - PUBLIC_PARAMETERS == set()


def test_nginx_log_masks_equal_the_route_table() -> None:
    assert "\n".join(generate_masks()) in (DEPLOY / "nginx.conf").read_text()


def test_proxies_log_no_secret_of_any_route() -> None:
    nginx, caddy = ((DEPLOY / name).read_text() for name in ("nginx.conf", "Caddyfile"))
    paths = {each: re.sub(r"{(\w+)(:\w+)?}", r"\1.S3", each) for each in route_templates()}
    for shown in (
        {template: logged_path(nginx, path) for template, path in paths.items()},
        {template: caddy_logged_uri(caddy, path) for template, path in paths.items()},
    ):
        leaking = {
            template: logged
            for template, logged in shown.items()
            if any(f"{name}.S3" in logged for name in path_parameters(template) & SECRET_PARAMETERS)
        }
        assert leaking == {}
        assert shown["/o/{office}/display"] == "/o/office.S3/display"


def test_caddy_log_pattern_equals_the_route_table() -> None:
    assert f"request>uri regexp `{generate_caddy_pattern()}` `" in (DEPLOY / "Caddyfile").read_text()


@pytest.mark.parametrize(
    ("target", "logged"),
    [
        ("/a/S3/verify/S3/x?next=/t/S3", "/a/-/verify/-/x?-"),
        ("/o/centro?token=S3", "/o/centro?-"),
        ("/%74/S3", "-"),
        ("//t/S3", "-"),
        ("/o/../t/S3", "-"),
        ("https://citas.example.org/t/S3", "-"),
        ("/.well-known/security.txt", "/.well-known/security.txt"),
    ],
)
def test_caddy_logs_unusual_targets_without_secret(target: str, logged: str) -> None:
    assert caddy_logged_uri((DEPLOY / "Caddyfile").read_text(), target) == logged


def test_relay_has_no_secret_that_everyone_knows() -> None:
    active = [line for line in (DEPLOY / "turnserver.conf").read_text().splitlines() if not line.startswith("#")]
    assert "use-auth-secret" in active
    assert [line for line in active if "secret=" in line] == []
