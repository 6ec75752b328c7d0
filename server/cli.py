"""Command line: `office360 demo | serve | testroom | worker | migrate | check | …`."""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from threading import Timer
from typing import TYPE_CHECKING

from ..core.errors import Office360Error
from ..core.runtime import Runtime
from ..core.tokens import random_token
from ..notifications.service import generate_vapid_private_key
from .account_commands import add_key_commands, add_user_commands, describe_refusal
from .city_commands import add_city_commands
from .command_line import (
    CommandRefused,
    Commands,
    OneLineParser,
    add_command,
    configure_process,
    database_problem,
    file_problem,
    refuse_old_schema,
    use_runtime,
    whole_number,
)
from .process import logging
from .settings import ENV_PREFIX, Settings, SettingsError, load_settings

if TYPE_CHECKING:
    from .jobs.public_holidays import HolidayClosures

DEMO_DATABASE_URL = "sqlite+aiosqlite:///var/demo.db"
DEMO_HISTORY_AFTER_S = 8  # simulating past weeks takes longer than the start, which must not wait for it
DEMO_SECRET_PATH = Path("var/demo.key")
DEMO_VAPID_PATH = Path("var/demo.vapid")
LOOPBACK = "127.0.0.1"
DEFAULT_PORT = 8360
DEFAULT_TESTROOM_PORT = 8361
PORT = whole_number(1, 65_535)
MAX_WORKERS = 256
MAX_SEED = 10**9
HOLIDAY_YEARS = 2000, 2099  # years with known public holidays


def main(argv: Sequence[str] | None = None) -> None:
    """Run a command. A refusal is printed as one line, with exit code 1.

    Problems of the settings have a line each.
    """
    arguments = _build_parser().parse_args(argv)
    try:
        arguments.run(arguments)
    except SettingsError as error:
        sys.exit("\n".join(["These settings need your attention:", *error.problems]))
    except CommandRefused as refused:
        sys.exit(str(refused))
    except Office360Error as error:  # such as an office whose rows cannot be read
        sys.exit(describe_refusal(error))
    except KeyboardInterrupt:
        sys.exit(130)
    except Exception as error:
        problem = file_problem(error) or database_problem(error)
        if problem is None:
            raise
        sys.exit(problem)


def _build_parser() -> argparse.ArgumentParser:
    parser = OneLineParser(prog="office360", description="Appointments and turns of public offices.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    demo = add_command(commands, "demo", _run_demo, "a demo city, all in one process")
    demo.add_argument("--expose", action="store_true", help="listen beyond this machine")
    serve = add_command(commands, "serve", _run_serve, "serve the web")
    serve.add_argument("--workers", type=whole_number(1, MAX_WORKERS), help="web processes")
    for command in (demo, serve):
        command.add_argument("--host", help="address to listen on")
        command.add_argument("--port", type=PORT, default=DEFAULT_PORT)
    testroom = add_command(commands, "testroom", _run_testroom, "measure connections in a process of its own")
    testroom.add_argument("--host", default=LOOPBACK, help="address to listen on")
    testroom.add_argument("--port", type=PORT, default=DEFAULT_TESTROOM_PORT)
    worker = add_command(commands, "worker", _run_worker, "send the outbox and fire timers")
    worker.add_argument(
        "--no-delivery", action="store_true", help="send no message: for a restored copy (docs/backup.md)"
    )
    add_command(commands, "migrate", _run_migrate, "migrate the database to the current schema")
    add_command(commands, "check", _run_check, "check every part of the installation")
    add_command(commands, "vapid-keys", _print_vapid_keys, "print a new key for web pushes, as settings")
    _add_holidays_command(commands)
    _add_simulate_command(commands)
    add_city_commands(commands)
    add_user_commands(commands)
    add_key_commands(commands)
    return parser


def _add_holidays_command(commands: Commands) -> None:
    text = "close an office on the public holidays of its place"
    holidays = add_command(commands, "holidays", _run_holidays, text)
    holidays.add_argument("--office", required=True, metavar="SLUG")
    holidays.add_argument("--years", required=True, type=_parse_years, metavar="2026,2027")


def _parse_years(text: str) -> list[int]:
    years = [int(part) if part.strip().isdecimal() else 0 for part in text.split(",")]
    if not all(HOLIDAY_YEARS[0] <= year <= HOLIDAY_YEARS[1] for year in years):
        raise argparse.ArgumentTypeError(f"years from {HOLIDAY_YEARS[0]} to {HOLIDAY_YEARS[1]}, such as 2026,2027")
    return years


def _add_simulate_command(commands: Commands) -> None:
    simulate = add_command(commands, "simulate", _run_simulate, "simulate a day of an office")
    simulate.add_argument("--office", required=True, metavar="SLUG")
    seed, days, desks = whole_number(0, MAX_SEED), whole_number(1, 100), whole_number(-100, 100)
    simulate.add_argument("--seed", type=seed, default=1, help="the same seed gives the same day")
    simulate.add_argument("--days", type=days, default=1, metavar="1-100", help="one seed each")
    simulate.add_argument("--desks", type=desks, default=0, metavar="+N", help="compare with more or fewer desks")
    simulate.add_argument("--svg", type=Path, metavar="FILE", help="draw the first day")
    simulate.add_argument(
        "--replay",
        type=whole_number(1, 40),
        metavar="1-40",
        help="compare recorded days with their replay",
    )


def _run_demo(arguments: argparse.Namespace) -> None:
    host = arguments.host or ("0.0.0.0" if arguments.expose else LOOPBACK)  # noqa: S104 - requested by --expose
    address = f"http://{LOOPBACK if host == '0.0.0.0' else host}:{arguments.port}"  # noqa: S104
    if os.environ.get(f"{ENV_PREFIX}ENVIRONMENT") == "production":
        raise CommandRefused(
            f"The demo never runs in production: {ENV_PREFIX}ENVIRONMENT must be development, or unset."
        )
    settings = load_settings(
        environment=os.environ.get(f"{ENV_PREFIX}ENVIRONMENT") or "development",
        secret_key=[
            os.environ.get(f"{ENV_PREFIX}SECRET_KEY")
            or _load_or_create_secret(DEMO_SECRET_PATH, lambda: random_token() + random_token())
        ],
        vapid_private_key=os.environ.get(f"{ENV_PREFIX}VAPID_PRIVATE_KEY")
        or _load_or_create_secret(DEMO_VAPID_PATH, generate_vapid_private_key),
        vapid_subject=os.environ.get(f"{ENV_PREFIX}VAPID_SUBJECT") or "mailto:demo@example.org",
        database_url=os.environ.get(f"{ENV_PREFIX}DATABASE_URL") or DEMO_DATABASE_URL,
        public_url=os.environ.get(f"{ENV_PREFIX}PUBLIC_URL") or address,
        log_level=os.environ.get(f"{ENV_PREFIX}LOG_LEVEL") or "WARNING",
        # a demo's visitors share one address, and book repeatedly with one e-mail
        unverified_per_address=os.environ.get(f"{ENV_PREFIX}UNVERIFIED_PER_ADDRESS") or 0,
        turns_per_address=os.environ.get(f"{ENV_PREFIX}TURNS_PER_ADDRESS") or 0,
        programs_prove=os.environ.get(f"{ENV_PREFIX}PROGRAMS_PROVE") or False,
        appointments_per_mailbox=os.environ.get(f"{ENV_PREFIX}APPOINTMENTS_PER_MAILBOX") or 0,
    )
    from .demo.build import add_demo_history, build_demo
    from .demo.own_database import refuse_foreign_database

    async def build(runtime: Runtime) -> None:
        await refuse_foreign_database(runtime)
        await _migrate_database(runtime)
        summary = await build_demo(runtime)
        print(summary.text(), flush=True)

    configure_process(settings)
    asyncio.run(use_runtime(settings, build))
    history = Timer(DEMO_HISTORY_AFTER_S, lambda: asyncio.run(use_runtime(settings, add_demo_history)))
    history.daemon = True
    history.start()
    _serve_or_exit(settings, host, arguments.port)


def _load_or_create_secret(path: Path, make: Callable[[], str]) -> str:
    """Load a secret of the demo, so that links, logins and subscriptions survive a restart."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.write_text(make())
    return path.read_text()


def _print_vapid_keys(arguments: argparse.Namespace) -> None:
    print(f"{ENV_PREFIX}VAPID_PRIVATE_KEY={generate_vapid_private_key()}")
    print(f"{ENV_PREFIX}VAPID_SUBJECT=mailto:ADDRESS-OF-THE-OPERATOR")


def _run_serve(arguments: argparse.Namespace) -> None:
    overrides = {"workers": arguments.workers} if arguments.workers else {}
    settings = load_settings(**overrides)
    configure_process(settings)
    asyncio.run(use_runtime(settings, refuse_old_schema))
    _serve_or_exit(settings, arguments.host or LOOPBACK, arguments.port)


def _serve_or_exit(settings: Settings, host: str, port: int) -> None:
    from .process.uvicorn_server import serve

    try:
        serve(settings, host, port)
    except OSError as error:
        sys.exit(f"{host} port {port} is taken ({error.strerror}).")


def _run_testroom(arguments: argparse.Namespace) -> None:
    settings = load_settings()
    configure_process(settings)
    asyncio.run(use_runtime(settings, refuse_old_schema))
    from .process.uvicorn_server import serve_testroom

    serve_testroom(settings, arguments.host, arguments.port)


def _run_worker(arguments: argparse.Namespace) -> None:
    settings = load_settings()
    configure_process(settings)
    from .process.uvicorn_server import run_worker

    asyncio.run(run_worker(settings, delivers=not arguments.no_delivery))


def _run_migrate(arguments: argparse.Namespace) -> None:
    settings = load_settings()
    configure_process(settings)
    asyncio.run(use_runtime(settings, _migrate_database))


async def _migrate_database(runtime: Runtime) -> None:
    from .migrations import migrate

    await migrate(runtime.db)


def _run_check(arguments: argparse.Namespace) -> None:
    from .installation_check import check_installation, unused_parts

    settings = load_settings()
    logging.configure_logging("CRITICAL", human=True)  # the findings are printed below
    results = asyncio.run(check_installation(settings))
    for result in [*results, *unused_parts(settings)]:
        print(result.text())
    if any(result.problem for result in results):
        sys.exit(1)


def _run_simulate(arguments: argparse.Namespace) -> None:
    from ..core.errors import NotFound, Refused
    from .simulate_command import replay, simulate

    outputs: list[tuple[str, str]] = []
    options = {"seed": arguments.seed, "days": arguments.days, "more_desks": arguments.desks}

    async def run(runtime: Runtime) -> None:
        await refuse_old_schema(runtime)
        if arguments.replay:
            outputs.append((await replay(runtime, arguments.office, arguments.replay), ""))
        else:
            outputs.append(await simulate(runtime, arguments.office, **options))

    settings = load_settings()
    configure_process(settings)
    try:
        asyncio.run(use_runtime(settings, run))
    except NotFound:
        sys.exit(f"There is no office {arguments.office}.")
    except Refused as refused:
        sys.exit(SIMULATION_REFUSALS[refused.code])
    table, picture = outputs[0]
    if arguments.svg is not None and picture:
        try:
            arguments.svg.write_text(picture, encoding="utf-8")
        except OSError as error:
            sys.exit(f"{arguments.svg} cannot be written ({error.strerror}).")
    print(table)


SIMULATION_REFUSALS = {
    "closed": "The office does not open within a month.",
    "little_history": "There are too few recorded visits to replay.",
    "no_desk": "Without a desk there is nothing to simulate.",
}


def _run_holidays(arguments: argparse.Namespace) -> None:
    from ..core.errors import Invalid, NotFound, Refused
    from .jobs.public_holidays import close_on_holidays

    closures: list[HolidayClosures] = []

    async def close(runtime: Runtime) -> None:
        await refuse_old_schema(runtime)
        closures.append(await close_on_holidays(runtime, arguments.office, arguments.years))

    settings = load_settings()
    logging.configure_logging("ERROR", human=True)  # the result is printed
    try:
        asyncio.run(use_runtime(settings, close))
    except NotFound:
        sys.exit(f"There is no office {arguments.office}.")
    except Refused:
        sys.exit(f"{arguments.office} keeps no public holidays: it has no country.")
    except Invalid as invalid:
        where = "see country and subdivision in /staff/manage or in the city file (docs/adopt.md)"
        sys.exit(f"The public holidays of this {invalid.fields[0].field} are unknown: {where}.")
    print("\n".join(holiday_closure_lines(closures[0])))


def holiday_closure_lines(closed: HolidayClosures) -> list[str]:
    """Format the new closures, and the appointments whose citizens must be told."""
    office = closed.office
    lines = [f"{day}  {office.hours.closures[day]}" for day in closed.days]
    lines = [f"{office.name}: closed on {len(lines)} more days.", *lines]
    if closed.affected_appointments:
        lines.append(
            f"{len(closed.affected_appointments)} appointments on these days stand. Their people must be told:"
        )
        lines += [
            f"{appointment.locator}  {appointment.starts_at.astimezone(office.timezone):%Y-%m-%d %H:%M}"
            for appointment in closed.affected_appointments
        ]
    return lines


if __name__ == "__main__":
    main()
