"""Sign-in of the person whom a trusted proxy names, and headers that are not believed."""

from __future__ import annotations

from collections.abc import AsyncIterator

import aiohttp
import pytest
from office360.core.auth import StaffRole
from office360.offices.service import Office
from office360.server.settings import Settings
from office360.staff.actions import accounts

from ....conftest import AppServer, FakeClock, serve_app
from ...conftest import PASSWORD, fetch_csrf_token

BY_PROXY = {"X-Forwarded-For": "192.0.2.7", "X-Remote-User": "Boris"}


@pytest.fixture(params=[["127.0.0.1"], ["192.0.2.99"]], ids=["trusted", "untrusted"])
def proxies(request: pytest.FixtureRequest) -> list[str]:
    found: list[str] = request.param
    return found


@pytest.fixture
async def site(
    settings: Settings, clock: FakeClock, office: Office, proxies: list[str]
) -> AsyncIterator[AppServer]:
    changes = {"trusted_proxies": proxies, "remote_user_header": "X-Remote-User"}
    async with serve_app(settings.model_copy(update=changes), clock) as server:
        for name, role in (("boris", StaffRole.AGENT), ("carmen", StaffRole.HOST)):
            await accounts.create_user(
                server.runtime, username=name, name=name, role=role, offices=["centro"], password=PASSWORD
            )
        yield server


@pytest.fixture
async def client(site: AppServer) -> AsyncIterator[aiohttp.ClientSession]:
    async with site.client() as opened:
        yield opened


async def log_in(client: aiohttp.ClientSession, headers: dict[str, str]) -> int:
    csrf = await fetch_csrf_token(client, "/staff/")
    form = {"csrf": csrf, "next": "/staff/desk"}
    async with client.post("/staff/proxy-login", data=form, headers=headers, allow_redirects=False) as answer:
        return answer.status


async def desk_status(client: aiohttp.ClientSession, headers: dict[str, str]) -> int:
    async with client.get("/staff/desk", headers=headers, allow_redirects=False) as answer:
        return answer.status


@pytest.mark.parametrize("proxies", [["192.0.2.99"]], indirect=True)
async def test_header_of_untrusted_peer_is_ignored(client: aiohttp.ClientSession) -> None:
    async with client.get("/staff/", headers=BY_PROXY) as page:
        assert "/staff/proxy-login" not in await page.text()
    assert await log_in(client, BY_PROXY) == 403


@pytest.mark.parametrize("proxies", [["127.0.0.1"]], indirect=True)
async def test_session_needs_the_same_person_in_each_request(client: aiohttp.ClientSession) -> None:
    async with client.get("/staff/", headers=BY_PROXY) as page:
        assert "/staff/proxy-login" in await page.text()
    assert await log_in(client, BY_PROXY) == 303
    assert await desk_status(client, BY_PROXY) == 200
    assert await desk_status(client, {}) == 303
    assert await desk_status(client, BY_PROXY | {"X-Remote-User": "carmen"}) == 303
    assert await desk_status(client, BY_PROXY) == 200


@pytest.mark.parametrize("proxies", [["127.0.0.1"]], indirect=True)
async def test_own_account_needs_the_same_person_too(client: aiohttp.ClientSession) -> None:
    assert await log_in(client, BY_PROXY) == 303
    for headers, status, signed_in in (
        (BY_PROXY, 200, True),
        (BY_PROXY | {"X-Remote-User": "carmen"}, 303, False),
    ):
        async with client.get("/staff/account", headers=headers, allow_redirects=False) as answer:
            assert answer.status == status
        async with client.get("/staff/session", headers=headers) as answer:
            assert (await answer.json())["signed_in"] is signed_in


@pytest.mark.parametrize("proxies", [["127.0.0.1"]], indirect=True)
@pytest.mark.parametrize(
    "headers",
    [
        {"X-Remote-User": "boris"},  # without the address of the client: no proxy of ours
        BY_PROXY | {"X-Remote-User": "nobody"},
        BY_PROXY | {"X-Remote-User": "boris, carmen"},
        BY_PROXY | {"X-Remote-User": ""},
    ],
)
async def test_other_headers_start_no_session(client: aiohttp.ClientSession, headers: dict[str, str]) -> None:
    assert await log_in(client, headers) == 403
    assert await desk_status(client, headers) == 303


@pytest.mark.parametrize("proxies", [["127.0.0.1"]], indirect=True)
async def test_header_that_occurs_twice_is_ignored(client: aiohttp.ClientSession, site: AppServer) -> None:
    assert await log_in(client, BY_PROXY) == 303
    twice = [*BY_PROXY.items(), ("X-Remote-User", "boris")]
    async with client.get("/staff/desk", headers=twice, allow_redirects=False) as answer:
        assert answer.status == 303


@pytest.mark.parametrize("proxies", [["127.0.0.1"]], indirect=True)
async def test_logout_by_the_button_does_not_loop(client: aiohttp.ClientSession) -> None:
    assert await log_in(client, BY_PROXY) == 303
    csrf = await fetch_csrf_token(client, "/staff/")
    async with client.post("/staff/logout", data={"csrf": csrf}, headers=BY_PROXY) as page:
        assert (page.status, page.url.path) == (200, "/staff/")
    assert await desk_status(client, BY_PROXY) == 303
