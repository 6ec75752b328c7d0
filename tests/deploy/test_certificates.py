"""Certificates of docs/certificates.md: proofs over HTTP, and hooks of certbot."""

from __future__ import annotations

import asyncio
import grp
import os
import re
import signal
import ssl
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography import x509

from ..conftest import skip_or_fail_tier
from ..support import coturn as coturns
from ..support.coturn import CoturnServer, running_coturn, write_certificate
from ..support.http_client import open_client
from ..support.ports import LOOPBACK, free_port
from ..support.timeouts import TEST_TIMEOUT_S
from .files import DEPLOY, NGINX, ROOT, is_program_installed, read_with_replacements, running_nginx

FAKE_PROGRAM = '#!/bin/sh\necho "$(basename "$0") $*" >> {log}\n'
PAGE = (ROOT / "docs" / "certificates.md").read_text()


async def test_nginx_serves_proofs_of_certbot_without_redirect(tmp_path: Path) -> None:
    if not is_program_installed(NGINX):
        skip_or_fail_tier("NO NGINX ON THIS MACHINE: its site was not tried (apt-get install nginx)")
    proofs = tmp_path / "acme" / ".well-known" / "acme-challenge"
    proofs.mkdir(parents=True)
    (proofs / "a-token").write_text("a-token.thumbprint")
    with running_nginx(tmp_path, free_port()) as (port, _):
        async with asyncio.timeout(TEST_TIMEOUT_S), open_client(f"http://{LOOPBACK}:{port}") as authority:
            async with authority.get("/.well-known/acme-challenge/a-token", allow_redirects=False) as proof:
                assert (proof.status, await proof.text()) == (200, "a-token.thumbprint")
            async with authority.get("/.well-known/acme-challenge/other", allow_redirects=False) as absent:
                assert absent.status == 404
            async with authority.get("/.well-known/security.txt", allow_redirects=False) as other:
                assert other.status == 308


def run_hook(name: str, folder: Path, group: str) -> list[str]:
    """Run a hook for a new certificate. Returns the commands that it ran."""
    lineage, log, programs = folder / "lineage", folder / "commands.log", folder / "bin"
    for each in (lineage, programs):
        each.mkdir()
    write_certificate(lineage)
    (lineage / "cert.pem").rename(lineage / "fullchain.pem")
    (lineage / "key.pem").rename(lineage / "privkey.pem")
    for program in ("systemctl", "nginx"):
        (programs / program).write_text(FAKE_PROGRAM.format(log=log))
        (programs / program).chmod(0o755)
    changes = {"/etc/ssl/office360": f"{folder}/ssl"}
    if "turnserver" in (DEPLOY / name).read_text():
        changes["-g turnserver"] = f"-g {group}"
    hook = folder / name
    hook.write_text(read_with_replacements(name, changes))
    environment = {"PATH": f"{programs}:{os.environ['PATH']}", "RENEWED_LINEAGE": str(lineage)}
    subprocess.run(["sh", str(hook)], check=True, env=environment)
    return log.read_text().splitlines()


@pytest.mark.parametrize(
    ("name", "prefix", "mode", "commands"),
    [
        ("certbot-nginx.sh", "", 0o600, ["nginx -t -q", "systemctl reload nginx"]),
        ("certbot-coturn.sh", "turn-", 0o640, ["systemctl kill --kill-whom=main --signal=USR2 coturn"]),
    ],
)
def test_hook_installs_new_certificate_and_reloads(
    tmp_path: Path, name: str, prefix: str, mode: int, commands: list[str]
) -> None:
    assert os.access(DEPLOY / name, os.X_OK)
    assert run_hook(name, tmp_path, grp.getgrgid(os.getgid()).gr_name) == commands
    chain, key = (tmp_path / "ssl" / f"{prefix}{each}.pem" for each in ("fullchain", "privkey"))
    assert chain.read_bytes() == (tmp_path / "lineage" / "fullchain.pem").read_bytes()
    assert key.read_bytes() == (tmp_path / "lineage" / "privkey.pem").read_bytes()
    assert (stat.S_IMODE(chain.stat().st_mode), stat.S_IMODE(key.stat().st_mode)) == (0o644, mode)


@pytest.fixture
def relay(tmp_path: Path) -> Iterator[CoturnServer]:
    if not coturns.is_coturn_installed():
        skip_or_fail_tier(coturns.COTURN_MISSING)
    with running_coturn(tmp_path) as relay:
        yield relay


def served_certificate(relay: CoturnServer) -> x509.Certificate:
    return x509.load_pem_x509_certificate(ssl.get_server_certificate((LOOPBACK, relay.tls_port)).encode())


def test_running_relay_takes_new_certificate_by_signal(relay: CoturnServer) -> None:
    assert served_certificate(relay) == relay.certificate
    new = write_certificate(relay.folder)
    relay.process.send_signal(signal.SIGUSR2)
    while served_certificate(relay) != new:  # the test's own limit ends it
        assert relay.process.poll() is None


def test_openssl_commands_of_the_page_work(tmp_path: Path) -> None:
    blocks = re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL)
    lines = [line for block in blocks for line in block.replace("\\\n", "").splitlines()]
    create, show, last = (
        next(line for line in lines if words in line) for words in ("req -x509", "subjectAltName -in", "-checkend")
    )
    assert run_command(create, tmp_path).returncode == 0
    assert "DNS:citas.example.org" in run_command(show, tmp_path).stdout
    assert run_command(last, tmp_path).returncode == 1  # valid for a week, and asked for 20 days
    assert run_command(last.replace("1728000", "86400"), tmp_path).returncode == 0


def run_command(command: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a command of the page with this folder in place of the installed one."""
    command = command.replace("/etc/ssl/office360", str(folder))
    return subprocess.run(command, shell=True, capture_output=True, text=True)
