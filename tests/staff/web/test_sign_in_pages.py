"""Second step, own account, and forms of an ended session, without scripts."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from datetime import date

import pyotp
import pytest
from office360.core.auth import StaffRole
from office360.staff.actions import own_account, second_factor, sign_in_rules
from office360.staff.actions.people import OPERATOR
from office360.staff.actions.second_factor import LoginBrowser
from office360.staff.actions.totp import totp_step
from office360.staff.domain.second_factor import rule_values
from office360.staff.storage.tables import StaffSessionRow, UserRow
from sqlalchemy import update

from ...appointments.support.html_client import CitizenBrowser, HtmlPage, citizen_browser
from ...conftest import AppServer
from ..conftest import PASSWORD

pytestmark = [
    pytest.mark.parametrize("database_url", ["sqlite"], indirect=True),
    pytest.mark.usefixtures("staff"),
]

ACCOUNT, SECOND = "/staff/account", "/staff/login/second"
CANCEL = "/staff/host/centro/cancel"
SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
CODES = re.compile(r"<code>([0-9A-Z-]{19})</code>")


@pytest.fixture
async def browser(app_server: AppServer) -> AsyncIterator[CitizenBrowser]:
    async with citizen_browser(app_server, "en") as opened:
        yield opened


async def sign_in(browser: CitizenBrowser, username: str, path: str = "/staff/") -> HtmlPage:
    page = await browser.get(path)
    return await browser.send(page, "/staff/login", user=username, password=PASSWORD)


async def connect_app(server: AppServer, username: str) -> list[str]:
    """Connect an app whose code of a minute ago was used. Returns the recovery codes."""
    runtime = server.runtime
    result = await second_factor.begin_login(runtime, username, PASSWORD, LoginBrowser("192.0.2.9"))
    own = await own_account.load_own_session(runtime, result.session_token)
    assert own is not None
    return list(await own_account.add_app(runtime, own, SECRET, code_now(server, -1), "en"))


def code_now(server: AppServer, steps: int = 0, secret: str = SECRET) -> str:
    return pyotp.TOTP(secret).generate_otp(totp_step(server.runtime.now()) + steps)


async def end_all_sessions(server: AppServer) -> None:
    async with server.runtime.transaction() as tx:
        await tx.session.execute(update(StaffSessionRow).values(revoked_at=tx.now))


async def test_second_step_asks_for_code_and_leads_on(app_server: AppServer, browser: CitizenBrowser) -> None:
    await connect_app(app_server, "boris")
    step = await sign_in(browser, "boris", "/staff/?next=/staff/account")
    assert step.path == f"{SECOND}?next=/staff/account"
    wrong = await browser.send(step, SECOND, code="000000")
    assert wrong.status == 422
    assert "This code is not right" in wrong.text
    assert (await browser.get("/staff/desk")).path.startswith("/staff/?next=")
    done = await browser.send(wrong, SECOND, code=code_now(app_server))
    assert done.path == ACCOUNT


async def test_recovery_code_opens_the_second_step(app_server: AppServer, browser: CitizenBrowser) -> None:
    code, *_ = await connect_app(app_server, "boris")
    await sign_in(browser, "boris")
    page = await browser.get(f"{SECOND}?recovery")
    wrong = await browser.send(page, SECOND, recovery_code="AAAA-AAAA-AAAA-AAAA")
    assert "This recovery code is not right" in wrong.text
    assert (await browser.send(wrong, SECOND, recovery_code=code.lower())).path == "/staff/desk"
    assert "9 codes left" in (await browser.get(ACCOUNT)).text


async def test_second_step_without_login_leads_to_the_login(browser: CitizenBrowser) -> None:
    page = await browser.get(SECOND)
    assert page.path == "/staff/?expired"
    assert "Sign in again" in page.text


async def test_person_connects_app_and_sees_codes_once(app_server: AppServer, browser: CitizenBrowser) -> None:
    await sign_in(browser, "boris")
    page = await browser.get(f"{ACCOUNT}/app")
    found = re.search(r"<code>([A-Z2-7 ]+)</code>", page.html)
    assert found is not None
    secret = found.group(1).replace(" ", "")
    assert "no-store" in page.headers["Cache-Control"]
    wrong = await browser.send(page, f"{ACCOUNT}/app", code="123")
    assert wrong.status == 422
    assert found.group(1) in wrong.html  # the same secret, which the phone has already
    shown = await browser.send(wrong, f"{ACCOUNT}/app", code=code_now(app_server, secret=secret))
    assert len(CODES.findall(shown.html)) == 10
    account = await browser.get(ACCOUNT)
    assert "10 codes left" in account.text
    assert not CODES.findall(account.html)
    assert not account.form.values or secret not in account.html


async def test_person_removes_app_after_a_warning(app_server: AppServer, browser: CitizenBrowser) -> None:
    await connect_app(app_server, "boris")
    await sign_in(browser, "boris")
    await browser.send(await browser.get(SECOND), SECOND, code=code_now(app_server))
    page = await browser.get(f"{ACCOUNT}/app/remove")
    assert "your last second factor" in page.text
    done = await browser.post(page.path, next(form for form in page.forms if not form.action).values)
    assert done.path == f"{ACCOUNT}?done=app_removed"


async def test_changes_ask_for_a_proof_after_ten_minutes(app_server: AppServer, browser: CitizenBrowser) -> None:
    await sign_in(browser, "boris")
    async with app_server.runtime.transaction() as tx:
        await tx.session.execute(update(StaffSessionRow).values(proved_at=None))
    page = await browser.get(f"{ACCOUNT}/app")
    assert page.path == f"{ACCOUNT}/proof?next={ACCOUNT}/app"
    wrong = await browser.send(page, f"{ACCOUNT}/proof", password="wrong")
    assert "This is not your password" in wrong.text
    assert (await browser.send(wrong, f"{ACCOUNT}/proof", password=PASSWORD)).path == f"{ACCOUNT}/app"


async def test_password_form_names_the_wrong_field(browser: CitizenBrowser) -> None:
    await sign_in(browser, "boris")
    page = await browser.get(f"{ACCOUNT}/password")
    wrong = await browser.send(page, f"{ACCOUNT}/password", old="not it", new="short")
    assert wrong.status == 422
    assert "At least 10 characters" in wrong.text or "10" in wrong.text
    done = await browser.send(wrong, f"{ACCOUNT}/password", old=PASSWORD, new="a new long password")
    assert done.path == f"{ACCOUNT}?done=password"


async def test_person_ends_own_other_sessions(app_server: AppServer, browser: CitizenBrowser) -> None:
    async with citizen_browser(app_server, "en") as elsewhere:
        await sign_in(elsewhere, "boris")
        await sign_in(browser, "boris")
        page = await browser.get(ACCOUNT)
        assert "This browser" in page.text
        await browser.send(page, f"{ACCOUNT}/sessions/end")
        assert (await elsewhere.get(ACCOUNT)).path.startswith("/staff/?next=")
    assert (await browser.get(ACCOUNT)).path == ACCOUNT


async def test_required_factor_leads_to_the_account_only(app_server: AppServer, browser: CitizenBrowser) -> None:
    rules = {StaffRole.AGENT: date(2026, 11, 25)}
    await sign_in_rules.edit_sign_in_rules(app_server.runtime, OPERATOR, lambda _stored: rule_values(rules))
    page = await sign_in(browser, "boris", "/staff/?next=/staff/desk")
    assert page.path == ACCOUNT
    assert "Your role needs a second factor" in page.text
    assert (await browser.get("/staff/desk")).path == ACCOUNT
    assert (await browser.get("/staff/")).path == ACCOUNT


async def keep_form(server: AppServer, browser: CitizenBrowser) -> HtmlPage:
    """Fill a form of carmen in, end the session, and send the form."""
    await sign_in(browser, "carmen")
    page = await browser.get(CANCEL)
    await end_all_sessions(server)
    form = next(form for form in page.forms if form.value("reason") is not None)
    values = form.filled_values(reason="Water damage & more", date="2026-11-26")
    return await browser.post(CANCEL, values)


async def test_form_of_an_ended_session_is_sent_after_login(
    app_server: AppServer, browser: CitizenBrowser
) -> None:
    login = await keep_form(app_server, browser)
    assert login.status == 401
    assert "What you typed is kept" in login.text
    form = next(form for form in login.forms if form.action == "/staff/login")
    assert form.value("user") == "carmen"
    wrong = await browser.send(login, "/staff/login", password="wrong")
    again = await browser.send(wrong, "/staff/login", password=PASSWORD)
    assert "What you typed is still here" in again.text
    done = await browser.send(again, CANCEL)
    assert done.status == 200
    assert "Water damage &amp; more" in done.html


async def test_kept_form_passes_through_the_second_step(app_server: AppServer, browser: CitizenBrowser) -> None:
    login = await keep_form(app_server, browser)
    await connect_app(app_server, "carmen")
    step = await browser.send(login, "/staff/login", password=PASSWORD)
    again = await browser.send(step, SECOND, code=code_now(app_server))
    assert next(form for form in again.forms if form.action == CANCEL).value("reason") == "Water damage & more"


async def test_kept_form_is_not_shown_to_another_person(app_server: AppServer, browser: CitizenBrowser) -> None:
    login = await keep_form(app_server, browser)
    other = await browser.send(login, "/staff/login", user="boris", password=PASSWORD)
    assert other.path == "/staff/desk"
    assert "Water damage" not in other.html


async def test_form_without_a_session_is_kept_for_no_person(
    app_server: AppServer, browser: CitizenBrowser
) -> None:
    await sign_in(browser, "carmen")
    page = await browser.get(CANCEL)
    await browser.send(await browser.get(ACCOUNT), "/staff/logout")
    form = next(form for form in page.forms if form.value("reason") is not None)
    login = await browser.post(CANCEL, form.filled_values(reason="Water damage", date="2026-11-26"))
    assert (login.status, "Water damage" in login.html) == (401, False)
    assert "What you typed is kept" not in login.text


async def test_form_is_not_kept_for_a_login_elsewhere(app_server: AppServer, browser: CitizenBrowser) -> None:
    await sign_in(browser, "carmen")
    page = await browser.get(CANCEL)
    await end_all_sessions(app_server)
    async with app_server.runtime.transaction() as tx:
        await tx.session.execute(update(UserRow).values(password_hash=None))
    form = next(form for form in page.forms if form.value("reason") is not None)
    login = await browser.post(CANCEL, form.filled_values(reason="Water damage", date="2026-11-26"))
    assert "What you typed is kept" not in login.text


async def test_page_has_the_login_that_opens_over_it(browser: CitizenBrowser) -> None:
    await sign_in(browser, "boris")
    assert 'id="session-login"' in (await browser.get("/staff/desk")).html


async def test_wanted_page_keeps_its_parameters_at_the_second_step(
    app_server: AppServer, browser: CitizenBrowser
) -> None:
    await connect_app(app_server, "carmen")
    step = await sign_in(browser, "carmen", "/staff/?next=/staff/account%3Fdone%3Dapp_added%26more%3D1")
    assert f"{SECOND}?recovery&next=/staff/account%3Fdone%3Dapp_added%26more%3D1" in step.links
    done = await browser.send(step, SECOND, code=code_now(app_server))
    assert done.path == f"{ACCOUNT}?done=app_added&more=1"


async def test_passwords_and_changed_texts_are_never_kept(app_server: AppServer, browser: CitizenBrowser) -> None:
    await sign_in(browser, "carmen")
    page = await browser.get(f"{ACCOUNT}/password")
    await end_all_sessions(app_server)
    sent = await browser.send(page, f"{ACCOUNT}/password", old=PASSWORD, new="a new long password")
    assert sent.path.startswith("/staff/?next=")
    login = await keep_form(app_server, browser)
    forged = await browser.send(login, "/staff/login", password=PASSWORD, kept="gAAAAA" + "x" * 200)
    assert forged.path == "/staff/host"


async def test_script_logs_in_over_the_page(app_server: AppServer, browser: CitizenBrowser) -> None:
    async with app_server.client() as client, client.get("/staff/session") as answer:
        state = await answer.json()
        assert not state["signed_in"]
        assert state["passkey"] is None  # the tests' server is reached by a number
        form = {"csrf": state["csrf"], "user": "carmen", "password": PASSWORD}
        headers = {"Accept": "application/json"}
        async with client.post("/staff/session/login", data={**form, "password": "no"}, headers=headers) as wrong:
            assert wrong.status == 422
            assert (await wrong.json())["errors"][0]["field"] == "password"
        async with client.post("/staff/session/login", data=form, headers=headers) as done:
            content = await done.json()
        assert (content["state"], content["home"]) == ("signed_in", "/staff/host")
        async with client.get("/staff/session") as later:
            assert (await later.json())["can_stay"] is True
        async with client.post("/staff/session/login", data={"user": "carmen"}, headers=headers) as forged:
            assert forged.status == 403
