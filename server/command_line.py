"""Parts that the commands of `office360` share: parser, runtime, one-line errors, tables."""

from __future__ import annotations

import argparse
from collections.abc import Awaitable, Callable, Sequence
from typing import NoReturn, TypeAlias

from sqlalchemy.exc import DBAPIError

from ..core.db.outages import outage_kind
from ..core.errors import DatabaseAway
from ..core.runtime import Runtime
from .process import logging
from .settings import ENV_PREFIX, Settings

COLUMN_GAP = "  "
# Classes of PostgreSQL (its appendix A): a refused login, a database that does not exist.
REFUSED_SQLSTATES = ("28", "3D")
UNREADABLE_SQLITE_ERRORS = ("SQLITE_NOTADB", "SQLITE_CORRUPT")


class CommandRefused(Exception):
    """A command cannot do what it was asked. Its text is one line that says what is allowed."""


class OneLineParser(argparse.ArgumentParser):
    """A parser that answers a wrong value with one line and exit code 1, without the usage."""

    def error(self, message: str) -> NoReturn:
        for action in self._actions:  # argparse does not list the commands when none is given
            if isinstance(action, argparse._SubParsersAction) and message.endswith(f": {action.metavar}"):
                message = f"choose a command: {', '.join(action.choices)}"
        self.exit(1, f"{message} (see {self.prog} --help)\n")


# argparse has no public name for the type of `add_subparsers`, and it is generic for type checkers only
Commands: TypeAlias = "argparse._SubParsersAction[OneLineParser]"


def add_command(
    commands: Commands, name: str, run: Callable[[argparse.Namespace], None], text: str
) -> argparse.ArgumentParser:
    """Add a command that `run` executes. `text`: its help."""
    parser = commands.add_parser(name, help=text, description=text)
    parser.set_defaults(run=run)
    return parser


def whole_number(least: int, most: int) -> Callable[[str], int]:
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


def configure_process(settings: Settings) -> None:
    """Configure the log, and create the folder of an embedded database."""
    logging.configure_logging(settings.log_level, human=settings.environment == "development")
    if settings.sqlite_path is not None:
        settings.sqlite_path.parent.mkdir(parents=True, exist_ok=True)


async def use_runtime(settings: Settings, use: Callable[[Runtime], Awaitable[None]]) -> None:
    """Open a runtime, and pass it to a function."""
    from .lifespan import open_runtime

    async with open_runtime(settings) as runtime:
        await use(runtime)


async def refuse_old_schema(runtime: Runtime) -> None:
    """Raise CommandRefused unless all migrations have run."""
    from .migrations import is_current

    if not await is_current(runtime.db):
        raise CommandRefused("The database is not up to date. Run: office360 migrate")


def file_problem(error: BaseException) -> str | None:
    """Describe a file that cannot be read or written in one line; None for any other error."""
    if not isinstance(error, OSError) or error.filename is None:
        return None
    return f"{error.filename} cannot be read or written ({error.strerror})."


def database_problem(error: BaseException) -> str | None:
    """Describe an unreachable database in one line; None for any other error."""
    if isinstance(error, OSError) and error.filename is not None:  # of a file, not of a connection
        return None
    if isinstance(error, DatabaseAway) or outage_kind(error) is not None:
        return f"The database does not answer. Check {ENV_PREFIX}DATABASE_URL, and that it runs."
    cause = (error.orig or error) if isinstance(error, DBAPIError) else error
    if str(getattr(cause, "sqlite_errorname", "")) in UNREADABLE_SQLITE_ERRORS:
        return f"The file of the database is no SQLite database. Check {ENV_PREFIX}DATABASE_URL."
    if str(getattr(cause, "sqlstate", "") or "").startswith(REFUSED_SQLSTATES):
        return f"The database refuses the login ({cause}). Check {ENV_PREFIX}DATABASE_URL."
    return None


def format_table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Format rows as aligned plain text under their heads."""
    lines = [heads, *rows]
    widths = [max(len(line[column]) for line in lines) for column in range(len(heads))]
    return "\n".join(
        COLUMN_GAP.join(text.ljust(width) for text, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )
