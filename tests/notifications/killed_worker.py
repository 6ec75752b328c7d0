"""A worker of a process's own, to be killed: `python killed_worker.py`, with the settings of its environment.

The product's own, but that what it leaves in mid-send is taken up again after a second instead of minutes.
"""

from __future__ import annotations

import asyncio
from datetime import timedelta

from office360.notifications import worker
from office360.server.serving import work
from office360.server.settings import load_settings

if __name__ == "__main__":
    worker.LEASE = timedelta(seconds=1)
    asyncio.run(work(load_settings()))
