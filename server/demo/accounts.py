"""Staff accounts of the demo, with passwords derived from the installation's secret."""

from __future__ import annotations

import asyncio
import hashlib
from dataclasses import dataclass

from ...core.auth import StaffRole
from ...core.ids import CROCKFORD
from ...core.runtime import Runtime
from ...staff.actions.passwords import verify_password
from ...staff.service import create_user, set_password
from ...staff.storage import staff_rows
from .appointments import DEMO_NAME_SUFFIX

PASSWORD_GROUPS, PASSWORD_GROUP_LENGTH = 3, 4  # "k7qm-2x9t-4rwd": 60 bits, easy to type


@dataclass(frozen=True, slots=True)
class DemoLogin:
    """An account and its password in clear text."""

    role: StaffRole
    username: str
    password: str


DEMO_ACCOUNTS = (
    (StaffRole.ADMINISTRATOR, "admin", "Ada"),
    (StaffRole.MANAGER, "manager", "Manuel"),
    (StaffRole.HOST, "host", "Carmen"),
    (StaffRole.AGENT, "agent1", "Boris"),
    (StaffRole.AGENT, "agent2", "Noor"),
    (StaffRole.AGENT, "agent3", "Lucas"),
)


async def ensure_demo_logins(runtime: Runtime) -> list[DemoLogin]:
    """Create missing accounts and return all. A changed secret resets the passwords."""
    logins = [
        DemoLogin(role, username, _derive_password(runtime, username)) for role, username, _ in DEMO_ACCOUNTS
    ]
    async with runtime.read_session() as session:
        users = {login.username: await staff_rows.user_by_username(session, login.username) for login in logins}
    missing = [login for login in logins if users[login.username] is None]
    names = {username: name + DEMO_NAME_SUFFIX for _, username, name in DEMO_ACCOUNTS}
    await asyncio.gather(
        *(
            create_user(
                runtime,
                username=login.username,
                name=names[login.username],
                role=login.role,
                password=login.password,
                is_generated=True,
            )
            for login in missing
        )
    )
    first = users[logins[0].username]
    # one password is enough to tell: all are derived from the same secret
    if first is not None and not await verify_password(first.password_hash, logins[0].password):
        await asyncio.gather(
            *(set_password(runtime, login.username, login.password, is_generated=True) for login in logins)
        )
    return logins


def _derive_password(runtime: Runtime, username: str) -> str:
    digest = hashlib.sha256(runtime.tokens.derive("demo-login", username).encode()).digest()
    characters = "".join(
        CROCKFORD[byte % len(CROCKFORD)] for byte in digest[: PASSWORD_GROUPS * PASSWORD_GROUP_LENGTH]
    ).lower()
    return "-".join(
        characters[start : start + PASSWORD_GROUP_LENGTH]
        for start in range(0, len(characters), PASSWORD_GROUP_LENGTH)
    )
