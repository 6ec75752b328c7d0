"""The developer command that writes the next migration."""

from __future__ import annotations

import shutil
from pathlib import Path

from office360.server.migrations.new_migration import FOLDER, write_migration


async def test_new_migration_follows_the_last_and_is_empty(tmp_path: Path) -> None:
    folder = Path(shutil.copytree(FOLDER, tmp_path / "migrations", ignore=shutil.ignore_patterns("__pycache__")))
    last = sorted(one.name for one in (folder / "versions").glob("m*.py"))[-1][1:5]
    path = await write_migration("add an example", folder)
    assert path.name == f"m{int(last) + 1:04d}_add_an_example.py"
    text = path.read_text()
    assert text.startswith('"""add an example"""')
    assert f"down_revision = '{last}'" in text
    assert "op." not in text.partition("def upgrade")[2]
