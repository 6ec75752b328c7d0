"""`office360 serve | worker | testroom | migrate | check | vapid-keys`."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from collections.abc import Awaitable, Callable
from typing import Any

from ...core.runtime import Runtime
from ...notifications.push.vapid import generate_vapid_private_key
from ..process import logging
from ..schema_state import program_version
from ..settings import ENV_PREFIX, Settings, load_settings
from ..testroom.installed import TESTROOM_MISSING, is_testroom_installed
from .command_line import CommandRefused, configure_process, refuse_other_schema, use_runtime


def run_serve(arguments: argparse.Namespace) -> None:
    overrides = {"workers": arguments.workers} if arguments.workers else {}
    settings = _prepare_process(arguments, refuse_other_schema, **overrides)
    serve_or_exit(settings, arguments.host or settings.listen_host, arguments.port or settings.listen_port)


def serve_or_exit(settings: Settings, host: str, port: int) -> None:
    from ..process.uvicorn_server import serve

    try:
        serve(settings, host, port)
    except OSError as error:
        sys.exit(f"{host} port {port} is taken ({error.strerror}).")


def run_testroom(arguments: argparse.Namespace) -> None:
    if not is_testroom_installed():
        raise CommandRefused(f"The test room is {TESTROOM_MISSING}.")
    settings = _prepare_process(arguments, refuse_other_schema)
    from ..process.uvicorn_server import run_single, testroom_config

    host = arguments.host or settings.testroom_listen_host
    run_single(testroom_config(settings, host, arguments.port or settings.testroom_listen_port), settings)


def run_worker(arguments: argparse.Namespace) -> None:
    settings = _prepare_process(arguments, refuse_other_schema)
    from ..process import uvicorn_server

    delivers = not arguments.no_delivery
    if arguments.port is None:
        asyncio.run(uvicorn_server.run_worker(settings, delivers=delivers))
    else:
        config = uvicorn_server.worker_config(settings, arguments.host, arguments.port, delivers=delivers)
        uvicorn_server.run_single(config, settings)


def run_migrate(arguments: argparse.Namespace) -> None:
    _prepare_process(arguments, migrate_database)


def _prepare_process(
    arguments: argparse.Namespace, use: Callable[[Runtime], Awaitable[None]], **overrides: Any
) -> Settings:
    """Load the settings, configure the log, and use the database, for which a container waits."""
    settings = load_settings(**overrides)
    configure_process(settings)
    asyncio.run(use_runtime(settings, use, wait_s=arguments.wait))
    return settings


async def migrate_database(runtime: Runtime) -> None:
    from ..migrations import migrate

    await migrate(runtime.db)


def run_check(arguments: argparse.Namespace) -> None:
    from ..checks.check_result import exit_code
    from ..checks.settings_check import check_setting_names
    from ..installation_check import check_installation, unused_parts

    settings = load_settings()
    logging.silence_log()
    results = check_setting_names()
    results += asyncio.run(check_installation(settings))
    results += unused_parts(settings)
    if arguments.json:
        found = {"version": program_version(), "results": [result.to_json() for result in results]}
        print(json.dumps(found, indent=2, ensure_ascii=False))
    else:
        print("\n".join(result.line() for result in results))
    sys.exit(exit_code(results))


def print_vapid_keys(arguments: argparse.Namespace) -> None:
    print(f"{ENV_PREFIX}VAPID_PRIVATE_KEY={generate_vapid_private_key()}")
    print(f"{ENV_PREFIX}VAPID_SUBJECT=mailto:ADDRESS-OF-THE-OPERATOR")
