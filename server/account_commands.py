"""Commands for people and API keys: `office360 user …` and `office360 api-key …`."""

from __future__ import annotations

import argparse
import asyncio
import getpass
import sys
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import TypeVar

from ..core.auth import StaffRole
from ..core.db.audit_entries import COMMAND_LINE
from ..core.errors import Invalid, NotFound, Office360Error, Refused
from ..core.i18n.catalogues import LANGUAGES
from ..core.runtime import Runtime
from ..offices.service import all_offices
from ..staff import service as staff
from ..staff.service import AccountDetails, NewAccountLink, StaffApiKey, StaffPerson
from .command_line import CommandRefused, Commands, add_command, format_table, refuse_old_schema, use_runtime
from .process import logging
from .settings import load_settings

ResultT = TypeVar("ResultT")

USER_ROLES = ("agent", "host", "manager", "administrator")
KEY_ROLES = ("agent", "host", "manager", "integration")
NEVER = "-"


def add_user_commands(commands: Commands) -> None:
    """Add `office360 user list|create|invite|disable|enable|reset|reset-factors`."""
    user = commands.add_parser("user", help="people of the staff").add_subparsers(required=True, metavar="COMMAND")
    add_command(user, "list", _list_users, "list all accounts")
    create = add_command(user, "create", _create_user, "add an account; prompts for the password")
    invite = add_command(user, "invite", _invite_user, "add an account; prints a link to choose the password")
    for command in (create, invite):
        command.add_argument("username")
        command.add_argument("--name", required=True, help="as colleagues and citizens see it")
        command.add_argument("--role", required=True, choices=USER_ROLES)
        command.add_argument(
            "--office", action="append", metavar="SLUG", help="repeat for several; none means all"
        )
    invite.add_argument("--email", default="", metavar="ADDRESS", help="the link is sent there too")
    disable = add_command(user, "disable", _disable_user, "disable an account and end its sessions")
    enable = add_command(user, "enable", _enable_user, "enable a disabled account")
    reset = add_command(
        user, "reset", _reset_user, "print a link for a new password, and send it if there is an e-mail"
    )
    factors = add_command(
        user, "reset-factors", _reset_factors, "remove all second factors of a person who has lost them"
    )
    for command in (disable, enable, reset, factors):
        command.add_argument("username")
    for command in (invite, reset, factors):
        command.add_argument("--language", choices=LANGUAGES, default=LANGUAGES[0], help="of the e-mail")


def add_key_commands(commands: Commands) -> None:
    """Add `office360 api-key list|create|revoke`."""
    key = commands.add_parser("api-key", help="keys for programs").add_subparsers(required=True, metavar="COMMAND")
    add_command(key, "list", _list_keys, "list all keys, without their secrets")
    create = add_command(key, "create", _create_key, "print a new key; it is shown only once")
    create.add_argument("--role", required=True, choices=KEY_ROLES)
    create.add_argument("--office", action="append", metavar="SLUG", help="repeat for several; none means all")
    create.add_argument("--name", default="API key", help="what the key is for")
    revoke = add_command(key, "revoke", _revoke_key, "revoke a key at once and for good")
    revoke.add_argument("id", help="the key's id, from: office360 api-key list")


# People


def _list_users(arguments: argparse.Namespace) -> None:
    async def load(runtime: Runtime) -> list[StaffPerson]:
        async with runtime.read_session() as session:
            return [item.person for item in await staff.list_people(session, staff.OPERATOR)]

    rows = [
        (one.username, one.name, one.role, _scope(one.offices), one.state, _moment(one.last_seen_at))
        for one in _run(load)
    ]
    print(format_table(("USER", "NAME", "ROLE", "OFFICES", "STATE", "LAST SEEN (UTC)"), rows))


def _create_user(arguments: argparse.Namespace) -> None:
    async def check(runtime: Runtime) -> None:
        await _check_grant(runtime, arguments)
        if await _find_person(runtime, arguments.username) is not None:
            raise Refused("username_taken")

    async def create(runtime: Runtime) -> None:
        await staff.create_user(
            runtime,
            username=arguments.username,
            name=arguments.name,
            role=StaffRole(arguments.role),
            offices=arguments.office,
            password=password,
            audit_actor=COMMAND_LINE,
        )

    _run(check)  # before the password is asked for
    password = sys.stdin.readline().strip() if not sys.stdin.isatty() else getpass.getpass("Password: ")
    _run(create)
    print(f"{arguments.username} can sign in.")


def _invite_user(arguments: argparse.Namespace) -> None:
    async def invite(runtime: Runtime) -> NewAccountLink:
        await _check_grant(runtime, arguments)
        scope = None if arguments.office is None else frozenset(arguments.office)
        email = staff.parse_email(arguments.email)
        details = AccountDetails(arguments.name.strip(), email, StaffRole(arguments.role), scope)
        return await staff.invite_person(runtime, staff.OPERATOR, arguments.username, details, arguments.language)

    _print_link(_run(invite))


def _reset_user(arguments: argparse.Namespace) -> None:
    async def reset(runtime: Runtime) -> NewAccountLink:
        person = await _require_person(runtime, arguments.username)
        return await staff.send_link(runtime, staff.OPERATOR, person.id, arguments.language)

    _print_link(_run(reset))


def _reset_factors(arguments: argparse.Namespace) -> None:
    async def reset(runtime: Runtime) -> str:
        person = await _require_person(runtime, arguments.username)
        await staff.reset_factors(runtime, staff.OPERATOR, person.id, arguments.language)
        return person.username

    print(f"{_run(reset)} signs in with the password alone, and sessions have ended.")


def _print_link(link: NewAccountLink) -> None:
    """Print the link alone on the standard output, so that a script can read it."""
    print(link.url)
    email = link.person.details.email
    sent = f"sent to {email}" if email else "not sent: the account has no e-mail"
    print(f"Works once, until {_moment(link.expires_at)} UTC; {sent}.", file=sys.stderr)


def _disable_user(arguments: argparse.Namespace) -> None:
    async def disable(runtime: Runtime) -> str:
        person = await _require_person(runtime, arguments.username)
        await staff.disable_person(runtime, staff.OPERATOR, person.id)
        async with runtime.read_session() as session:
            record = await staff.load_person_record(session, person.id, runtime.now())
        desk = record.desk if record else None
        still_open = f" Desk {desk.name} of {desk.office} stays open: it has a turn." if desk else ""
        return f"{person.username} is disabled, and sessions have ended.{still_open}"

    print(_run(disable))


def _enable_user(arguments: argparse.Namespace) -> None:
    async def enable(runtime: Runtime) -> str:
        person = await _require_person(runtime, arguments.username)
        await staff.enable_person(runtime, staff.OPERATOR, person.id)
        return person.username

    print(f"{_run(enable)} can sign in again.")


# Keys


def _list_keys(arguments: argparse.Namespace) -> None:
    async def load(runtime: Runtime) -> list[StaffApiKey]:
        async with runtime.read_session() as session:
            return await staff.list_keys(session, staff.OPERATOR)

    rows = [
        (
            one.id,
            one.name,
            one.role,
            _scope(one.offices),
            _moment(one.created_at),
            _moment(one.last_used_at),
            "revoked" if one.revoked_at else "active",
        )
        for one in _run(load)
    ]
    print(format_table(("ID", "NAME", "ROLE", "OFFICES", "CREATED (UTC)", "LAST USED (UTC)", "STATE"), rows))


def _create_key(arguments: argparse.Namespace) -> None:
    async def create(runtime: Runtime) -> str:
        await _check_grant(runtime, arguments)
        scope = None if arguments.office is None else frozenset(arguments.office)
        return await staff.issue_key(
            runtime, staff.OPERATOR, name=arguments.name, role=StaffRole(arguments.role), offices=scope
        )

    print(_run(create))


def _revoke_key(arguments: argparse.Namespace) -> None:
    async def revoke(runtime: Runtime) -> None:
        try:
            await staff.revoke_key(runtime, staff.OPERATOR, arguments.id)
        except NotFound:
            raise CommandRefused(f"There is no key {arguments.id}. See: office360 api-key list") from None

    _run(revoke)
    print(f"{arguments.id} is revoked.")


# Shared


def _run(use: Callable[[Runtime], Awaitable[ResultT]]) -> ResultT:
    """Run a use case on a migrated database. Raises CommandRefused for every refusal."""
    results: list[ResultT] = []

    async def run(runtime: Runtime) -> None:
        await refuse_old_schema(runtime)
        results.append(await use(runtime))

    settings = load_settings()
    logging.configure_logging("CRITICAL", human=True)  # the result or the refusal is printed
    try:
        asyncio.run(use_runtime(settings, run))
    except Office360Error as refused:
        raise CommandRefused(describe_refusal(refused)) from None
    return results[0]


def describe_refusal(refused: Office360Error) -> str:
    """Describe a refusal in one line that says what is allowed."""
    from .app import ERROR_TEXTS

    if isinstance(refused, Invalid):
        return "; ".join(f"{one.field}: {ERROR_TEXTS[one.code] % one.params}" for one in refused.fields)
    return ERROR_TEXTS.get(refused.code, refused.code)


async def _check_grant(runtime: Runtime, arguments: argparse.Namespace) -> None:
    """Raise CommandRefused for an unknown office, and for an administrator of some offices."""
    async with runtime.read_session() as session:
        known = [office.slug for office in await all_offices(session)]
    for slug in arguments.office or ():
        if slug not in known:
            allowed = f"Allowed: {', '.join(known)}" if known else "No office exists yet"
            raise CommandRefused(f"There is no office {slug}. {allowed}.")
    if arguments.role == StaffRole.ADMINISTRATOR and arguments.office:
        raise CommandRefused("An administrator works in all offices: leave out --office.")


async def _find_person(runtime: Runtime, username: str) -> StaffPerson | None:
    async with runtime.read_session() as session:
        return await staff.person_by_username(session, username)


async def _require_person(runtime: Runtime, username: str) -> StaffPerson:
    person = await _find_person(runtime, username)
    if person is None:
        raise CommandRefused(f"There is no user {username}. See: office360 user list")
    return person


def _scope(offices: frozenset[str] | None) -> str:
    return "all" if offices is None else ",".join(sorted(offices)) or NEVER


def _moment(at: datetime | None) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M}" if at else NEVER
