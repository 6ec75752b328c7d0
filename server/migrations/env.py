"""Alembic's entry: runs on the connection that `migrate` hands over."""

from __future__ import annotations

from typing import Any, Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext
from office360.server.schema import metadata
from sqlalchemy import TypeDecorator


def _render_item(kind: str, item: Any, _context: AutogenContext) -> str | Literal[False]:
    """Render our column types as SQLAlchemy types: migrations import no product module."""
    if kind == "type" and isinstance(item, TypeDecorator):
        return f"sa.{item.impl!r}"
    return False


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,  # SQLite cannot alter a column in place
    compare_type=True,
    render_item=_render_item,
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
