"""Commands for people and API keys: `office360 user …` and `office360 api-key …`."""

from __future__ import annotations

import argparse
import getpass
import sys
from datetime import UTC, datetime

from ...core.auth import StaffRole
from ...core.db.audit_entries import COMMAND_LINE
from ...core.errors import NotFound, Refused
from ...core.runtime import Runtime
from ...offices.service import all_offices
from ...staff import service as staff
from ...staff.service import AccountDetails, NewAccountLink, StaffApiKey, StaffPerson
from ..settings import ENV_PREFIX, load_settings
from .command_line import CommandRefused, format_table, run_use_case

NEVER = "-"


# People


def list_users(arguments: argparse.Namespace) -> None:
    async def load(runtime: Runtime) -> list[StaffPerson]:
        async with runtime.read_session() as session:
            return [item.person for item in await staff.list_people(session, staff.OPERATOR)]

    rows = [
        (
            person.username,
            person.name,
            person.role,
            _scope(person.offices),
            person.state,
            _moment(person.last_seen_at),
        )
        for person in run_use_case(load)
    ]
    print(format_table(("USER", "NAME", "ROLE", "OFFICES", "STATE", "LAST SEEN (UTC)"), rows))


def create_user(arguments: argparse.Namespace) -> None:
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

    run_use_case(check)  # before the password is asked for
    password = sys.stdin.readline().strip() if not sys.stdin.isatty() else getpass.getpass("Password: ")
    run_use_case(create)
    print(f"{arguments.username} can sign in.")


def invite_user(arguments: argparse.Namespace) -> None:
    async def invite(runtime: Runtime) -> NewAccountLink:
        await _check_grant(runtime, arguments)
        scope = None if arguments.office is None else frozenset(arguments.office)
        email = staff.parse_email(arguments.email)
        details = AccountDetails(arguments.name.strip(), email, StaffRole(arguments.role), scope)
        return await staff.invite_person(runtime, staff.OPERATOR, arguments.username, details, arguments.language)

    _print_link(run_use_case(invite))


def reset_user(arguments: argparse.Namespace) -> None:
    async def reset(runtime: Runtime) -> NewAccountLink:
        person = await _require_person(runtime, arguments.username)
        return await staff.send_link(runtime, staff.OPERATOR, person.id, arguments.language)

    _print_link(run_use_case(reset))


def reset_factors(arguments: argparse.Namespace) -> None:
    async def reset(runtime: Runtime) -> str:
        person = await _require_person(runtime, arguments.username)
        await staff.reset_factors(runtime, staff.OPERATOR, person.id, arguments.language)
        return person.username

    print(f"{run_use_case(reset)} signs in with the password alone, and sessions have ended.")


def _print_link(link: NewAccountLink) -> None:
    """Print the link alone on the standard output, so that a script can read it."""
    print(link.url)
    print(f"Works once, until {_moment(link.expires_at)} UTC; {_delivery(link)}.", file=sys.stderr)


def _delivery(link: NewAccountLink) -> str:
    """Describe the delivery of the e-mail: by a worker, if there is a mail server."""
    email = link.person.details.email
    if not email:
        return "not sent: the account has no e-mail"
    if "email" in load_settings().channels:
        return f"queued for {email}; if it does not arrive, pass it on yourself"
    return f"queued for {email}, but {ENV_PREFIX}SMTP_URL is not set: pass it on yourself"


def disable_user(arguments: argparse.Namespace) -> None:
    async def disable(runtime: Runtime) -> str:
        person = await _require_person(runtime, arguments.username)
        await staff.disable_person(runtime, staff.OPERATOR, person.id)
        async with runtime.read_session() as session:
            record = await staff.load_person_record(session, person.id, runtime.now())
        desk = record.desk if record else None
        still_open = f" Desk {desk.name} of {desk.office} stays open: it has a turn." if desk else ""
        return f"{person.username} is disabled, and sessions have ended.{still_open}"

    print(run_use_case(disable))


def enable_user(arguments: argparse.Namespace) -> None:
    async def enable(runtime: Runtime) -> str:
        person = await _require_person(runtime, arguments.username)
        await staff.enable_person(runtime, staff.OPERATOR, person.id)
        return person.username

    print(f"{run_use_case(enable)} can sign in again.")


# Keys


def list_keys(arguments: argparse.Namespace) -> None:
    async def load(runtime: Runtime) -> list[StaffApiKey]:
        async with runtime.read_session() as session:
            return await staff.list_keys(session, staff.OPERATOR)

    rows = [
        (
            key.id,
            key.name,
            key.role,
            _scope(key.offices),
            _moment(key.created_at),
            _moment(key.last_used_at),
            "revoked" if key.revoked_at else "active",
        )
        for key in run_use_case(load)
    ]
    print(format_table(("ID", "NAME", "ROLE", "OFFICES", "CREATED (UTC)", "LAST USED (UTC)", "STATE"), rows))


def create_key(arguments: argparse.Namespace) -> None:
    async def create(runtime: Runtime) -> str:
        await _check_grant(runtime, arguments)
        scope = None if arguments.office is None else frozenset(arguments.office)
        return await staff.issue_key(
            runtime, staff.OPERATOR, name=arguments.name, role=StaffRole(arguments.role), offices=scope
        )

    print(run_use_case(create))


def revoke_key(arguments: argparse.Namespace) -> None:
    async def revoke(runtime: Runtime) -> None:
        try:
            await staff.revoke_key(runtime, staff.OPERATOR, arguments.id)
        except NotFound:
            raise CommandRefused(f"There is no key {arguments.id}. See: office360 api-key list") from None

    run_use_case(revoke)
    print(f"{arguments.id} is revoked.")


# Shared


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
