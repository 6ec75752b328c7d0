"""Limits of wrong passwords: strangers guess little and lock no known device out."""

from __future__ import annotations

import pytest
from office360.core.auth import StaffRole
from office360.core.errors import RateLimited, Unauthenticated
from office360.core.runtime import Runtime
from office360.offices.service import Office
from office360.staff.actions import accounts, login_limits
from office360.staff.actions.login_limits import (
    PASSWORDS_PER_ACCOUNT,
    PASSWORDS_PER_ADDRESS,
    PASSWORDS_PER_DEVICE,
)
from office360.staff.domain.known_devices import remember_device

from ...conftest import FakeClock

PASSWORD = "a password of boris"
OFFICE = "192.0.2.7"


async def guess(runtime: Runtime, username: str, address: str, device: str | None = None) -> bool:
    """Count a wrong password. Return whether it may be checked."""
    try:
        await login_limits.record_password_guess(runtime, username, address, device)
    except RateLimited:
        return False
    return True


async def guess_right(runtime: Runtime, username: str, address: str) -> None:
    counted = await login_limits.record_password_guess(runtime, username, address, None)
    await login_limits.delete_right_guess(runtime, counted)


async def guess_from_everywhere(runtime: Runtime, username: str, times: int) -> list[bool]:
    return [await guess(runtime, username, f"198.51.100.{number}") for number in range(times)]


async def test_strangers_guess_no_more_than_the_hourly_limit(runtime: Runtime, clock: FakeClock) -> None:
    results = await guess_from_everywhere(runtime, "boris", PASSWORDS_PER_ACCOUNT + 2)
    assert results == [True] * PASSWORDS_PER_ACCOUNT + [False] * 2
    clock.advance(minutes=59)
    assert not await guess(runtime, "boris", "203.0.113.1")
    clock.advance(minutes=1)
    assert await guess(runtime, "boris", "203.0.113.1")


async def test_strangers_cannot_lock_a_known_device_out(runtime: Runtime, office: Office) -> None:
    boris = await accounts.create_user(
        runtime, username="boris", name="Boris", role=StaffRole.AGENT, offices=["centro"], password=PASSWORD
    )
    cookie = remember_device(runtime.tokens, None, boris)
    await guess_from_everywhere(runtime, "boris", PASSWORDS_PER_ACCOUNT)
    for _ in range(5):  # a stranger in the same office
        await guess(runtime, "boris", OFFICE)
    with pytest.raises(Unauthenticated):
        await accounts.verify_login(runtime, "boris", "mistyped", OFFICE, cookie)
    assert (await accounts.verify_login(runtime, "boris", PASSWORD, OFFICE, cookie)).id == boris
    with pytest.raises(RateLimited):
        await accounts.verify_login(runtime, "boris", PASSWORD, OFFICE)


async def test_known_device_has_its_own_limit(runtime: Runtime) -> None:
    results = [await guess(runtime, "boris", OFFICE, "tablet") for _ in range(PASSWORDS_PER_DEVICE + 1)]
    assert results == [True] * PASSWORDS_PER_DEVICE + [False]
    assert await guess(runtime, "boris", OFFICE, "computer")
    assert await guess(runtime, "boris", OFFICE)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_office_behind_one_address_is_not_stopped_by_typos(runtime: Runtime) -> None:
    for number in range(40):
        assert await guess(runtime, f"person{number}", OFFICE)
        assert await guess(runtime, f"person{number}", OFFICE)
        await guess_right(runtime, f"person{number}", OFFICE)


async def test_one_address_tries_a_bounded_number_of_accounts(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert PASSWORDS_PER_ADDRESS >= 2 * 40
    monkeypatch.setattr(login_limits, "PASSWORDS_PER_ADDRESS", 12)
    results = [await guess(runtime, f"person{number}", OFFICE) for number in range(14)]
    assert results == [True] * 12 + [False] * 2
    assert await guess(runtime, "person1", "203.0.113.9")


async def test_many_known_devices_guess_no_more_than_some(runtime: Runtime) -> None:
    # a person who knew the password may have collected cookies that each guess the next password
    passwords = [await guess(runtime, "boris", OFFICE, f"d{number // 5}") for number in range(62)]
    assert passwords == [True] * 60 + [False] * 2
    codes = [await guess_code(runtime, f"d{number // 5}") for number in range(32)]
    assert codes == [True] * 30 + [False] * 2


async def guess_code(runtime: Runtime, device: str) -> bool:
    try:
        await login_limits.record_code_guess(runtime, "boris", device)
    except RateLimited:
        return False
    return True
