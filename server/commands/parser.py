"""Parser of the command line: every command with its options.

It imports no part of the product, so that `office360 --help` answers at once: a command names the function that
runs it, whose module is imported then.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import NoReturn, TypeAlias

from ...core.i18n.languages import LANGUAGES

DEMO_PORT = 8360
LOOPBACK = "127.0.0.1"
MAX_WORKERS = 256
MAX_SEED = 10**9
MAX_WAIT_S = 3600
HOLIDAY_YEARS = 2000, 2099  # years with known public holidays
STANDARD_OUTPUT = "-"
ENV_FILE_HELP = (
    "file with settings, for every command but demo; "
    'default: $OFFICE360_ENV_FILE or /etc/office360.env; "" for none'
)
SHELLS = ("bash", "zsh", "fish")
USER_ROLES = ("agent", "host", "manager", "administrator")
KEY_ROLES = ("agent", "host", "manager", "integration")


class OneLineParser(argparse.ArgumentParser):
    """A parser that answers a wrong value with one line and exit code 1, without the usage."""

    def error(self, message: str) -> NoReturn:
        for action in self._actions:  # argparse does not list the commands when none is given
            if isinstance(action, argparse._SubParsersAction) and message.endswith(f": {action.metavar}"):
                message = f"choose a command: {', '.join(action.choices)}"
        self.exit(1, f"{message} (see {self.prog} --help)\n")


class ShowVersion(argparse.Action):
    """Print the version of the installed package, which is read only then."""

    def __init__(self, option_strings: Sequence[str], dest: str, help: str | None = None) -> None:
        super().__init__(option_strings, dest=argparse.SUPPRESS, default=argparse.SUPPRESS, nargs=0, help=help)

    def __call__(self, parser: argparse.ArgumentParser, *_arguments: object) -> NoReturn:
        from importlib.metadata import version

        print(f"{parser.prog} {version('office360')}")
        parser.exit()


# argparse has no public name for the type of `add_subparsers`, and it is generic for type checkers only
Commands: TypeAlias = "argparse._SubParsersAction[OneLineParser]"


def build_parser() -> argparse.ArgumentParser:
    """Build the parser. The `run` of its arguments executes the command."""
    parser = OneLineParser(prog="office360", description="Appointments and turns of public offices.")
    parser.add_argument("--version", action=ShowVersion, help="print the version and exit")
    parser.add_argument("--env-file", metavar="FILE", help=ENV_FILE_HELP)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    _add_processes(commands)
    _add_holidays(commands)
    _add_simulate(commands)
    _add_city(commands)
    _add_user(commands)
    _add_key(commands)
    return parser


def _add_command(commands: Commands, name: str, run: str, text: str) -> argparse.ArgumentParser:
    """Add a command. `run`: module and function in this folder. `text`: its help."""
    parser = commands.add_parser(name, help=text, description=text)
    # also accepted after the command; suppressed, so that its default does not replace the value before it
    parser.add_argument("--env-file", metavar="FILE", default=argparse.SUPPRESS, help=argparse.SUPPRESS)
    parser.set_defaults(run=partial(_import_and_run, run), reads_env_file=True)
    return parser


def _import_and_run(run: str, arguments: argparse.Namespace) -> None:
    module, _, function = run.partition(".")
    getattr(import_module(f".{module}", __package__), function)(arguments)


def _whole_number(least: int, most: int) -> Callable[[str], int]:
    """Make the type of an option that is a whole number."""

    def parse(text: str) -> int:
        try:
            number = int(text)
        except ValueError:
            number = least - 1
        if not least <= number <= most:
            raise argparse.ArgumentTypeError(f"write a whole number from {least} to {most}")
        return number

    return parse


PORT = _whole_number(1, 65_535)


def _add_processes(commands: Commands) -> None:
    demo = _add_command(commands, "demo", "demo_command.run_demo", "a demo city, all in one process")
    demo.add_argument("--expose", action="store_true", help="listen beyond this machine")
    demo.add_argument("--port", type=PORT, default=DEMO_PORT)
    demo.set_defaults(reads_env_file=False)
    serve = _add_command(commands, "serve", "process_commands.run_serve", "serve the web")
    serve.add_argument("--workers", type=_whole_number(1, MAX_WORKERS), help="web processes")
    text = "measure connections in a process of its own"
    testroom = _add_command(commands, "testroom", "process_commands.run_testroom", text)
    for command in (serve, testroom):
        command.add_argument("--port", type=PORT)  # default: the setting
    for command in (demo, serve, testroom):
        command.add_argument("--host", help="address to listen on")
    worker = _add_command(commands, "worker", "process_commands.run_worker", "send the outbox and fire timers")
    worker.add_argument(
        "--no-delivery", action="store_true", help="send no message: for a restored copy (docs/backup.md)"
    )
    worker.add_argument("--host", default=LOOPBACK, help="address to listen on, beside --port")
    worker.add_argument("--port", type=PORT, help="answer /healthz and /readyz there; without it, listen nowhere")
    text = "migrate the database to the current schema"
    migrate = _add_command(commands, "migrate", "process_commands.run_migrate", text)
    text = "seconds to wait for a database that does not answer or is not migrated yet"
    for command in (serve, testroom, worker, migrate):
        command.add_argument("--wait", type=_whole_number(0, MAX_WAIT_S), default=0, metavar="SECONDS", help=text)
    text = "check every part of the installation; exits with 1 for an error, 2 for warnings only"
    check = _add_command(commands, "check", "process_commands.run_check", text)
    check.add_argument("--json", action="store_true", help="print one JSON object, for a monitor")
    text = "print a new key for web pushes, as settings"
    keys = _add_command(commands, "vapid-keys", "process_commands.print_vapid_keys", text)
    keys.set_defaults(reads_env_file=False)
    text = "print a script that completes commands in a shell (docs/install.md)"
    completion = _add_command(commands, "completion", "completion_command.print_completion", text)
    completion.add_argument("shell", choices=SHELLS)
    completion.set_defaults(reads_env_file=False)


def _add_holidays(commands: Commands) -> None:
    text = "close an office on the public holidays of its place"
    holidays = _add_command(commands, "holidays", "holidays_command.run_holidays", text)
    holidays.add_argument("--office", required=True, metavar="SLUG")
    holidays.add_argument("--years", required=True, type=_parse_years, metavar="2026,2027")


def _parse_years(text: str) -> list[int]:
    years = [int(part) if part.strip().isdecimal() else 0 for part in text.split(",")]
    if not all(HOLIDAY_YEARS[0] <= year <= HOLIDAY_YEARS[1] for year in years):
        raise argparse.ArgumentTypeError(f"years from {HOLIDAY_YEARS[0]} to {HOLIDAY_YEARS[1]}, such as 2026,2027")
    return years


def _add_simulate(commands: Commands) -> None:
    simulate = _add_command(commands, "simulate", "simulate_command.run_simulate", "simulate a day of an office")
    simulate.add_argument("--office", required=True, metavar="SLUG")
    seed, days, desks = _whole_number(0, MAX_SEED), _whole_number(1, 100), _whole_number(-100, 100)
    simulate.add_argument("--seed", type=seed, default=1, help="the same seed gives the same day")
    simulate.add_argument("--days", type=days, default=1, metavar="1-100", help="one seed each")
    simulate.add_argument("--desks", type=desks, default=0, metavar="+N", help="compare with more or fewer desks")
    simulate.add_argument("--svg", type=Path, metavar="FILE", help="draw the first day")
    simulate.add_argument(
        "--replay", type=_whole_number(1, 40), metavar="1-40", help="compare recorded days with their replay"
    )


def _add_city(commands: Commands) -> None:
    city = commands.add_parser("city", help="the offices as a file")
    actions = city.add_subparsers(required=True, metavar="COMMAND")
    export = _add_command(actions, "export", "city_commands.run_export", "write all offices as a TOML file")
    export.add_argument("file", nargs="?", default=STANDARD_OUTPUT, metavar="FILE", help="- for the terminal")
    export.add_argument("--office", metavar="SLUG", help="only this office")
    text = "make the offices equal to a TOML file (docs/adopt.md)"
    into = _add_command(actions, "import", "city_commands.run_import", text)
    into.add_argument("file", metavar="FILE")
    into.add_argument("--dry-run", action="store_true", help="say what would change, and change nothing")
    into.add_argument("--prune", action="store_true", help="also remove what the file does not mention")
    into.add_argument("--yes", action="store_true", help="do not ask before people are affected or parts removed")


def _add_user(commands: Commands) -> None:
    user = commands.add_parser("user", help="people of the staff")
    actions = user.add_subparsers(required=True, metavar="COMMAND")
    _add_command(actions, "list", "account_commands.list_users", "list all accounts")
    text = "add an account; prompts for the password"
    create = _add_command(actions, "create", "account_commands.create_user", text)
    text = "add an account; prints a link to choose the password"
    invite = _add_command(actions, "invite", "account_commands.invite_user", text)
    for command in (create, invite):
        command.add_argument("username")
        command.add_argument("--name", required=True, help="as colleagues and citizens see it")
        command.add_argument("--role", required=True, choices=USER_ROLES)
        command.add_argument(
            "--office", action="append", metavar="SLUG", help="repeat for several; none means all"
        )
    invite.add_argument("--email", default="", metavar="ADDRESS", help="the link is sent there too")
    text = "disable an account and end its sessions"
    disable = _add_command(actions, "disable", "account_commands.disable_user", text)
    enable = _add_command(actions, "enable", "account_commands.enable_user", "enable a disabled account")
    text = "print a link for a new password, and send it if there is an e-mail"
    reset = _add_command(actions, "reset", "account_commands.reset_user", text)
    text = "remove all second factors of a person who has lost them"
    factors = _add_command(actions, "reset-factors", "account_commands.reset_factors", text)
    for command in (disable, enable, reset, factors):
        command.add_argument("username")
    for command in (invite, reset, factors):
        command.add_argument("--language", choices=LANGUAGES, default=LANGUAGES[0], help="of the e-mail")


def _add_key(commands: Commands) -> None:
    key = commands.add_parser("api-key", help="keys for programs")
    actions = key.add_subparsers(required=True, metavar="COMMAND")
    _add_command(actions, "list", "account_commands.list_keys", "list all keys, without their secrets")
    text = "print a new key; it is shown only once"
    create = _add_command(actions, "create", "account_commands.create_key", text)
    create.add_argument("--role", required=True, choices=KEY_ROLES)
    create.add_argument("--office", action="append", metavar="SLUG", help="repeat for several; none means all")
    create.add_argument("--name", default="API key", help="what the key is for")
    revoke = _add_command(actions, "revoke", "account_commands.revoke_key", "revoke a key at once and for good")
    revoke.add_argument("id", help="the key's id, from: office360 api-key list")
