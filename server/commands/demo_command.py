"""`office360 demo`: a demo city, all in one process."""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
from collections.abc import Callable
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from ...core.runtime import Runtime
from ...core.tokens import random_token
from ...notifications.service import generate_vapid_private_key
from ..settings import ENV_PREFIX, Settings, is_setting_given, load_settings
from .command_line import INTERRUPTED, CommandRefused, configure_process, exit_with_problem, use_runtime
from .parser import LOOPBACK
from .process_commands import migrate_database, serve_or_exit

DEMO_DATABASE_URL = "sqlite+aiosqlite:///var/demo.db"
DEMO_SECRET_PATH = Path("var/demo.key")
DEMO_VAPID_PATH = Path("var/demo.vapid")


def run_demo(arguments: argparse.Namespace) -> None:
    host = arguments.host or ("0.0.0.0" if arguments.expose else LOOPBACK)  # noqa: S104 - requested by --expose
    address = f"http://{LOOPBACK if host == '0.0.0.0' else host}:{arguments.port}"  # noqa: S104
    if os.environ.get(f"{ENV_PREFIX}ENVIRONMENT") == "production":
        raise CommandRefused(
            f"The demo never runs in production: {ENV_PREFIX}ENVIRONMENT must be development, or unset."
        )
    defaults: dict[str, Callable[[], Any]] = {
        "environment": lambda: "development",
        "secret_key": lambda: [_load_or_create_secret(DEMO_SECRET_PATH, lambda: random_token() + random_token())],
        "vapid_private_key": lambda: _load_or_create_secret(DEMO_VAPID_PATH, generate_vapid_private_key),
        "vapid_subject": lambda: "mailto:demo@example.org",
        "database_url": lambda: DEMO_DATABASE_URL,
        "public_url": lambda: address,
        "log_level": lambda: "WARNING",
        # a demo's visitors share one address, and book repeatedly with one e-mail
        "unverified_per_address": lambda: 0,
        "turns_per_address": lambda: 0,
        "programs_prove": lambda: False,
        "appointments_per_mailbox": lambda: 0,
    }
    settings = load_settings(**{name: make() for name, make in defaults.items() if not is_setting_given(name)})
    configure_process(settings)
    _build_in_own_process(settings)
    serve_or_exit(settings, host, arguments.port)


def _build_in_own_process(settings: Settings) -> None:
    """Build the city in a process of its own, whose memory ends with it.

    Migrations, public holidays and the past weeks take 50 MB, which a waiting server never uses again.
    """
    from .. import app  # noqa: F401 - before the fork, so that both processes share what it imports

    child = get_context("fork").Process(target=_build_or_exit, args=(settings,))
    child.start()
    child.join()
    if child.exitcode:  # the child has printed the reason
        sys.exit(child.exitcode)


def _build_or_exit(settings: Settings) -> None:
    try:
        asyncio.run(use_runtime(settings, _build))
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
    except Exception as error:
        exit_with_problem(error)


async def _build(runtime: Runtime) -> None:
    from ..demo.build import add_demo_history, build_demo
    from ..demo.own_database import refuse_foreign_database

    await refuse_foreign_database(runtime)
    await migrate_database(runtime)
    summary = await build_demo(runtime)
    await add_demo_history(runtime)
    print(summary.text(), flush=True)


def _load_or_create_secret(path: Path, make: Callable[[], str]) -> str:
    """Load a secret of the demo, so that links, logins and subscriptions survive a restart."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.write_text(make())
    return path.read_text()
