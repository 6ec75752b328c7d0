"""Developer command that writes the next migration. The server does not use it."""

from __future__ import annotations

import argparse
import asyncio
import tempfile
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import Script, ScriptDirectory
from sqlalchemy import Connection

from ...core.db.engine import Database

FOLDER = Path(__file__).parent


def main() -> None:
    """Write the migration; alembic prints its path."""
    parser = argparse.ArgumentParser(prog="new-migration", description=__doc__)
    parser.add_argument("message", nargs="+", help="what it changes, such as: add the address of a desk")
    asyncio.run(write_migration(" ".join(parser.parse_args().message)))


async def write_migration(message: str, folder: Path = FOLDER) -> Path:
    """Return the path of a new migration in `folder`, compared on an empty SQLite database.

    The file is a draft: alembic does not see renamed columns, nor data that must be changed.
    """
    with tempfile.TemporaryDirectory() as temporary:
        database = Database(f"sqlite+aiosqlite:///{temporary}/empty.db")
        try:
            async with database.writer.connect() as connection, connection.begin():
                return await connection.run_sync(lambda sync: _write(_config(folder, sync), message))
        finally:
            await database.close()


def _config(folder: Path, connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(folder))
    config.set_main_option("file_template", "m%%(rev)s_%%(slug)s")
    config.attributes["connection"] = connection
    return config


def _write(config: Config, message: str) -> Path:
    command.upgrade(config, "head")
    head = ScriptDirectory.from_config(config).get_current_head() or "0"
    script = command.revision(config, message, autogenerate=True, rev_id=f"{int(head) + 1:04d}")
    assert isinstance(script, Script)
    return Path(script.path)


if __name__ == "__main__":
    main()
