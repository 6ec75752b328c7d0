"""API keys, on both databases."""

from __future__ import annotations

from datetime import timedelta

import pytest
from office360.core.auth import StaffRole
from office360.core.errors import Invalid, NotFound
from office360.core.runtime import Runtime
from office360.core.tokens import hash_token
from office360.offices.service import Office
from office360.staff.actions import accounts
from office360.staff.storage.tables import ApiKeyRow
from sqlalchemy import select

from ...conftest import FakeClock


async def load_only_key(runtime: Runtime) -> ApiKeyRow:
    async with runtime.read_session() as session:
        return (await session.execute(select(ApiKeyRow))).scalar_one()


async def test_api_key_is_stored_hashed(runtime: Runtime) -> None:
    key = await accounts.create_api_key(runtime, role=StaffRole.AGENT)
    assert (await load_only_key(runtime)).key_hash == hash_token(key)


async def test_a_key_has_a_role_and_an_office(runtime: Runtime, office: Office) -> None:
    key = await accounts.create_api_key(runtime, name="Kiosk", role=StaffRole.INTEGRATION, offices=[office.slug])
    found = await accounts.authenticate(runtime, cookie=None, bearer=key)
    assert found is not None
    assert (found.name, found.role, found.offices, found.is_api_key) == (
        "Kiosk",
        StaffRole.INTEGRATION,
        frozenset({"centro"}),
        True,
    )


async def test_api_key_without_office_covers_all_offices(runtime: Runtime) -> None:
    key = await accounts.create_api_key(runtime, role=StaffRole.HOST)
    found = await accounts.authenticate(runtime, cookie=None, bearer=key)
    assert found is not None
    assert found.offices is None


async def test_each_agent_key_has_own_id(runtime: Runtime) -> None:
    keys = [await accounts.create_api_key(runtime, role=StaffRole.AGENT) for _ in range(2)]
    found = [await accounts.authenticate(runtime, cookie=None, bearer=key) for key in keys]
    assert len({entry.id for entry in found if entry}) == 2


async def test_revoked_key_does_not_authenticate(runtime: Runtime) -> None:
    key = await accounts.create_api_key(runtime, role=StaffRole.AGENT)
    key_id = (await load_only_key(runtime)).id
    await accounts.revoke_api_key(runtime, key_id)
    assert await accounts.authenticate(runtime, cookie=None, bearer=key) is None
    with pytest.raises(NotFound):
        await accounts.revoke_api_key(runtime, key_id)


async def test_wrong_key_with_valid_cookie_does_not_authenticate(runtime: Runtime, office: Office) -> None:
    await accounts.create_user(
        runtime, username="boris", name="Boris", role=StaffRole.AGENT, password="a password of boris"
    )
    cookie = await accounts.login(runtime, "boris", "a password of boris", "192.0.2.7")
    assert await accounts.authenticate(runtime, cookie=cookie, bearer="made up") is None


async def test_api_key_needs_allowed_role_and_existing_office(runtime: Runtime) -> None:
    with pytest.raises(Invalid):
        await accounts.create_api_key(runtime, role=StaffRole.ADMINISTRATOR)
    with pytest.raises(NotFound):
        await accounts.create_api_key(runtime, role=StaffRole.AGENT, offices=["nowhere"])


async def test_last_use_of_key_is_written_once_a_minute(runtime: Runtime, clock: FakeClock) -> None:
    key = await accounts.create_api_key(runtime, role=StaffRole.AGENT)
    assert (await load_only_key(runtime)).last_used_at is None
    first = clock.now()
    for seconds, written in ((0, first), (59, first), (1, first + timedelta(seconds=60))):
        clock.advance(seconds=seconds)
        assert await accounts.authenticate(runtime, cookie=None, bearer=key) is not None
        assert (await load_only_key(runtime)).last_used_at == written
