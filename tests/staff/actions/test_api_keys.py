"""Keys for programs, on both databases."""

from __future__ import annotations

import pytest
from office360.core.auth import Role
from office360.core.errors import Invalid, NotFound
from office360.core.runtime import Runtime
from office360.core.tokens import hash_token
from office360.offices.service import Office
from office360.staff.actions import accounts
from office360.staff.storage.tables import ApiKeyRow
from sqlalchemy import select


async def only_key(runtime: Runtime) -> ApiKeyRow:
    async with runtime.reading() as session:
        return (await session.execute(select(ApiKeyRow))).scalar_one()


async def test_a_key_is_kept_hashed(runtime: Runtime) -> None:
    key = await accounts.create_api_key(runtime, role=Role.AGENT)
    assert (await only_key(runtime)).key_hash == hash_token(key)


async def test_a_key_has_a_role_and_an_office(runtime: Runtime, office: Office) -> None:
    key = await accounts.create_api_key(runtime, name="Kiosk", role=Role.INTEGRATION, offices=[office.slug])
    found = await accounts.authenticate(runtime, cookie=None, bearer=key)
    assert found is not None
    assert (found.name, found.role, found.offices, found.key) == (
        "Kiosk",
        Role.INTEGRATION,
        frozenset({"centro"}),
        True,
    )


async def test_a_key_without_office_is_for_all(runtime: Runtime) -> None:
    key = await accounts.create_api_key(runtime, role=Role.HOST)
    found = await accounts.authenticate(runtime, cookie=None, bearer=key)
    assert found is not None
    assert found.offices is None


async def test_each_agent_key_is_an_agent_of_its_own(runtime: Runtime) -> None:
    keys = [await accounts.create_api_key(runtime, role=Role.AGENT) for _ in range(2)]
    found = [await accounts.authenticate(runtime, cookie=None, bearer=key) for key in keys]
    assert len({one.id for one in found if one}) == 2


async def test_a_revoked_key_is_nobody(runtime: Runtime) -> None:
    key = await accounts.create_api_key(runtime, role=Role.AGENT)
    key_id = (await only_key(runtime)).id
    await accounts.revoke_api_key(runtime, key_id)
    assert await accounts.authenticate(runtime, cookie=None, bearer=key) is None
    with pytest.raises(NotFound):
        await accounts.revoke_api_key(runtime, key_id)


async def test_a_wrong_key_is_nobody_even_beside_a_good_cookie(runtime: Runtime, office: Office) -> None:
    await accounts.create_user(
        runtime, username="boris", name="Boris", role=Role.AGENT, password="a password of boris"
    )
    cookie = await accounts.login(runtime, "boris", "a password of boris", "192.0.2.7")
    assert await accounts.authenticate(runtime, cookie=cookie, bearer="made up") is None


async def test_no_key_administers_and_offices_must_exist(runtime: Runtime) -> None:
    with pytest.raises(Invalid):
        await accounts.create_api_key(runtime, role=Role.ADMINISTRATOR)
    with pytest.raises(NotFound):
        await accounts.create_api_key(runtime, role=Role.AGENT, offices=["nowhere"])
