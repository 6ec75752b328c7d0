"""Program of the tests: locks all lines in a transaction and keeps it open."""

from __future__ import annotations

import asyncio
import sys

from office360.core.db.engine import Database
from sqlalchemy import text


async def hold_lock(url: str) -> None:
    async with Database(url).write_session() as session:
        await session.execute(text("SELECT id FROM lines ORDER BY id FOR UPDATE"))
        sys.stdout.write("locked\n")
        sys.stdout.flush()
        await asyncio.sleep(3600)


if __name__ == "__main__":
    asyncio.run(hold_lock(sys.argv[1]))
