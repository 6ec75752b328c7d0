"""Parts that the commands of `office360` share: runtime, one-line errors, tables."""

from __future__ import annotations

import argparse
import asyncio
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from logging import getLogger
from typing import NoReturn, TypeVar

from sqlalchemy.exc import DBAPIError

from ...core.db.outages import outage_kind
from ...core.errors import DatabaseAway, Invalid, Office360Error
from ...core.runtime import Runtime
from ..environment_file import EnvironmentFileRefused, load_environment_file
from ..process import logging
from ..schema_state import DatabaseIsNewer, is_current, refuse_newer_database
from ..settings import ENV_PREFIX, Settings, SettingsError, load_settings

logger = getLogger(__name__)

ResultT = TypeVar("ResultT")

COLUMN_GAP = "  "
RETRY_INTERVAL_S = 1.0  # of a process that waits for its database
INTERRUPTED = 130  # exit code of a process that SIGINT ended, as a shell gives it
# Classes of PostgreSQL (its appendix A): a refused login, a database that does not exist.
REFUSED_SQLSTATES = ("28", "3D")
UNREADABLE_SQLITE_ERRORS = ("SQLITE_NOTADB", "SQLITE_CORRUPT")


class CommandRefused(Exception):
    """A command cannot do what it was asked. Its text is one line that says what is allowed."""


class SchemaIsOlder(CommandRefused):
    """Migrations of this program have not run yet."""


def exit_with_problem(error: Exception) -> NoReturn:
    """Print errors that people can mend as one line, with exit code 1; raise others again."""
    match error:
        case SettingsError():
            sys.exit("\n".join(["These settings need your attention:", *error.problems]))
        case CommandRefused() | EnvironmentFileRefused() | DatabaseIsNewer():
            sys.exit(str(error))
        case Office360Error():  # such as an office whose rows cannot be read
            sys.exit(describe_refusal(error))
    problem = file_problem(error) or database_problem(error)
    if problem is None:
        raise error
    sys.exit(problem)


def read_environment_file(arguments: argparse.Namespace) -> None:
    """Read the file with settings, unless this command never does.

    Raises EnvironmentFileRefused, or CommandRefused if such a command is given a file.
    """
    if arguments.reads_env_file:
        load_environment_file(arguments.env_file)
    elif arguments.env_file:
        raise CommandRefused("This command reads no file with settings: leave out --env-file.")


def configure_process(settings: Settings) -> None:
    """Configure the log, and create the folder of an embedded database."""
    logging.configure_logging(settings.log_level, human=settings.environment == "development")
    if settings.sqlite_path is not None:
        settings.sqlite_path.parent.mkdir(parents=True, exist_ok=True)


async def use_runtime(settings: Settings, use: Callable[[Runtime], Awaitable[None]], *, wait_s: float = 0) -> None:
    """Open a runtime, and pass it to a function.

    Tries again for `wait_s` seconds while the database does not answer or is not migrated: a container starts
    beside the container of its database and the container that migrates it.
    """
    from ..runtime import open_runtime

    deadline_s = time.monotonic() + wait_s
    while True:
        try:
            async with open_runtime(settings) as runtime:
                return await use(runtime)
        except Exception as error:
            can_pass = isinstance(error, SchemaIsOlder | DatabaseAway) or outage_kind(error) is not None
            if not can_pass or time.monotonic() >= deadline_s:
                raise
            logger.info("waiting_for_database", extra={"reason": str(error) or type(error).__name__})
        await asyncio.sleep(RETRY_INTERVAL_S)


async def refuse_other_schema(runtime: Runtime) -> None:
    """Raise SchemaIsOlder unless all migrations have run, DatabaseIsNewer if others have."""
    await refuse_newer_database(runtime.db)
    if not await is_current(runtime.db):
        raise SchemaIsOlder("The database is not up to date. Run: office360 migrate")


def run_use_case(use: Callable[[Runtime], Awaitable[ResultT]]) -> ResultT:
    """Run a use case on a migrated database, without a log, and return its result."""
    results: list[ResultT] = []

    async def run(runtime: Runtime) -> None:
        await refuse_other_schema(runtime)
        results.append(await use(runtime))

    settings = load_settings()
    logging.silence_log()
    asyncio.run(use_runtime(settings, run))
    return results[0]


def describe_refusal(refused: Office360Error) -> str:
    """Describe a refusal in one line that says what is allowed."""
    from ..app import ERROR_TEXTS

    if isinstance(refused, Invalid):
        return "; ".join(f"{field.field}: {ERROR_TEXTS[field.code] % field.params}" for field in refused.fields)
    return ERROR_TEXTS.get(refused.code, refused.code)


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
