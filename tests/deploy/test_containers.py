"""The image, and compose.yaml: built, checked, used, upgraded while a phone follows."""

from __future__ import annotations

import asyncio
import logging
import random
import secrets
import shutil
import socket
import ssl
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import tomli_w
from aiohttp.abc import AbstractResolver, ResolveResult
from office360.benchmarks.office_api import OfficeApiClient
from office360.benchmarks.soak.phones import Phone
from office360.precheck.realtime.ice_gathering import gather_candidates
from office360.server.demo.offices import load_demo_file

from ..conftest import skip_or_fail_tier
from ..precheck.support.webrtc_client import BROWSER_PORTS, BrowserPeer
from ..precheck.web.test_api import begin_test, send_offer
from ..support.http_client import open_client
from ..support.timeouts import TEST_TIMEOUT_S
from .container_host import PACKAGES, ContainerHost, missing_programs, public_address
from .files import ROOT, read_with_replacements
from .test_installation import STATEMENT

logger = logging.getLogger(__name__)

SITE = "citas.example.org"
ADDRESS = "203.0.113.7"  # RFC 5737: no other machine has it
OLD, NEXT = "0.2.0", "0.2.1.dev1"
START_TIMEOUT_S = 120  # processes start in each container, on two cores
UPGRADE_TIMEOUT_S = 300
WEEK = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
REQUEST_INTERVAL_S = 0.2
CITY = {
    "site": {**(load_demo_file().site or {}), **STATEMENT},
    "offices": {
        "centro": {
            "name": "Oficina Centro",
            "address": "Calle del Olivar, 12",
            "phone": "900 000 360",
            "timezone": "Europe/Madrid",
            "lines": {"general": {"letter": "A", "names": {"es": "General", "en": "General"}}},
            "services": {
                "census": {
                    "line": "general",
                    "names": {"es": "Padrón", "en": "Census"},
                    "minutes": 10,
                    "modes": ["in_person"],
                    "walk_in": True,
                }
            },
            "desks": {
                "1": {"lines": ["general"], "way": {"es": "A la derecha", "en": "To the right"}, "arrow": "right"}
            },
            "hours": {day: ["00:00-24:00"] for day in WEEK},
        }
    },
}


class SiteResolver(AbstractResolver):
    """Finds the site at the test's address, as the public DNS would."""

    async def resolve(self, host: str, port: int = 0, family: int = socket.AF_INET) -> list[ResolveResult]:
        return [
            ResolveResult(
                hostname=host, host=ADDRESS, port=port, family=socket.AF_INET, proto=0, flags=socket.AI_NUMERICHOST
            )
        ]

    async def close(self) -> None: ...


class RemotePeer(BrowserPeer):
    """A browser that is not on loopback, from where no packet reaches a container."""

    async def offer(self) -> str:
        for ice in {self._ice(each) for each in [*self.pc.getSenders(), self.pc.sctp]}:
            await gather_candidates(ice.iceGatherer._connection, [ADDRESS], BROWSER_PORTS)
        await self.pc.setLocalDescription(await self.pc.createOffer())
        return self.pc.localDescription.sdp


@dataclass
class ComposedInstallation:
    """Containers of compose.yaml in a folder, as an operator has them."""

    host: ContainerHost
    folder: Path

    def compose(self, *arguments: str, typed: str = "") -> str:
        return self.host.run("podman-compose", *arguments, cwd=self.folder, typed=typed)

    def office360(self, *arguments: str, typed: str = "", accepts: tuple[int, ...] = (0,)) -> str:
        """Run a command of the product inside the first web container."""
        podman = ("podman", "exec", "--interactive", "--env", "SSL_CERT_FILE=/tmp/root.crt", "office360_web1_1")
        return self.host.run(*podman, "office360", *arguments, typed=typed, accepts=accepts)

    def upgrade(self, image: str) -> str:
        script = str(self.folder / "deploy" / "compose" / "upgrade.sh")
        return self.host.run(script, image, cwd=self.folder, timeout_s=UPGRADE_TIMEOUT_S)

    def errors_of_proxy(self) -> str:
        """Return the lines of the proxy's log that tell why a request failed."""
        lines = self.host.run("sh", "-c", "podman logs office360_proxy_1 2>&1").splitlines()
        return "\n".join(line for line in lines if '"status":50' in line or '"level":"error"' in line)

    def authority(self) -> str | None:
        """Return the certificate of Caddy's own authority; None before it has one.

        Commands of the product trust it from then on.
        """
        root = "/data/caddy/pki/authorities/local/root.crt"
        certificate = self.host.run("podman", "exec", "office360_proxy_1", "cat", root, accepts=(0, 1))
        if not certificate:
            return None
        for web in ("office360_web1_1", "office360_web2_1"):
            write = ("podman", "exec", "--interactive", web, "sh", "-c", "cat > /tmp/root.crt")
            self.host.run(*write, typed=certificate)
        return certificate


@pytest.fixture(scope="module")
def host() -> Iterator[ContainerHost]:
    if missing := missing_programs():
        skip_or_fail_tier(
            f"NO CONTAINERS ON THIS MACHINE: the image was not tried; missing: {', '.join(missing)} "
            f"(as root: apt-get install --no-install-recommends {PACKAGES})"
        )
    folder = Path(
        tempfile.mkdtemp(prefix="office360-containers-")
    )  # short: its sockets have at most 108 characters
    made = ContainerHost(folder)
    try:
        made.build_bases()
        made.download_wheels()
        made.build_product("localhost/office360:old", OLD)
        yield made
    finally:
        made.run("podman", "system", "reset", "--force")
        shutil.rmtree(folder)


@pytest.fixture
def composed(host: ContainerHost, tmp_path: Path) -> Iterator[ComposedInstallation]:
    """Start compose.yaml with a filled example.env. Ends and removes all of it."""
    shutil.copy(ROOT / "compose.yaml", tmp_path)
    shutil.copytree(ROOT / "deploy", tmp_path / "deploy")
    env = read_with_replacements(
        "../compose/example.env",
        {
            "TLS=operator@example.org": "TLS=internal",
            "DATABASE_PASSWORD=": f"DATABASE_PASSWORD={secrets.token_hex(32)}",
            "OFFICE360_SECRET_KEY=": f"OFFICE360_SECRET_KEY={secrets.token_hex(32)}",
            "OFFICE360_TURN_SECRET=": f"OFFICE360_TURN_SECRET={secrets.token_hex(32)}",
            "OFFICE360_SMTP_URL=": "# no mail server: ",
        },
    )
    images = dict.fromkeys(("DATABASE", "BUS", "PROXY", "RELAY"), "localhost/services")
    images["OFFICE360"] = "localhost/office360:old"
    (tmp_path / ".env").write_text(env + "".join(f"{name}_IMAGE={tag}\n" for name, tag in images.items()))
    installation = ComposedInstallation(host, tmp_path)
    with public_address(ADDRESS):
        try:
            installation.compose("up", "--detach")
            yield installation
        finally:
            installation.compose("down", "--volumes")


@pytest.fixture
async def client(composed: ComposedInstallation) -> AsyncIterator[aiohttp.ClientSession]:
    """Wait until the site answers inside its containers, and open a client outside."""
    async with asyncio.timeout(START_TIMEOUT_S):
        while (certificate := await asyncio.to_thread(composed.authority)) is None:
            await asyncio.sleep(1)
    trust = ssl.create_default_context(cadata=certificate)
    connector = aiohttp.TCPConnector(ssl=trust, resolver=SiteResolver())
    async with open_client(f"https://{SITE}", connector=connector) as session:
        async with asyncio.timeout(START_TIMEOUT_S):
            while await _status(session) != 200:
                await asyncio.sleep(1)
        yield session


async def _status(client: aiohttp.ClientSession, method: str = "GET", path: str = "/", **more: Any) -> int:
    return (await _answer(client, method, path, **more))[0]


async def _answer(client: aiohttp.ClientSession, method: str, path: str, **more: Any) -> tuple[int, str]:
    """Return status and text of an answer; 0 and the error without one."""
    try:
        async with client.request(method, path, **more) as answer:
            return answer.status, await answer.text()
    except aiohttp.ClientError as error:
        return 0, str(error)


def test_image_runs_without_root_on_a_read_only_system(host: ContainerHost) -> None:
    run = ("podman", "run", "--rm", "--read-only", "--cap-drop", "all", "--network", "none")
    assert host.run(*run, "localhost/office360:old", "--version") == f"office360 {OLD}\n"
    script = (
        "id -u; for place in / /data /opt/office360; do touch $place/x 2>/dev/null && echo wrote; done; pip -V"
    )
    shown = host.run(*run, "--entrypoint", "sh", "localhost/office360:old", "-c", script, accepts=(127,))
    assert shown == "10001\n"
    missing = host.run(*run, "localhost/office360:old", "serve", accepts=(1,))
    assert missing == ""  # its one line of advice is on standard error


async def test_composed_installation_serves_through_an_upgrade(
    host: ContainerHost, composed: ComposedInstallation, client: aiohttp.ClientSession
) -> None:
    async def office360(*arguments: str, typed: str = "", accepts: tuple[int, ...] = (0,)) -> str:
        return await asyncio.to_thread(composed.office360, *arguments, typed=typed, accepts=accepts)

    await office360("city", "import", "--yes", "/dev/stdin", typed=tomli_w.dumps(CITY))
    async with asyncio.timeout(START_TIMEOUT_S):  # the worker and the test room start beside the web processes
        while ": error" in (checked := await office360("check", accepts=(0, 1, 2))):
            await asyncio.sleep(2)
    checked = await office360("check")
    for part in (
        "bus",
        f"relay turn:{ADDRESS}:3478?transport=udp",
        f"site https://{SITE}",
        "WebSockets",
        "worker",
    ):
        assert f"{part}: works" in checked

    program = {
        "Authorization": f"Bearer {(await office360('api-key', 'create', '--role', 'integration')).strip()}"
    }
    async with client.get("/api/v1/offices/centro/slots?service=census&mode=in_person&days=2") as answer:
        slot = (await answer.json())[-1]
    wish = {"office": "centro", "service": "census", "mode": "in_person", "starts_at": slot["starts_at"]}
    person = {"name": "Amina Haddad", "email": "amina@example.org", "privacy_accepted": True}
    async with client.post("/api/v1/appointments", json=wish | person, headers=program) as answer:
        assert answer.status == 201, await answer.text()
        appointment = await answer.json()

    test = await begin_test(client)
    peer = RemotePeer()
    try:
        await peer.accept(await send_offer(client, test["token"], await peer.offer()))
        assert len(await peer.receive_frames("video", 3)) == 3
    finally:
        await peer.pc.close()

    key = (await office360("api-key", "create", "--role", "agent")).strip()
    office = OfficeApiClient(client, key, "centro", "census")
    await office.open_desk()
    ticket = await office.post("/offices/centro/tickets", {"service": "census"})
    phone = Phone(client, ticket["id"], ticket["token"], random.Random(1))
    assert await phone.wait_for(lambda shown: shown.state == "waiting", TEST_TIMEOUT_S)

    await asyncio.to_thread(host.build_product, "localhost/office360:next", NEXT)
    write = f"/api/v1/appointments/{appointment['token']}/earlier"
    seconds: list[float] = []
    failures: list[str] = []
    began_s = time.monotonic()
    upgrading = asyncio.create_task(asyncio.to_thread(composed.upgrade, "localhost/office360:next"))
    while not upgrading.done():
        for method, path, more in (("GET", "/", {}), ("POST", write, {"json": {"wanted": False}})):
            asked_s = time.monotonic()
            status, text = await _answer(client, method, path, headers=program, **more)
            seconds.append(time.monotonic() - asked_s)
            if status != HTTPStatus.OK:
                failures.append(
                    f"{method} after {asked_s - began_s:.1f} s: {status} in {seconds[-1]:.1f} s, {text[:200]}"
                )
        await asyncio.sleep(REQUEST_INTERVAL_S)
    await upgrading
    took_s = time.monotonic() - began_s
    logger.info("upgrade: %.0f s, %d requests, the slowest %.1f s", took_s, len(seconds), max(seconds))
    assert not failures, "\n".join([*failures, composed.errors_of_proxy()])
    assert await office360("--version") == f"office360 {NEXT}\n"

    called = await office.post(f"/desks/{office.desk}/call-next")
    assert called["id"] == ticket["id"]
    assert await phone.wait_for(lambda shown: shown.state == "called", TEST_TIMEOUT_S)
    assert phone.frame is not None
    assert phone.frame["desk"]["name"] == "1"
    assert phone.close_codes  # it has reconnected by itself
    await phone.close()
    async with client.get(f"/api/v1/appointments/{appointment['token']}") as answer:
        assert (await answer.json())["locator"] == appointment["locator"]
