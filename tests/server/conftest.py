"""Fixtures of the tests of the server and its migrations."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ..support.databases.templates import fresh_postgres_database


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Return the URL of a database without tables."""
    if request.param == "sqlite":
        yield f"sqlite+aiosqlite:///{tmp_path / 'empty.db'}"
        return
    server = request.getfixturevalue("postgres_url")
    with fresh_postgres_database(server, "office360_empty", "template1") as url:
        yield url
