"""Rows that a new database of a test already has: none, an office, or accounts too.

A copied database costs as much with these rows as without, while inserting them for each test took 10 to 40 ms of
CPU. A content has the name of the fixture that asks for it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping

from office360.core.auth import StaffRole
from office360.core.runtime import Runtime
from office360.staff.actions import accounts

from ..office_fixture import build_office

PASSWORD = "a password of the tests"
NO_CONTENT = "no_content"

Person = tuple[str, StaffRole, list[str] | None]  # user name, role, slugs of offices or None for all

MANAGEMENT_PEOPLE: list[Person] = [
    ("carmen", StaffRole.MANAGER, ["centro"]),
    ("diego", StaffRole.MANAGER, ["norte"]),
    ("boris", StaffRole.AGENT, ["centro"]),
    ("elena", StaffRole.ADMINISTRATOR, None),
]
STAFF_PEOPLE: list[Person] = [
    ("boris", StaffRole.AGENT, ["centro"]),
    ("carmen", StaffRole.HOST, ["centro"]),
    ("diego", StaffRole.AGENT, ["norte"]),
]


async def _insert_nothing(runtime: Runtime) -> None:
    pass


async def _insert_managers(runtime: Runtime) -> None:
    await _insert_people(runtime, MANAGEMENT_PEOPLE)


async def _insert_staff(runtime: Runtime) -> None:
    await _insert_people(runtime, STAFF_PEOPLE)


async def _insert_people(runtime: Runtime, people: Collection[Person]) -> None:
    await build_office(runtime)
    await build_office(runtime, slug="norte", name="Oficina Norte", desks=1, position=1)
    for username, role, offices in people:
        await accounts.create_user(
            runtime,
            username=username,
            name=username.capitalize(),
            role=role,
            offices=offices,
            password=PASSWORD,
        )


CONTENTS: Mapping[str, Callable[[Runtime], Awaitable[None]]] = {
    "managers_content": _insert_managers,
    "staff_content": _insert_staff,
    "office_content": build_office,  # after those which contain it
    NO_CONTENT: _insert_nothing,
}


def requested_content(fixture_names: Collection[str]) -> str:
    """Return the first content whose fixture a test uses."""
    return next((name for name in CONTENTS if name in fixture_names), NO_CONTENT)
