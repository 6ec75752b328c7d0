"""Sign-in by a real OpenID Connect provider: accounts, access, problems, checks."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from office360.core.auth import Principal, StaffRole
from office360.core.edited_values import form_version
from office360.core.ids import new_id
from office360.offices.service import Office
from office360.queue.service import desk_id_for_agent, open_desk
from office360.server.settings import Settings
from office360.signaling import close_codes
from office360.staff.actions import accounts
from office360.staff.actions.federation import session_checks
from office360.staff.actions.federation.change_groups import remove_group, save_group
from office360.staff.actions.federation.identity_provider import IdentityProvider
from office360.staff.actions.federation.provider_check import find_provider_problem
from office360.staff.actions.federation.session_checks import check_due_sessions
from office360.staff.domain.group_roles import GroupRole, group_audit_values
from office360.staff.queries.people import person_by_username
from office360.staff.storage import provider_rows
from yarl import URL

from ....appointments.support.html_client import CitizenBrowser, citizen_browser
from ....conftest import AppServer, FakeClock
from ....support.office_fixture import build_office
from ...conftest import PASSWORD
from ...support.oidc_provider import (
    OidcProvider,
    running_provider,
    serve_with_provider,
    sign_in_at_provider,
    signed_in,
    with_provider,
)

ELENA = Principal("elena", "Elena", StaffRole.ADMINISTRATOR, None)
AGENTS = GroupRole(new_id(), "agents", StaffRole.AGENT, frozenset({"centro"}))
NORTE = GroupRole(new_id(), "norte", StaffRole.AGENT, frozenset({"norte"}))
HOSTS = GroupRole(new_id(), "hosts", StaffRole.HOST, frozenset({"centro"}))

# for tests of the protocol, which know no SQL


@pytest.fixture(scope="module")
def provider() -> Iterator[OidcProvider]:
    with running_provider() as running:
        yield running


@pytest.fixture
async def site(
    settings: Settings, clock: FakeClock, office: Office, provider: OidcProvider
) -> AsyncIterator[AppServer]:
    """Serve the app with two groups. Its clock is that of the provider, which signs times."""
    clock.set(datetime.now(UTC))
    async with serve_with_provider(settings, clock, provider) as server:
        for group in (AGENTS, HOSTS):
            await save_group(server.runtime, ELENA, group, None)
        yield server


def the_provider(site: AppServer) -> IdentityProvider:
    found = site.lifespan_state["sign_in"].provider
    assert found is not None
    return found


async def check_sessions(site: AppServer, clock: FakeClock, minutes: float = 6) -> None:
    clock.advance(minutes=minutes)
    await check_due_sessions(site.runtime, the_provider(site))


async def test_first_login_creates_the_account(site: AppServer, provider: OidcProvider) -> None:
    await provider.set_people(boris=["agents", "hosts", "choir"])
    async with citizen_browser(site, "en") as browser:
        login = await browser.get("/staff/?next=/staff/host")
        assert "Sign in with Cuenta de la Junta" in login.text
        page = await sign_in_at_provider(browser, "boris", "/staff/host")
        assert (page.status, page.path) == (200, "/staff/host")
    async with site.runtime.read_session() as session:
        boris = await person_by_username(session, "boris")
    assert boris is not None
    assert (boris.role, boris.offices, boris.state) == (StaffRole.HOST, frozenset({"centro"}), "active")
    assert (boris.name, boris.details.email) == ("Boris", "boris@example.org")


async def test_group_without_role_gives_no_account(site: AppServer, provider: OidcProvider) -> None:
    await provider.set_people(diego=["choir"])
    async with citizen_browser(site, "en") as browser:
        page = await sign_in_at_provider(browser, "diego")
        assert (page.status, "no access here yet" in page.text) == (403, True)
        assert "/staff/" in page.links
    async with site.runtime.read_session() as session:
        assert await person_by_username(session, "diego") is None


async def test_local_account_of_same_name_is_not_taken(site: AppServer, provider: OidcProvider) -> None:
    await accounts.create_user(
        site.runtime,
        username="carmen",
        name="Carmen",
        role=StaffRole.ADMINISTRATOR,
        password=PASSWORD,
    )
    await provider.set_people(carmen=["agents"])
    async with citizen_browser(site, "en") as browser:
        page = await sign_in_at_provider(browser, "carmen")
        assert (page.status, "already an account" in page.text) == (409, True)
        assert (await browser.get("/staff/desk")).path.startswith("/staff/?next")


async def test_lost_group_shrinks_an_open_session(
    site: AppServer, provider: OidcProvider, clock: FakeClock
) -> None:
    await provider.set_people(boris=["agents", "hosts"])
    async with signed_in(site, "boris") as browser:
        assert (await browser.get("/staff/host")).status == 200
        client = browser._client
        async with client.ws_connect("/ws/staff", headers={"Origin": site.url}) as socket:
            await socket.send_json({"type": "hello", "office": "centro", "console": "host"})
            assert (await socket.receive_json())["type"] == "office"
            await provider.set_people(boris=["agents"])
            await check_sessions(site, clock)
            await _read_until_closed(socket)
            assert socket.close_code == close_codes.NOT_ALLOWED
        assert (await browser.get("/staff/host")).status == 403
        assert (await browser.get("/staff/desk")).status == 200
        await provider.set_people(boris=[])
        await check_sessions(site, clock)
        assert (await browser.get("/staff/desk")).path == "/staff/?next=/staff/desk"


async def _read_until_closed(socket: Any) -> None:
    async for _ in socket:
        pass


async def test_lost_office_closes_the_open_desk(
    site: AppServer, provider: OidcProvider, clock: FakeClock, office: Office
) -> None:
    await provider.set_people(boris=["agents", "norte"])
    await build_office(site.runtime, slug="norte", name="Oficina Norte", desks=1, position=1)
    await save_group(site.runtime, ELENA, NORTE, None)
    async with signed_in(site, "boris") as browser:
        async with site.runtime.read_session() as session:
            person = await person_by_username(session, "boris")
        assert person is not None
        boris = Principal(person.id, person.name, person.role, person.offices)
        await open_desk(site.runtime, boris, office.desks[0].id)
        await check_sessions(site, clock)
        assert await _open_desk_id(site, boris.id) == office.desks[0].id
        await provider.set_people(boris=["norte"])
        await check_sessions(site, clock)
        assert await _open_desk_id(site, boris.id) is None
        assert (await browser.get("/staff/desk")).status == 200


async def _open_desk_id(site: AppServer, person_id: str) -> str | None:
    async with site.runtime.read_session() as session:
        return await desk_id_for_agent(session, person_id)


async def test_changed_mapping_counts_at_once(site: AppServer, provider: OidcProvider) -> None:
    await provider.set_people(boris=["agents", "hosts"])
    async with signed_in(site, "boris") as browser:
        await remove_group(site.runtime, ELENA, HOSTS.id, form_version(group_audit_values(HOSTS)))
        assert (await browser.get("/staff/host")).status == 403


async def test_provider_away_is_bridged_for_the_grace(
    site: AppServer, provider: OidcProvider, clock: FakeClock
) -> None:
    await provider.set_people(boris=["agents"])
    async with signed_in(site, "boris") as browser:
        await provider.command("away", away=True)
        await check_sessions(site, clock, 30)
        assert (await browser.get("/staff/desk")).status == 200
        await check_sessions(site, clock, 36)  # 5 minutes and an hour of grace have passed
        assert (await browser.get("/staff/desk")).path == "/staff/?next=/staff/desk"
        the_provider(site)._metadata_until_s = 0
        page = await browser.get("/staff/oidc/login")
        assert (page.status, "does not answer" in page.text) == (503, True)


async def test_sessions_are_confirmed_with_a_new_refresh_token(
    site: AppServer, provider: OidcProvider, clock: FakeClock
) -> None:
    await provider.set_people(boris=["agents"])
    async with signed_in(site, "boris") as browser:
        for _ in range(3):  # a refresh token works once
            clock.advance(minutes=6)
            assert await check_due_sessions(site.runtime, the_provider(site)) == 1
            assert await check_due_sessions(site.runtime, the_provider(site)) == 0
            assert (await browser.get("/staff/desk")).status == 200


async def test_check_uses_the_tokens_of_an_unfinished_one(
    site: AppServer, provider: OidcProvider, clock: FakeClock
) -> None:
    await provider.set_people(boris=["agents"])
    async with signed_in(site, "boris"), site.runtime.transaction() as tx:
        (due,) = await provider_rows.sessions_to_check(tx.session, tx.now, tx.now, 10)
        await provider_rows.store_tokens(tx.session, due.session_id, "newer")
        later = tx.now + timedelta(minutes=2)
        assert await provider_rows.claim_session(tx.session, due, tx.now, later) == "newer"
        assert await provider_rows.claim_session(tx.session, due, tx.now, later) is None


async def test_check_that_fails_stops_no_other(
    site: AppServer, provider: OidcProvider, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    await provider.set_people(boris=["agents"], carmen=["hosts"])
    real = session_checks._check_session

    async def fail_for_first(*args: Any) -> bool:
        monkeypatch.setattr(session_checks, "_check_session", real)
        raise OSError

    async with signed_in(site, "boris"), signed_in(site, "carmen"):
        monkeypatch.setattr(session_checks, "_check_session", fail_for_first)
        clock.advance(minutes=6)
        assert await check_due_sessions(site.runtime, the_provider(site)) == 1


async def test_damaged_logout_notice_is_refused(site: AppServer, provider: OidcProvider) -> None:
    header = urlsafe_b64encode(b'{"alg": "RS256", "crit": 1}').decode().rstrip("=")
    async with site.client() as client:
        form = {"logout_token": f"{header}.e30.eA"}
        async with client.post("/staff/oidc/backchannel-logout", data=form) as answer:
            assert answer.status == 400


async def test_login_at_the_provider_proves_nothing_here(site: AppServer, provider: OidcProvider) -> None:
    await provider.set_people(boris=["agents"])
    async with signed_in(site, "boris") as browser:
        page = await browser.get("/staff/account/app")
        assert page.path == "/staff/account/proof?next=/staff/account/app"
        assert "kept there" in page.text
        assert 'id="session-login"' not in (await browser.get("/staff/desk")).html  # it asks for a password


@pytest.mark.parametrize(
    ("change", "status"),
    [({"state": "forged"}, 400), ({"iss": "http://127.0.0.1:1"}, 502), ({"code": "forged"}, 400)],
)
async def test_foreign_answer_starts_no_session(
    site: AppServer, provider: OidcProvider, change: dict[str, str], status: int
) -> None:
    await provider.set_people(boris=["agents"])
    async with citizen_browser(site, "en") as browser:
        page = await browser.get("/staff/oidc/login")
        answer = await answer_address(browser, f"{page.url}?as=boris")
        wrong = await browser.get(str(answer.update_query(change)))
        assert (wrong.status, "/staff/" in wrong.links) == (status, True)
        assert (await browser.get("/staff/desk")).path == "/staff/?next=/staff/desk"


async def answer_address(browser: CitizenBrowser, path: str) -> Any:
    """Follow redirects as far as the provider's answer, and return its address."""
    url = URL(path)
    while not url.path.endswith("/callback"):
        async with browser._client.get(url, allow_redirects=False) as response:
            url = url.join(URL(response.headers["location"], encoded=True))
    return url


async def test_answer_counts_once(site: AppServer, provider: OidcProvider) -> None:
    await provider.set_people(boris=["agents"])
    async with citizen_browser(site, "en") as browser, citizen_browser(site, "en") as other:
        page = await browser.get("/staff/oidc/login")
        answer = await answer_address(browser, f"{page.url}?as=boris")
        assert (await other.get(str(answer))).status == 400  # of another browser
        cookie = browser._client.cookie_jar.filter_cookies(answer.with_path("/staff/oidc/x"))["office360_oidc"]
        assert (await browser.get(str(answer))).status == 200
        browser._client.cookie_jar.clear()
        browser._client.cookie_jar.update_cookies({"office360_oidc": cookie.value}, answer)
        assert (await browser.get(str(answer))).status == 400  # the provider refuses the used code


async def test_late_answer_is_stale(site: AppServer, provider: OidcProvider, clock: FakeClock) -> None:
    await provider.set_people(boris=["agents"])
    async with citizen_browser(site, "en") as browser:
        page = await browser.get("/staff/oidc/login")
        clock.advance(minutes=11)
        assert (await browser.get(f"{page.url}?as=boris")).status == 400


async def test_wrong_nonce_is_refused(
    site: AppServer, provider: OidcProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    await provider.set_people(boris=["agents"])
    real = IdentityProvider.finish_login

    async def with_other_nonce(self: IdentityProvider, **values: Any) -> Any:
        return await real(self, **{**values, "nonce": "of another login"})

    monkeypatch.setattr(IdentityProvider, "finish_login", with_other_nonce)
    async with citizen_browser(site, "en") as browser:
        assert (await sign_in_at_provider(browser, "boris")).status == 502


async def test_new_signing_key_is_loaded(site: AppServer, provider: OidcProvider) -> None:
    await provider.set_people(boris=["agents"])
    async with signed_in(site, "boris"):
        pass
    await provider.command("new-key", url=site.url)
    the_provider(site)._keys_loaded_at_s -= 61
    async with signed_in(site, "boris") as browser:
        assert (await browser.get("/staff/desk")).status == 200


async def test_logout_leads_to_the_provider(site: AppServer, provider: OidcProvider) -> None:
    await provider.set_people(boris=["agents"])
    async with signed_in(site, "boris") as browser:
        page = await browser.get("/staff/desk")
        left = await browser.send(page, "/staff/logout")
        assert any(link.startswith(f"{provider.issuer}/session/end?client_id=office360") for link in left.links)
        assert "id_token_hint" in left.html
        assert (await browser.get("/staff/desk")).path == "/staff/?next=/staff/desk"


async def test_logout_notice_ends_sessions(site: AppServer, provider: OidcProvider, clock: FakeClock) -> None:
    await provider.set_people(boris=["agents"], carmen=["agents"])
    async with signed_in(site, "boris") as boris, signed_in(site, "carmen") as carmen:
        token = (await provider.command("logout-token", sub="boris"))["token"]
        assert await _notify(boris, token[:-4] + "AAAA") == 400
        assert (await boris.get("/staff/desk")).status == 200
        assert await _notify(boris, token) == 200
        assert (await boris.get("/staff/desk")).path == "/staff/?next=/staff/desk"
        assert (await carmen.get("/staff/desk")).status == 200
        clock.advance(seconds=30)
        await sign_in_at_provider(boris, "boris")
        assert await _notify(boris, token) == 200  # sent again: it ends no later session
        assert (await boris.get("/staff/desk")).status == 200
        clock.advance(minutes=6)
        assert await _notify(boris, token) == 400


async def _notify(browser: CitizenBrowser, token: str) -> int:
    path = "/staff/oidc/backchannel-logout"
    async with browser._client.post(path, data={"logout_token": token}) as answer:
        return answer.status


async def test_id_token_is_no_logout_notice(site: AppServer, provider: OidcProvider) -> None:
    await provider.set_people(boris=["agents"])
    async with signed_in(site, "boris") as browser:
        left = await browser.send(await browser.get("/staff/desk"), "/staff/logout")
        id_token = left.html.partition("id_token_hint=")[2].partition('"')[0]
        assert await _notify(browser, id_token) == 400


async def test_check_command_names_the_first_problem(
    site: AppServer, provider: OidcProvider, clock: FakeClock
) -> None:
    settings = with_provider(site.settings, provider).identity_provider
    assert settings is not None
    assert await find_provider_problem(settings, clock.now()) is None

    async def problem(**changes: Any) -> str | None:
        return await find_provider_problem(replace(settings, **changes), clock.now())

    assert "OIDC_ISSUER" in (await problem(issuer=f"{provider.issuer}/other") or "")
    assert "redirect" in (await problem(public_url="https://other.example.org") or "")
    assert "OIDC_CLIENT_SECRET" in (await problem(client_secret="wrong") or "")


async def test_password_form_can_be_hidden(
    settings: Settings, clock: FakeClock, office: Office, provider: OidcProvider
) -> None:
    async with (
        serve_with_provider(settings, clock, provider, local_login=False) as server,
        citizen_browser(server, "en") as browser,
    ):
        assert not any(form.action == "/staff/login" for form in (await browser.get("/staff/")).forms)
        assert any(form.action == "/staff/login" for form in (await browser.get("/staff/?local=1")).forms)
