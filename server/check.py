"""`office360 check`: asks every part whether it works, and says what is wrong."""

from __future__ import annotations

from sqlalchemy.exc import SQLAlchemyError

from ..core.clock import SystemClock
from ..core.events import Events
from .lifespan import make_runtime
from .migrations import is_current
from .settings import Settings


async def problems(settings: Settings) -> list[str]:
    """What is wrong, a line each; empty when all is well."""
    if settings.sqlite_path is not None and not settings.sqlite_path.exists():
        return [f"database: {settings.sqlite_path} does not exist; run: office360 migrate"]
    runtime = make_runtime(settings, SystemClock(), Events())
    found = []
    try:
        if not await is_current(runtime.db):
            found.append("database: the schema is not up to date; run: office360 migrate")
    except (SQLAlchemyError, OSError) as error:
        found.append(f"database: {type(error).__name__}: {error}")
    finally:
        await runtime.bus.close()
        await runtime.db.close()
    return found
