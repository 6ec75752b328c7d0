"""Which version of the program migrated the database to each revision."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, String, delete, insert, inspect, select
from sqlalchemy.orm import Mapped, mapped_column

from ..core.db.engine import Base, UtcDateTime
from ..core.db.process_heartbeats import database_time


class SchemaVersionRow(Base):
    """A migration that has run. An older program names the version from it."""

    __tablename__ = "schema_versions"

    revision: Mapped[str] = mapped_column(String(32), primary_key=True)
    version: Mapped[str] = mapped_column(String(32))
    migrated_at: Mapped[datetime] = mapped_column(UtcDateTime)


def record_schema_version(connection: Connection, revision: str, version: str) -> None:
    """Write the version that ran this migration; nothing before the table exists."""
    if not inspect(connection).has_table(SchemaVersionRow.__tablename__):
        return
    now = connection.execute(select(database_time())).scalar_one()
    connection.execute(delete(SchemaVersionRow).where(SchemaVersionRow.revision == revision))
    connection.execute(insert(SchemaVersionRow).values(revision=revision, version=version, migrated_at=now))


def recorded_schema_version(connection: Connection, revision: str) -> str | None:
    """Return the version that ran this migration; None if it was not recorded."""
    if not inspect(connection).has_table(SchemaVersionRow.__tablename__):
        return None
    stored = select(SchemaVersionRow.version).where(SchemaVersionRow.revision == revision)
    return connection.execute(stored).scalar_one_or_none()
