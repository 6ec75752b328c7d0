"""Login, logout and sessions, on both databases."""

from __future__ import annotations

import asyncio

import pytest
from argon2 import PasswordHasher
from office360.core.auth import StaffRole
from office360.core.errors import Invalid, NotFound, RateLimited, Refused, Unauthenticated
from office360.core.runtime import Runtime
from office360.core.tokens import hash_token
from office360.offices.service import Office
from office360.staff.actions import accounts
from office360.staff.actions.people import OPERATOR, disable_person, end_sessions
from office360.staff.storage import staff_rows
from office360.staff.storage.tables import StaffSessionRow, UserRow
from sqlalchemy import select, update

from ...conftest import FakeClock

PASSWORD = "a password of boris"
ADDRESS = "192.0.2.7"


@pytest.fixture
async def boris(runtime: Runtime, office: Office) -> str:
    return await accounts.create_user(
        runtime,
        username="Boris",
        name="Boris (agent)",
        role=StaffRole.AGENT,
        offices=[office.slug],
        password=PASSWORD,
    )


async def sign_in(runtime: Runtime, password: str = PASSWORD, *, address: str = ADDRESS) -> str:
    return await accounts.login(runtime, "boris", password, address)


async def authenticated_id(runtime: Runtime, token: str) -> str | None:
    found = await accounts.authenticate(runtime, cookie=token, bearer=None)
    return found.id if found else None


async def test_refused_login_is_logged_with_hashed_address(
    runtime: Runtime, boris: str, caplog: pytest.LogCaptureFixture
) -> None:
    for address in (ADDRESS, ADDRESS, "192.0.2.8"):
        with pytest.raises(Unauthenticated):
            await sign_in(runtime, "wrong", address=address)
    lines = [record.__dict__ for record in caplog.records if record.getMessage() == "login_refused"]
    hashes = [line["address_hash"] for line in lines]
    assert hashes[0] == hashes[1] != hashes[2]
    assert ADDRESS not in str(lines)
    assert "boris" not in str(lines).lower()


async def test_login_authenticates_user(runtime: Runtime, boris: str) -> None:
    token = await sign_in(runtime)
    found = await accounts.authenticate(runtime, cookie=token, bearer=None)
    assert found is not None
    assert (found.id, found.role, found.offices) == (boris, StaffRole.AGENT, frozenset({"centro"}))
    assert not found.is_api_key


async def test_session_token_is_stored_hashed(runtime: Runtime, boris: str) -> None:
    token = await sign_in(runtime)
    async with runtime.read_session() as session:
        row = (await session.execute(select(StaffSessionRow))).scalar_one()
    assert row.token_hash == hash_token(token)


async def test_missing_or_unknown_cookie_does_not_authenticate(runtime: Runtime) -> None:
    assert await accounts.authenticate(runtime, cookie=None, bearer=None) is None
    assert await accounts.authenticate(runtime, cookie="made up", bearer=None) is None


@pytest.mark.parametrize(("user", "password"), [("boris", "a wrong password"), ("nobody", PASSWORD)])
async def test_unknown_users_and_wrong_passwords_get_the_same_answer(
    runtime: Runtime, boris: str, user: str, password: str
) -> None:
    with pytest.raises(Unauthenticated) as caught:
        await accounts.login(runtime, user, password, ADDRESS)
    assert (caught.value.code, caught.value.details) == ("wrong_login", {})


async def test_sixth_login_attempt_is_refused_with_right_password(
    runtime: Runtime, clock: FakeClock, boris: str
) -> None:
    for _ in range(5):
        with pytest.raises(Unauthenticated):
            await sign_in(runtime, "a wrong password")
        clock.advance(seconds=60)
    with pytest.raises(RateLimited) as caught:
        await sign_in(runtime)
    assert caught.value.retry_after_s == 600
    clock.advance(seconds=600)
    assert await sign_in(runtime)


async def test_concurrent_login_attempts_respect_limit(runtime: Runtime, boris: str) -> None:
    async def attempt() -> bool:
        try:
            await sign_in(runtime, "a wrong password")
        except Unauthenticated:
            return True
        except RateLimited:
            return False
        return True

    looked_at = await asyncio.gather(*(attempt() for _ in range(8)))
    assert sum(looked_at) <= 5


async def test_login_limit_is_per_address(runtime: Runtime, boris: str) -> None:
    for _ in range(5):
        with pytest.raises(Unauthenticated):
            await sign_in(runtime, "a wrong password")
    assert await sign_in(runtime, address="192.0.2.8")


async def test_right_password_resets_login_attempts(runtime: Runtime, boris: str) -> None:
    for _ in range(3):
        for _ in range(4):
            with pytest.raises(Unauthenticated):
                await sign_in(runtime, "a wrong password")
        assert await sign_in(runtime)


async def test_a_login_rotates_the_session(runtime: Runtime, boris: str) -> None:
    first = await sign_in(runtime)
    second = await accounts.login(runtime, "boris", PASSWORD, ADDRESS, previous=first)
    assert second != first
    assert await authenticated_id(runtime, first) is None
    assert await authenticated_id(runtime, second) == boris


async def test_logout_ends_session_on_server(runtime: Runtime, boris: str) -> None:
    token, other = await sign_in(runtime), await sign_in(runtime)
    await accounts.logout(runtime, token)
    assert await authenticated_id(runtime, token) is None
    assert await authenticated_id(runtime, other) == boris


async def test_revoking_sessions_ends_all_sessions_of_user(runtime: Runtime, boris: str) -> None:
    tokens = [await sign_in(runtime), await sign_in(runtime)]
    await end_sessions(runtime, OPERATOR, boris)
    assert [await authenticated_id(runtime, token) for token in tokens] == [None, None]


async def test_a_new_password_ends_every_session(runtime: Runtime, boris: str) -> None:
    token = await sign_in(runtime)
    await accounts.set_password(runtime, "boris", "another password")
    assert await authenticated_id(runtime, token) is None
    with pytest.raises(Unauthenticated):
        await sign_in(runtime)
    assert await sign_in(runtime, "another password")


async def test_deactivated_user_cannot_sign_in(runtime: Runtime, boris: str) -> None:
    token = await sign_in(runtime)
    await disable_person(runtime, OPERATOR, boris)
    assert await authenticated_id(runtime, token) is None
    with pytest.raises(Unauthenticated) as caught:
        await sign_in(runtime)
    assert caught.value.code == "wrong_login"


async def test_idle_session_expires(runtime: Runtime, clock: FakeClock, boris: str) -> None:
    token = await sign_in(runtime)
    clock.advance(minutes=119)
    assert await authenticated_id(runtime, token) == boris
    clock.advance(minutes=119)
    assert await authenticated_id(runtime, token) == boris
    clock.advance(minutes=120)
    assert await authenticated_id(runtime, token) is None


async def test_session_expires_after_twelve_hours(runtime: Runtime, clock: FakeClock, boris: str) -> None:
    token = await sign_in(runtime)
    for _ in range(11):
        clock.advance(hours=1)
        assert await authenticated_id(runtime, token) == boris
    clock.advance(hours=1)
    assert await authenticated_id(runtime, token) is None


async def test_sessions_expired_a_week_ago_are_deleted(runtime: Runtime, clock: FakeClock, boris: str) -> None:
    old = await sign_in(runtime)
    clock.advance(days=8)
    await sign_in(runtime)
    async with runtime.read_session() as session:
        hashes = (await session.execute(select(StaffSessionRow.token_hash))).scalars().all()
    assert hash_token(old) not in hashes
    assert len(hashes) == 1


async def test_old_password_hash_is_upgraded_at_login(runtime: Runtime, boris: str) -> None:
    weak = PasswordHasher(time_cost=1, memory_cost=8 * 1024).hash(PASSWORD)
    async with runtime.transaction() as tx:
        await tx.session.execute(update(UserRow).values(password_hash=weak))
    await sign_in(runtime)
    async with runtime.read_session() as session:
        user = await staff_rows.user_by_username(session, "boris")
    assert user is not None
    assert user.password_hash != weak
    await sign_in(runtime)


async def test_duplicate_username_is_refused(runtime: Runtime, boris: str) -> None:
    with pytest.raises(Refused) as caught:
        await accounts.create_user(
            runtime, username=" BORIS", name="Another", role=StaffRole.HOST, offices=None, password=PASSWORD
        )
    assert caught.value.code == "username_taken"


async def test_new_user_needs_existing_office_and_valid_password(runtime: Runtime) -> None:
    with pytest.raises(NotFound):
        await accounts.create_user(
            runtime, username="eva", name="Eva", role=StaffRole.AGENT, offices=["nowhere"], password=PASSWORD
        )
    with pytest.raises(Invalid):
        await accounts.create_user(runtime, username="eva", name="Eva", role=StaffRole.AGENT, password="short")


async def test_user_without_offices_covers_all_offices(runtime: Runtime) -> None:
    await accounts.create_user(runtime, username="eva", name="Eva", role=StaffRole.MANAGER, password=PASSWORD)
    token = await accounts.login(runtime, "eva", PASSWORD, ADDRESS)
    found = await accounts.authenticate(runtime, cookie=token, bearer=None)
    assert found is not None
    assert found.offices is None
