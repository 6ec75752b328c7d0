"""Logins in two steps, passkeys, recovery codes and rules, on both databases."""

from __future__ import annotations

import dataclasses
from datetime import date
from typing import Any

import pyotp
import pytest
from office360.core.auth import StaffRole
from office360.core.db.outbox import OutboxRow
from office360.core.errors import Gone, Invalid, NotAllowed, Refused, Unauthenticated
from office360.core.runtime import Runtime
from office360.core.tokens import TokenSigner
from office360.offices.service import Office
from office360.staff.actions import accounts, own_account, passkeys, second_factor, sign_in_rules
from office360.staff.actions.account_links import set_password_by_link
from office360.staff.actions.federation.connect_accounts import connect_person
from office360.staff.actions.own_account import OwnSession
from office360.staff.actions.passkeys import PasskeyPurpose, login_options
from office360.staff.actions.people import OPERATOR, send_link
from office360.staff.actions.second_factor import LoginBrowser, LoginResult
from office360.staff.actions.totp import totp_step
from office360.staff.domain.account import SessionOrigin
from office360.staff.domain.people import AccountDetails, LinkRequest
from office360.staff.domain.second_factor import rule_values
from office360.staff.storage import factor_rows, people_rows, provider_rows
from office360.staff.storage.factor_tables import AuthenticatorAppRow, RecoveryCodeRow
from office360.staff.storage.staff_rows import StaffUser
from sqlalchemy import select

from ...conftest import TEST_SECRET, FakeClock
from ..support.authenticator import SoftwareAuthenticator

PASSWORD = "a password of boris"
BROWSER = LoginBrowser("192.0.2.7")
SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"


@pytest.fixture
def runtime(runtime: Runtime) -> Runtime:
    """Give the installation a domain, which passkeys need."""
    return dataclasses.replace(runtime, public_url="https://citas.example.org")


@pytest.fixture
async def boris(runtime: Runtime, office: Office) -> str:
    boris = await accounts.create_user(
        runtime, username="boris", name="Boris", role=StaffRole.AGENT, offices=["centro"], password=PASSWORD
    )
    details = AccountDetails("Boris", "boris@example.org", StaffRole.AGENT, frozenset({"centro"}))
    async with runtime.transaction() as tx:
        await people_rows.update_details(tx.session, boris, details)
    return boris


def current_code(runtime: Runtime, steps: int = 0) -> str:
    return pyotp.TOTP(SECRET).generate_otp(totp_step(runtime.now()) + steps)


async def begin(runtime: Runtime) -> LoginResult:
    return await second_factor.begin_login(runtime, "boris", PASSWORD, BROWSER)


async def own_session(runtime: Runtime, result: LoginResult) -> OwnSession:
    own = await own_account.load_own_session(runtime, result.session_token)
    assert own is not None
    return own


async def connect_app(runtime: Runtime) -> list[str]:
    """Connect an app whose present code is used up. Returns the recovery codes."""
    own = await own_session(runtime, await begin(runtime))
    return list(await own_account.add_app(runtime, own, SECRET, current_code(runtime, -1), "es"))


async def add_passkey(runtime: Runtime) -> SoftwareAuthenticator:
    own = await own_session(runtime, await begin(runtime))
    device = SoftwareAuthenticator("citas.example.org", "https://citas.example.org")
    options = passkeys.registration_options(
        runtime, user_id=own.principal.id, username="boris", name="Boris", site_name="Citas", passkeys=()
    )
    await own_account.add_passkey(runtime, own, " My  key ", device.create(options or ""), "es")
    return device


async def test_password_alone_starts_no_session_beside_a_factor(runtime: Runtime, boris: str) -> None:
    await connect_app(runtime)
    waiting = await begin(runtime)
    assert waiting.session_token is None
    assert await own_account.load_own_session(runtime, waiting.pending_token) is None
    with pytest.raises(Unauthenticated):
        await accounts.login(runtime, "boris", PASSWORD, "192.0.2.7")
    done = await second_factor.finish_by_code(runtime, waiting.pending_token, current_code(runtime), BROWSER)
    assert (await own_session(runtime, done)).principal.id == boris


async def test_code_works_once(runtime: Runtime, boris: str, clock: FakeClock) -> None:
    await connect_app(runtime)
    code = current_code(runtime)
    await second_factor.finish_by_code(runtime, (await begin(runtime)).pending_token, code, BROWSER)
    again = (await begin(runtime)).pending_token
    with pytest.raises(Unauthenticated):
        await second_factor.finish_by_code(runtime, again, code, BROWSER)
    clock.advance(seconds=30)
    await second_factor.finish_by_code(runtime, again, current_code(runtime), BROWSER)


async def test_waiting_login_ends_after_five_codes_or_ten_minutes(
    runtime: Runtime, boris: str, clock: FakeClock
) -> None:
    await connect_app(runtime)
    token = (await begin(runtime)).pending_token
    for _ in range(5):
        with pytest.raises(Unauthenticated):
            await second_factor.finish_by_code(runtime, token, "000000", BROWSER)
    with pytest.raises(Gone):
        await second_factor.finish_by_code(runtime, token, current_code(runtime), BROWSER)
    slow = (await begin(runtime)).pending_token
    clock.advance(minutes=10)
    with pytest.raises(Gone):
        await second_factor.finish_by_code(runtime, slow, current_code(runtime), BROWSER)


async def test_recovery_code_is_hashed_and_works_once(runtime: Runtime, boris: str) -> None:
    code, *_ = await connect_app(runtime)
    async with runtime.read_session() as session:
        stored = list(await session.scalars(select(RecoveryCodeRow.code_hash)))
    assert len(stored) == 10
    assert not any(code in text for text in stored)
    token = (await begin(runtime)).pending_token
    done = await second_factor.finish_by_recovery_code(runtime, token, code.lower(), BROWSER)
    account = await own_account.load_own_account(runtime, await own_session(runtime, done))
    assert account.factors.recovery_codes_left == 9
    with pytest.raises(Unauthenticated):
        await second_factor.finish_by_recovery_code(runtime, (await begin(runtime)).pending_token, code, BROWSER)


async def test_reset_link_still_asks_for_the_second_factor(runtime: Runtime, boris: str) -> None:
    await connect_app(runtime)
    link = await send_link(runtime, OPERATOR, boris, "es")
    result = await set_password_by_link(runtime, link.url.rpartition("/")[2], "another long password", BROWSER)
    assert (result.session_token, result.pending_token is None) == (None, False)


async def test_secret_of_app_is_encrypted_and_survives_rotation(runtime: Runtime, boris: str) -> None:
    await connect_app(runtime)
    rotated = dataclasses.replace(runtime, tokens=TokenSigner(["a new secret", TEST_SECRET]))
    assert await own_account.reencrypt_app_secrets(rotated) == 1
    assert await own_account.reencrypt_app_secrets(rotated) == 0
    async with runtime.read_session() as session:
        stored = await session.scalar(select(AuthenticatorAppRow.secret))
    assert stored is not None
    assert SECRET not in stored
    assert TokenSigner(["a new secret"]).decrypt(second_factor.APP_PURPOSE, stored) == SECRET


async def test_passkey_logs_in_alone_and_each_challenge_once(runtime: Runtime, boris: str) -> None:
    device = await add_passkey(runtime)
    options = login_options(runtime, PasskeyPurpose.LOGIN, "this browser") or ""
    answer = device.sign(options)
    with pytest.raises(Refused):
        await second_factor.log_in_by_passkey(runtime, "another browser", answer, BROWSER)
    done = await second_factor.log_in_by_passkey(runtime, "this browser", answer, BROWSER)
    assert (await own_session(runtime, done)).principal.id == boris
    with pytest.raises(Refused):
        await second_factor.log_in_by_passkey(runtime, "this browser", answer, BROWSER)


async def test_wrong_passwords_never_stop_a_passkey(runtime: Runtime, boris: str) -> None:
    device = await add_passkey(runtime)
    for number in range(25):
        await guess_wrong(runtime, f"198.51.100.{number}")
    options = login_options(runtime, PasskeyPurpose.LOGIN, "b") or ""
    assert (await second_factor.log_in_by_passkey(runtime, "b", device.sign(options), BROWSER)).session_token


async def guess_wrong(runtime: Runtime, address: str) -> None:
    with pytest.raises(Exception, match=r"wrong_login|rate_limited"):
        await accounts.verify_login(runtime, "boris", "wrong", address)


async def test_passkey_must_verify_its_user_on_this_site(runtime: Runtime, boris: str, clock: FakeClock) -> None:
    device = await add_passkey(runtime)
    phishing = dataclasses.replace(device, origin="https://citas.example.net")
    silent = dataclasses.replace(device, verifies_user=False)
    for wrong in (phishing, silent):
        options = login_options(runtime, PasskeyPurpose.LOGIN, "b") or ""
        with pytest.raises(Refused):
            await second_factor.log_in_by_passkey(runtime, "b", wrong.sign(options), BROWSER)
    old = device.sign(login_options(runtime, PasskeyPurpose.LOGIN, "b") or "")
    other = device.sign(login_options(runtime, PasskeyPurpose.PROOF, "b") or "")
    clock.advance(hours=2)
    for answer in (old, other, "", "[]", '{"response": {}}'):
        with pytest.raises(Refused):
            await second_factor.log_in_by_passkey(runtime, "b", answer, BROWSER)


async def test_factors_change_only_after_a_recent_proof(runtime: Runtime, boris: str, clock: FakeClock) -> None:
    token = (await begin(runtime)).session_token
    clock.advance(minutes=10)
    own = await own_account.load_own_session(runtime, token)
    assert own is not None
    with pytest.raises(Refused) as refused:
        await own_account.add_app(runtime, own, SECRET, current_code(runtime), "es")
    assert refused.value.code == "proof_needed"
    with pytest.raises(Invalid):
        await own_account.prove_by_password(runtime, own, "wrong", BROWSER)
    await own_account.prove_by_password(runtime, own, PASSWORD, BROWSER)
    proved = await own_account.load_own_session(runtime, token)
    assert proved is not None
    assert await own_account.add_app(runtime, proved, SECRET, current_code(runtime), "es")


async def test_change_of_factor_tells_the_person(runtime: Runtime, boris: str) -> None:
    await connect_app(runtime)
    async with runtime.read_session() as session:
        sent = (await session.scalars(select(OutboxRow))).one()
    assert (sent.kind, sent.recipient, sent.payload["change"]) == (
        "staff_factor",
        "boris@example.org",
        "app_added",
    )
    assert SECRET not in str(sent.payload)


async def test_role_that_needs_a_factor_opens_only_its_set_up(runtime: Runtime, boris: str) -> None:
    today = {StaffRole.AGENT: date(2026, 11, 25)}
    await sign_in_rules.edit_sign_in_rules(runtime, OPERATOR, lambda _stored: rule_values(today))
    result = await begin(runtime)
    assert result.needs_factor
    assert await accounts.authenticate(runtime, cookie=result.session_token, bearer=None) is None
    own = await own_session(runtime, result)
    await own_account.add_app(runtime, own, SECRET, current_code(runtime), "es")
    assert await accounts.authenticate(runtime, cookie=result.session_token, bearer=None) is not None
    with pytest.raises(Refused) as refused:
        await own_account.remove_app(runtime, own, "es")
    assert refused.value.code == "factor_required"


async def test_rule_of_a_later_day_or_another_role_asks_for_nothing(runtime: Runtime, boris: str) -> None:
    rules = {StaffRole.AGENT: date(2026, 11, 26), StaffRole.HOST: date(2026, 11, 1)}
    await sign_in_rules.edit_sign_in_rules(runtime, OPERATOR, lambda _stored: rule_values(rules))
    assert not (await begin(runtime)).needs_factor


async def test_reset_removes_factors_and_ends_sessions(runtime: Runtime, boris: str) -> None:
    await connect_app(runtime)
    await sign_in_rules.reset_factors(runtime, OPERATOR, boris, "es")
    async with runtime.read_session() as session:
        factors = await factor_rows.load_factors(session, boris)
        assert await people_rows.open_sessions(session, boris, runtime.now()) == []
    assert (factors.has_any, factors.recovery_codes_left) == (False, 0)
    assert (await begin(runtime)).session_token


async def test_new_password_ends_other_sessions_and_asks_for_the_old(runtime: Runtime, boris: str) -> None:
    other, own = await begin(runtime), await own_session(runtime, await begin(runtime))
    with pytest.raises(Invalid) as wrong:
        await own_account.change_own_password(runtime, own, "wrong", "a new long password", BROWSER)
    assert [field.field for field in wrong.value.fields] == ["old"]
    await own_account.change_own_password(runtime, own, PASSWORD, "a new long password", BROWSER)
    assert await own_account.load_own_session(runtime, other.session_token) is None
    assert await accounts.verify_login(runtime, "boris", "a new long password", "192.0.2.7")


async def test_set_up_opens_no_other_session_that_waits(runtime: Runtime, boris: str) -> None:
    today = {StaffRole.AGENT: date(2026, 11, 25)}
    await sign_in_rules.edit_sign_in_rules(runtime, OPERATOR, lambda _stored: rule_values(today))
    stranger, result = await begin(runtime), await begin(runtime)
    own = await own_session(runtime, result)
    await own_account.add_app(runtime, own, SECRET, current_code(runtime), "es")
    assert await accounts.authenticate(runtime, cookie=result.session_token, bearer=None) is not None
    assert await accounts.authenticate(runtime, cookie=stranger.session_token, bearer=None) is None
    assert await own_account.load_own_session(runtime, stranger.session_token) is None


async def test_connected_account_opens_by_no_factor_of_before(runtime: Runtime, boris: str) -> None:
    device = await add_passkey(runtime)
    waiting = (await begin(runtime)).pending_token
    code, *_ = await renewed_codes(runtime, device)
    asked = LinkRequest("https://id.example.org 1", "Boris", None, runtime.now())
    async with runtime.transaction() as tx:
        await provider_rows.save_link_request(tx.session, boris, asked)
    await connect_person(runtime, OPERATOR, boris, asked.external_id)
    with pytest.raises(Gone):
        await second_factor.finish_by_recovery_code(runtime, waiting, code, BROWSER)
    options = login_options(runtime, PasskeyPurpose.LOGIN, "b") or ""
    with pytest.raises(Refused):
        await second_factor.log_in_by_passkey(runtime, "b", device.sign(options), BROWSER)


async def renewed_codes(runtime: Runtime, device: SoftwareAuthenticator) -> list[str]:
    options = login_options(runtime, PasskeyPurpose.LOGIN, "b") or ""
    done = await second_factor.log_in_by_passkey(runtime, "b", device.sign(options), BROWSER)
    return list(await own_account.renew_recovery_codes(runtime, await own_session(runtime, done)))


async def test_account_of_the_provider_has_no_factors_here(runtime: Runtime, boris: str) -> None:
    own = await own_session(runtime, await begin(runtime))
    device = SoftwareAuthenticator("citas.example.org", "https://citas.example.org")
    options = passkeys.registration_options(
        runtime, user_id=boris, username="boris", name="Boris", site_name="Citas", passkeys=()
    )
    async with runtime.transaction() as tx:
        await people_rows.set_external(
            tx.session, boris, external_id="https://id.example.org 1", groups=(), username="boris"
        )
    with pytest.raises(Refused) as refused:
        await own_account.add_passkey(runtime, own, "Key", device.create(options or ""), "es")
    assert refused.value.code == "account_from_provider"


@pytest.mark.parametrize("origin", [SessionOrigin.OIDC, SessionOrigin.PROXY])
async def test_session_by_another_login_proves_nothing_here(
    runtime: Runtime, boris: str, origin: SessionOrigin
) -> None:
    async with runtime.transaction() as tx:
        token = await accounts.start_session(tx, boris, previous=None, device=None, origin=origin)
    own = await own_account.load_own_session(runtime, token, "boris")
    assert own is not None
    assert not own.is_proved(runtime.now())


async def test_password_that_was_replaced_meanwhile_opens_nothing(
    runtime: Runtime, boris: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = accounts.verify_login

    async def slow(*args: Any) -> StaffUser:
        found = await real(*args)
        await accounts.set_password(runtime, "boris", "a new long password")
        return found

    monkeypatch.setattr(second_factor, "verify_login", slow)
    with pytest.raises(Unauthenticated):
        await begin(runtime)


async def test_manager_removes_own_factors_on_the_own_page_only(runtime: Runtime, office: Office) -> None:
    carmen = await accounts.create_user(
        runtime, username="carmen", name="Carmen", role=StaffRole.MANAGER, password=PASSWORD
    )
    own = await own_session(runtime, await second_factor.begin_login(runtime, "carmen", PASSWORD, BROWSER))
    await own_account.add_app(runtime, own, SECRET, current_code(runtime, -1), "es")
    with pytest.raises(Refused) as refused:
        await sign_in_rules.reset_factors(runtime, own.principal, carmen, "es")
    assert refused.value.code == "own_factors"
    elena = await accounts.create_user(
        runtime, username="elena", name="Elena", role=StaffRole.ADMINISTRATOR, password=PASSWORD
    )
    with pytest.raises(NotAllowed):
        await sign_in_rules.reset_factors(runtime, own.principal, elena, "es")


async def test_own_new_password_voids_the_link_for_another(runtime: Runtime, boris: str) -> None:
    link = await send_link(runtime, OPERATOR, boris, "es")
    own = await own_session(runtime, await begin(runtime))
    await own_account.change_own_password(runtime, own, PASSWORD, "a new long password", BROWSER)
    with pytest.raises(Gone):
        await set_password_by_link(runtime, link.url.rpartition("/")[2], "another long one", BROWSER)
