"""The developer command that writes the next migration."""

from __future__ import annotations

import shutil
from pathlib import Path

from office360.server.migrations.new_migration import FOLDER, write_migration


def _copy_of_migrations(folder: Path) -> Path:
    return Path(shutil.copytree(FOLDER, folder / "migrations", ignore=shutil.ignore_patterns("__pycache__")))


def _versions(migrations: Path) -> list[Path]:
    return sorted((migrations / "versions").glob("m*.py"))


async def test_new_migration_follows_the_last_and_is_empty(tmp_path: Path) -> None:
    migrations = _copy_of_migrations(tmp_path)
    last = _versions(migrations)[-1].name[1:5]
    path = await write_migration("add an example", migrations)
    assert path.name == f"m{int(last) + 1:04d}_add_an_example.py"
    text = path.read_text()
    assert text.startswith('"""add an example"""')
    assert f"down_revision = '{last}'" in text
    assert "op." not in text.partition("def upgrade")[2]


async def test_new_migration_adds_what_the_tables_have_more(tmp_path: Path) -> None:
    migrations = _copy_of_migrations(tmp_path)
    removed = _versions(migrations)[-1]
    removed.unlink()
    path = await write_migration("add it again", migrations)
    assert path.name == f"{removed.name[:5]}_add_it_again.py"
    assert "op." in path.read_text().partition("def upgrade")[2]
    # the written migration runs, and after it nothing differs
    following = await write_migration("find no difference", migrations)
    assert "op." not in following.read_text().partition("def upgrade")[2]
