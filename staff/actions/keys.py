"""Use cases of managers about API keys, within their role and offices."""

from __future__ import annotations

from ...core.auth import Principal, StaffRole
from ...core.errors import NotAllowed, NotFound
from ...core.runtime import Runtime
from ...offices.service import all_offices
from ..domain import account
from ..domain.people import KEY_ROLES, StaffApiKey, can_manage, can_see, check_grant
from ..storage import key_rows
from .accounts import create_api_key, revoke_api_key
from .people import audit_actor


async def issue_key(
    runtime: Runtime,
    principal: Principal,
    *,
    name: str,
    role: StaffRole,
    offices: frozenset[str] | None,
    key_id: str | None = None,
) -> str:
    """Create an API key. Returns it in clear, once.

    Raises Invalid, Conflict("key_exists") if the same form was sent before.
    """
    account.check_new_key(name, role)
    async with runtime.read_session() as session:
        known = frozenset(office.slug for office in await all_offices(session))
    check_grant(principal, role, offices, known, KEY_ROLES)
    return await create_api_key(
        runtime, name=name, role=role, offices=offices, key_id=key_id, audit_actor=audit_actor(principal)
    )


async def revoke_key(runtime: Runtime, principal: Principal, key_id: str) -> None:
    """Revoke an API key: programs with it are refused at once. Idempotent.

    Raises NotFound, NotAllowed.
    """
    key = await load_manageable_key(runtime, principal, key_id)
    if key.revoked_at is None:
        await revoke_api_key(runtime, key_id, audit_actor(principal))


async def load_manageable_key(runtime: Runtime, principal: Principal, key_id: str) -> StaffApiKey:
    """Load a key that the principal may revoke.

    Raises NotFound for a key of other offices, NotAllowed for a key of a higher role or of more offices.
    """
    async with runtime.read_session() as session:
        key = await key_rows.key_by_id(session, key_id)
    if key is None or not can_see(principal, key.offices):
        raise NotFound
    if not can_manage(principal, key.role, key.offices):
        raise NotAllowed
    return key
