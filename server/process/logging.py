"""Structured logs on standard error. Events contain ids, never personal data or tokens."""

from __future__ import annotations

import logging
import sys


def silence_log() -> None:
    """Log nothing: the command prints its result or its refusal."""
    logging.basicConfig(level=logging.CRITICAL, handlers=[logging.NullHandler()], force=True)


def configure_logging(level: str, *, human: bool) -> None:
    """Log JSON lines, or coloured text for a person at a terminal."""
    # imported late, with rich where it is installed: a command that logs nothing needs neither
    import structlog

    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    renderer: list[structlog.typing.Processor] = (
        [
            structlog.dev.ConsoleRenderer(
                colors=sys.stderr.isatty(),
                # with rich installed, the default prints local values and blocks the event loop for a second
                exception_formatter=structlog.dev.plain_traceback,
            )
        ]
        if human
        else [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *renderer],
        )
    )
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for noisy in ("uvicorn.access", "uvicorn.error", "websockets", "alembic", "aiosqlite", "httpx"):
        logging.getLogger(noisy).setLevel("WARNING")
