"""Signing in and out, on both databases."""

from __future__ import annotations

import asyncio

import pytest
from argon2 import PasswordHasher
from office360.core.auth import Role
from office360.core.errors import Invalid, NotFound, RateLimited, Refused, Unauthenticated
from office360.core.runtime import Runtime
from office360.core.tokens import hash_token
from office360.offices.service import Office
from office360.staff.actions import accounts
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
        role=Role.AGENT,
        offices=[office.slug],
        password=PASSWORD,
    )


async def sign_in(runtime: Runtime, password: str = PASSWORD, *, address: str = ADDRESS) -> str:
    return await accounts.login(runtime, "boris", password, address)


async def who(runtime: Runtime, token: str) -> str | None:
    found = await accounts.authenticate(runtime, cookie=token, bearer=None)
    return found.id if found else None


async def test_a_login_says_who_somebody_is(runtime: Runtime, boris: str) -> None:
    token = await sign_in(runtime)
    found = await accounts.authenticate(runtime, cookie=token, bearer=None)
    assert found is not None
    assert (found.id, found.role, found.offices) == (boris, Role.AGENT, frozenset({"centro"}))
    assert not found.key


async def test_no_table_keeps_the_token(runtime: Runtime, boris: str) -> None:
    token = await sign_in(runtime)
    async with runtime.reading() as session:
        row = (await session.execute(select(StaffSessionRow))).scalar_one()
    assert row.token_hash == hash_token(token)


async def test_no_cookie_is_nobody(runtime: Runtime) -> None:
    assert await accounts.authenticate(runtime, cookie=None, bearer=None) is None
    assert await accounts.authenticate(runtime, cookie="made up", bearer=None) is None


@pytest.mark.parametrize(("user", "password"), [("boris", "a wrong password"), ("nobody", PASSWORD)])
async def test_unknown_users_and_wrong_passwords_get_the_same_answer(
    runtime: Runtime, boris: str, user: str, password: str
) -> None:
    with pytest.raises(Unauthenticated) as caught:
        await accounts.login(runtime, user, password, ADDRESS)
    assert (caught.value.code, caught.value.details) == ("wrong_login", {})


async def test_the_sixth_attempt_in_fifteen_minutes_is_refused_even_with_the_right_password(
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


async def test_attempts_side_by_side_do_not_slip_past_the_limit(runtime: Runtime, boris: str) -> None:
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


async def test_another_address_may_still_sign_in(runtime: Runtime, boris: str) -> None:
    for _ in range(5):
        with pytest.raises(Unauthenticated):
            await sign_in(runtime, "a wrong password")
    assert await sign_in(runtime, address="192.0.2.8")


async def test_a_right_password_forgives_the_wrong_ones(runtime: Runtime, boris: str) -> None:
    for _ in range(3):
        for _ in range(4):
            with pytest.raises(Unauthenticated):
                await sign_in(runtime, "a wrong password")
        assert await sign_in(runtime)


async def test_a_login_rotates_the_session(runtime: Runtime, boris: str) -> None:
    first = await sign_in(runtime)
    second = await accounts.login(runtime, "boris", PASSWORD, ADDRESS, previous=first)
    assert second != first
    assert await who(runtime, first) is None
    assert await who(runtime, second) == boris


async def test_logging_out_ends_the_session_on_the_server(runtime: Runtime, boris: str) -> None:
    token, other = await sign_in(runtime), await sign_in(runtime)
    await accounts.logout(runtime, token)
    assert await who(runtime, token) is None
    assert await who(runtime, other) == boris


async def test_revoking_ends_every_session_of_the_user(runtime: Runtime, boris: str) -> None:
    tokens = [await sign_in(runtime), await sign_in(runtime)]
    await accounts.revoke_sessions(runtime, "boris")
    assert [await who(runtime, token) for token in tokens] == [None, None]


async def test_a_new_password_ends_every_session(runtime: Runtime, boris: str) -> None:
    token = await sign_in(runtime)
    await accounts.set_password(runtime, "boris", "another password")
    assert await who(runtime, token) is None
    with pytest.raises(Unauthenticated):
        await sign_in(runtime)
    assert await sign_in(runtime, "another password")


async def test_whoever_no_longer_works_here_is_nobody(runtime: Runtime, boris: str) -> None:
    token = await sign_in(runtime)
    await accounts.deactivate_user(runtime, "boris")
    assert await who(runtime, token) is None
    with pytest.raises(Unauthenticated) as caught:
        await sign_in(runtime)
    assert caught.value.code == "wrong_login"


async def test_a_session_ends_when_nobody_used_it(runtime: Runtime, clock: FakeClock, boris: str) -> None:
    token = await sign_in(runtime)
    clock.advance(minutes=119)
    assert await who(runtime, token) == boris
    clock.advance(minutes=119)
    assert await who(runtime, token) == boris
    clock.advance(minutes=120)
    assert await who(runtime, token) is None


async def test_a_session_ends_after_twelve_hours(runtime: Runtime, clock: FakeClock, boris: str) -> None:
    token = await sign_in(runtime)
    for _ in range(11):
        clock.advance(hours=1)
        assert await who(runtime, token) == boris
    clock.advance(hours=1)
    assert await who(runtime, token) is None


async def test_sessions_that_ended_a_week_ago_are_forgotten(
    runtime: Runtime, clock: FakeClock, boris: str
) -> None:
    old = await sign_in(runtime)
    clock.advance(days=8)
    await sign_in(runtime)
    async with runtime.reading() as session:
        hashes = (await session.execute(select(StaffSessionRow.token_hash))).scalars().all()
    assert hash_token(old) not in hashes
    assert len(hashes) == 1


async def test_a_hash_of_older_parameters_is_made_anew_at_login(runtime: Runtime, boris: str) -> None:
    weak = PasswordHasher(time_cost=1, memory_cost=8 * 1024).hash(PASSWORD)
    async with runtime.transaction() as tx:
        await tx.session.execute(update(UserRow).values(password_hash=weak))
    await sign_in(runtime)
    async with runtime.reading() as session:
        user = await staff_rows.user_by_username(session, "boris")
    assert user is not None
    assert user.password_hash != weak
    await sign_in(runtime)


async def test_a_username_is_given_once(runtime: Runtime, boris: str) -> None:
    with pytest.raises(Refused) as caught:
        await accounts.create_user(
            runtime, username=" BORIS", name="Another", role=Role.HOST, offices=None, password=PASSWORD
        )
    assert caught.value.code == "username_taken"


async def test_a_user_works_only_in_offices_that_exist(runtime: Runtime) -> None:
    with pytest.raises(NotFound):
        await accounts.create_user(
            runtime, username="eva", name="Eva", role=Role.AGENT, offices=["nowhere"], password=PASSWORD
        )
    with pytest.raises(Invalid):
        await accounts.create_user(runtime, username="eva", name="Eva", role=Role.AGENT, password="short")


async def test_a_user_without_offices_works_in_all(runtime: Runtime) -> None:
    await accounts.create_user(runtime, username="eva", name="Eva", role=Role.MANAGER, password=PASSWORD)
    token = await accounts.login(runtime, "eva", PASSWORD, ADDRESS)
    found = await accounts.authenticate(runtime, cookie=token, bearer=None)
    assert found is not None
    assert found.offices is None
