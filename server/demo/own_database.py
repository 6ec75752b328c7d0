"""The demo's own database: everything in it belongs to the demo city.

A database of an older version is checked before it is migrated, so only columns of the first version are read, as
plain SQL.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import Connection, inspect, text
from sqlalchemy.ext.asyncio import AsyncSession

from ...core.runtime import Runtime
from ..commands.command_line import CommandRefused
from .accounts import DEMO_ACCOUNTS
from .appointments import DEMO_NAME_SUFFIX
from .offices import demo_city

DEMO_USERNAMES = frozenset(username for _, username, _ in DEMO_ACCOUNTS)
MAX_NAMED = 3  # things of a kind that a refusal names
# What people of the demo added in its console is part of the demo: the audit tells who did.
_CREATED_BY = text(
    "SELECT subject_id, actor_id FROM audit_entries "
    "WHERE actor_id IS NOT NULL AND action IN ('office.created', 'person.created', 'person.invited')"
)


@dataclass(frozen=True, slots=True)
class StoredNames:
    """Offices (id, slug) and accounts (id, username, name) of a database.

    `created`: ids of what was added, and of the account that added it.
    """

    offices: tuple[tuple[str, str], ...] = ()
    accounts: tuple[tuple[str, str, str], ...] = ()
    created: tuple[tuple[str, str], ...] = ()


async def refuse_foreign_database(runtime: Runtime) -> None:
    """Raise CommandRefused if the database holds anything but the demo city.

    An empty database is fine.
    """
    async with runtime.db.reader.connect() as connection:
        stored = await connection.run_sync(_read_names)
    offices, accounts = foreign_names(stored)
    if not offices and not accounts:
        return
    kinds = (("office", offices), ("account", accounts))
    found = [f"{kind} {_name_some(names)}" for kind, names in kinds if names]
    raise CommandRefused(
        f"This database holds more than the demo city: {'; '.join(found)}. "
        "The demo runs on a database of its own only: set OFFICE360_DATABASE_URL to another one, or leave it out."
    )


def foreign_names(stored: StoredNames) -> tuple[list[str], list[str]]:
    """Return the slugs of offices and the usernames that are not the demo's."""
    own = {id for id, username, name in stored.accounts if is_demo_account(username, name)}
    while more := {subject for subject, actor in stored.created if actor in own} - own:
        own |= more
    offices = [slug for id, slug in stored.offices if slug not in demo_city() and id not in own]
    return offices, [username for id, username, _ in stored.accounts if id not in own]


def is_demo_account(username: str, name: str) -> bool:
    """Tell whether the demo made this account: a real `admin` has another display name."""
    return name.endswith(DEMO_NAME_SUFFIX) and username in DEMO_USERNAMES


async def demo_account_names(session: AsyncSession) -> list[str]:
    """List the usernames of the demo's accounts that can sign in."""
    rows = await session.execute(text("SELECT username, name FROM users WHERE active ORDER BY username"))
    return [username for username, name in rows if is_demo_account(username, name)]


def _read_names(connection: Connection) -> StoredNames:
    tables = set(inspect(connection).get_table_names())
    if not {"offices", "users"} <= tables:
        return StoredNames()
    return StoredNames(
        tuple((id, slug) for id, slug in connection.execute(text("SELECT id, slug FROM offices ORDER BY slug"))),
        tuple(
            (id, username, name)
            for id, username, name in connection.execute(text("SELECT id, username, name FROM users"))
        ),
        tuple((subject, actor) for subject, actor in connection.execute(_CREATED_BY))
        if "audit_entries" in tables
        else (),
    )


def _name_some(names: Collection[str]) -> str:
    some = ", ".join(sorted(names)[:MAX_NAMED])
    return some if len(names) <= MAX_NAMED else f"{some} and {len(names) - MAX_NAMED} more"
