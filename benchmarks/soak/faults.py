"""Faults of a soak: each begins, lasts, and ends, so that its cause is gone."""

from __future__ import annotations

import asyncio
import errno
import os
import random
import signal
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass

import asyncpg
from sqlalchemy.engine import make_url

from .soaked_product import SoakedProduct

SLOW_NETWORK_DELAY_S = 0.4  # each way, and for each packet
CLOCK_STEP_S = 180
BALLAST = "ballast"


async def kill_web(product: SoakedProduct, chance: random.Random) -> None:
    os.kill(chance.choice(product.web_pids()), signal.SIGKILL)


async def kill_worker(product: SoakedProduct, chance: random.Random) -> None:
    os.kill(product.worker_pid(), signal.SIGKILL)


async def freeze_web(product: SoakedProduct, chance: random.Random) -> None:
    os.kill(chance.choice(product.web_pids()), signal.SIGSTOP)


async def freeze_worker(product: SoakedProduct, chance: random.Random) -> None:
    os.kill(product.worker_pid(), signal.SIGSTOP)


async def thaw(product: SoakedProduct, chance: random.Random) -> None:
    for pid in product.pids():
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGCONT)


async def stop_redis(product: SoakedProduct, chance: random.Random) -> None:
    await asyncio.to_thread(product.valkey.stop)


async def start_redis(product: SoakedProduct, chance: random.Random) -> None:
    await asyncio.to_thread(product.valkey.start)


async def freeze_redis(product: SoakedProduct, chance: random.Random) -> None:
    product.valkey.freeze()


async def thaw_redis(product: SoakedProduct, chance: random.Random) -> None:
    product.valkey.thaw()


async def terminate_backends(product: SoakedProduct, chance: random.Random) -> None:
    plain = make_url(product.postgres.url).set(drivername="postgresql").render_as_string(hide_password=False)
    connection = await asyncpg.connect(plain)
    try:
        await connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'office360'"
        )
    finally:
        await connection.close()


async def kill_database(product: SoakedProduct, chance: random.Random) -> None:
    await asyncio.to_thread(product.postgres.kill)


async def start_database(product: SoakedProduct, chance: random.Random) -> None:
    await asyncio.to_thread(product.postgres.start)


async def drop_sockets(product: SoakedProduct, chance: random.Random) -> None:
    product.proxy.cut()


async def restore_network(product: SoakedProduct, chance: random.Random) -> None:
    product.proxy.restore()


async def slow_network(product: SoakedProduct, chance: random.Random) -> None:
    product.proxy.delay_s = SLOW_NETWORK_DELAY_S


async def fill_disk(product: SoakedProduct, chance: random.Random) -> None:
    """Fill the file system of the database to the last byte."""
    assert product.disk is not None
    await asyncio.to_thread(_write_ballast, str(product.disk / BALLAST))


def _write_ballast(path: str) -> None:
    with open(path, "ab", buffering=0) as file:
        for size in (1 << 20, 4096, 1):
            try:
                while file.write(bytes(size)):
                    continue
            except OSError as error:
                if error.errno != errno.ENOSPC:
                    raise


async def free_disk(product: SoakedProduct, chance: random.Random) -> None:
    """Free the disk, and start the database if it gave up meanwhile."""
    assert product.disk is not None
    (product.disk / BALLAST).unlink()
    await asyncio.to_thread(product.postgres.start)


async def step_clock(product: SoakedProduct, chance: random.Random) -> None:
    """Set the time of day of a web process forward or back."""
    product.clock.step(chance.choice((-CLOCK_STEP_S, CLOCK_STEP_S)), chance.choice(product.web_pids()))


async def restore_clock(product: SoakedProduct, chance: random.Random) -> None:
    product.clock.step(0)


async def leave_alone(product: SoakedProduct, chance: random.Random) -> None:
    return None


BreakPart = Callable[[SoakedProduct, random.Random], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class FaultKind:
    """A fault of a soak.

    `lasts_s`: from its begin to its end, which removes the cause. `is_cheap`: whether short runs make it.
    """

    begin: BreakPart
    end: BreakPart = leave_alone
    lasts_s: float = 0.0
    is_cheap: bool = True


FAULTS: dict[str, FaultKind] = {
    "web process killed": FaultKind(kill_web),
    "web process frozen": FaultKind(freeze_web, thaw, 6.0, is_cheap=False),
    # 20 s without a pulse, then the supervisor kills it; so its end is not ours
    "web process hung": FaultKind(freeze_web, is_cheap=False),
    "worker killed": FaultKind(kill_worker),
    "worker frozen": FaultKind(freeze_worker, thaw, 6.0, is_cheap=False),
    "Redis away": FaultKind(stop_redis, start_redis, 6.0),
    "Redis frozen": FaultKind(freeze_redis, thaw_redis, 6.0, is_cheap=False),
    "backends terminated": FaultKind(terminate_backends),
    "database restarted": FaultKind(kill_database, start_database, 3.0),
    "sockets dropped": FaultKind(drop_sockets, restore_network, 0.5),
    "slow network": FaultKind(slow_network, restore_network, 8.0, is_cheap=False),
    "disk full": FaultKind(fill_disk, free_disk, 5.0),
    "clock step": FaultKind(step_clock, restore_clock, 5.0),
}


def possible_faults(product: SoakedProduct, *, only_cheap: bool) -> list[str]:
    """Return the faults that this machine can make."""
    missing = set()
    if product.disk is None:
        missing.add("disk full")
    if not product.clock.is_available:
        missing.add("clock step")
    return [name for name, kind in FAULTS.items() if name not in missing and (kind.is_cheap or not only_cheap)]
