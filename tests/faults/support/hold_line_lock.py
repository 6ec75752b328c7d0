"""Program of the tests: locks all lines in a transaction and keeps it open.

The arguments are the URL of the database and the seconds after which PostgreSQL ends an idle transaction.
"""

from __future__ import annotations

import asyncio
import sys

from office360.core.db.engine import Database
from office360.core.db.postgres import PostgresOptions
from sqlalchemy import text


async def hold_lock(url: str, idle_timeout_s: float) -> None:
    options = PostgresOptions(idle_in_transaction_timeout_s=idle_timeout_s)
    async with Database(url, options).write_session() as session:
        await session.execute(text("SELECT id FROM lines ORDER BY id FOR UPDATE"))
        sys.stdout.write("locked\n")
        sys.stdout.flush()
        await asyncio.sleep(3600)


if __name__ == "__main__":
    asyncio.run(hold_lock(sys.argv[1], float(sys.argv[2])))
