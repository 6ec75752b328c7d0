"""Files of deploy/server with the ports and folders of this machine."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

import aiohttp

from ..support.coturn import write_certificate
from ..support.ports import LOOPBACK, free_ports
from ..support.processes import EXIT_TIMEOUT_S
from ..support.timeouts import TEST_TIMEOUT_S

ROOT = Path(__file__).parent.parent.parent
DEPLOY = ROOT / "deploy" / "server"
NGINX = shutil.which("nginx") or "/usr/sbin/nginx"
CADDY = shutil.which("caddy") or "/usr/bin/caddy"
# The settings of Debian's nginx.conf around a site, with folders that an unprivileged user can write.
NGINX_TEMPLATE = """
{user}
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/error.log crit;
events {{ worker_connections 4096; }}
http {{
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/site.conf;
}}
"""


def is_program_installed(program: str) -> bool:
    return Path(program).exists()


def read_with_replacements(name: str, changes: Mapping[str, str]) -> str:
    """Read a file of deploy/server with replacements. Raises if a text to replace is missing."""
    text = (DEPLOY / name).read_text()
    for old, new in changes.items():
        if old not in text:
            raise ValueError(f"{name} says nothing of {old}")
        text = text.replace(old, new)
    return text


def write_nginx(
    folder: Path, port: int, tls_port: int, upstream: int, changes: Mapping[str, str] | None = None
) -> Path:
    """Write the site for these loopback ports, with a certificate beside it and other changes."""
    write_certificate(folder)
    site = read_with_replacements(
        "nginx.conf",
        {
            "    listen [::]:80;\n": "",
            "    listen [::]:443 ssl;\n": "",
            "listen 80;": f"listen 127.0.0.1:{port};",
            "listen 443 ssl;": f"listen 127.0.0.1:{tls_port} ssl;",
            "/etc/ssl/office360/fullchain.pem": f"{folder}/cert.pem",
            "/etc/ssl/office360/privkey.pem": f"{folder}/key.pem",
            "/var/log/nginx/": f"{folder}/",
            "/var/www/office360-acme": f"{folder}/acme",
            "/etc/nginx/office360/unavailable.html": str(DEPLOY / "unavailable.html"),
            "127.0.0.1:8360": f"127.0.0.1:{upstream}",
            **(changes or {}),
        },
    )
    (folder / "site.conf").write_text(site)
    config = folder / "nginx.conf"
    config.write_text(NGINX_TEMPLATE.format(folder=folder, user="user root;" if os.geteuid() == 0 else ""))
    return config


def write_caddyfile(folder: Path, port: int, tls_port: int) -> Path:
    """Write the Caddyfile for these loopback ports, with a certificate beside it."""
    write_certificate(folder)
    changes = {
        "\tgrace_period 10s\n": f"\tgrace_period 10s\n\tadmin off\n\tdefault_bind {LOOPBACK}\n"
        f"\thttp_port {port}\n\thttps_port {tls_port}\n",
        "\tlog {\n": f"\ttls {folder}/cert.pem {folder}/key.pem\n\n\tlog {{\n",
    }
    config = folder / "Caddyfile"
    config.write_text(read_with_replacements("Caddyfile", changes))
    return config


def caddy_environment(folder: Path, upstream: int) -> dict[str, str]:
    """Return the folders of Caddy, and the values that the Caddyfile takes from there."""
    return {
        "HOME": str(folder),
        "XDG_DATA_HOME": f"{folder}/data",
        "XDG_CONFIG_HOME": f"{folder}/config",
        "OFFICE360_SITE": LOOPBACK,
        "OFFICE360_UPSTREAM": f"{LOOPBACK}:{upstream}",
        "OFFICE360_ACCESS_LOG": f"file {folder}/office360.log",
        "OFFICE360_UNAVAILABLE": str(DEPLOY),
    }


@contextmanager
def running_caddy(folder: Path, upstream: int) -> Iterator[tuple[int, int]]:
    """Run Caddy in front of the port `upstream`. Yields its plain and its TLS port."""
    port, tls_port = free_ports(2)
    config = write_caddyfile(folder, port, tls_port)
    command = [CADDY, "run", "--adapter", "caddyfile", "--config", str(config)]
    with (folder / "caddy.log").open("wb") as log:
        server = subprocess.Popen(command, env=caddy_environment(folder, upstream), stdout=log, stderr=log)
    with _serving_proxy(server, tls_port):
        yield port, tls_port


@contextmanager
def _serving_proxy(server: subprocess.Popen[bytes], tls_port: int) -> Iterator[None]:
    """Wait until a proxy listens, and end it after the block."""
    try:
        _wait_until_it_listens(tls_port)
        yield
    finally:
        server.terminate()
        server.wait(EXIT_TIMEOUT_S)


def _wait_until_it_listens(port: int) -> None:
    deadline = time.monotonic() + EXIT_TIMEOUT_S
    while time.monotonic() < deadline:
        with suppress(ConnectionRefusedError), socket.create_connection((LOOPBACK, port)):
            return
        time.sleep(0.01)
    raise TimeoutError("the proxy did not start")


@contextmanager
def running_nginx(
    folder: Path, upstream: int, changes: Mapping[str, str] | None = None
) -> Iterator[tuple[int, int]]:
    """Run nginx in front of the port `upstream`. Yields its plain and its TLS port."""
    port, tls_port = free_ports(2)
    config = write_nginx(folder, port, tls_port, upstream, changes)
    server = subprocess.Popen([NGINX, "-p", str(folder), "-c", str(config), "-e", f"{folder}/start.log"])
    with _serving_proxy(server, tls_port):
        yield port, tls_port


async def assert_compressed_by_product(client: aiohttp.ClientSession) -> None:
    """Check that a proxy leaves pages and files as the product compressed them."""
    async with client.get("/") as page:
        assert (page.status, page.headers["Content-Encoding"]) == (200, "gzip")
        (loader,) = re.findall(r'src="(/static/[^"]*\.js)"', await page.text())
    async with client.get(loader) as script:
        assert (script.status, script.headers["Content-Encoding"]) == (200, "br")
    typed = {"locator": "typed", "email": "typed"}
    async with client.get("/appointments/find?locator=typed") as page, client.get("/unknown") as unknown:
        form = {**typed, "csrf": re.findall(r'name="csrf" value="([^"]+)"', await page.text())[0]}
        assert (page.status, unknown.status) == (200, 404)
        assert not any("Content-Encoding" in each.headers for each in (page, unknown))
    async with client.post("/appointments/find", data=form) as answer:
        assert "typed" in await answer.text()
        assert "Content-Encoding" not in answer.headers


async def socket_close_code(client: aiohttp.ClientSession, origin: str) -> int | None:
    """Return the close code for an unknown ticket, or the HTTP status that refused the socket."""
    try:
        async with client.ws_connect("/ws/ticket", headers={"Origin": origin}) as socket:
            await socket.send_json({"type": "hello", "token": "unknown"})
            await socket.receive(timeout=TEST_TIMEOUT_S)
            return socket.close_code
    except aiohttp.WSServerHandshakeError as refused:
        return refused.status
