"""Log lines for a person at a terminal."""

from __future__ import annotations

import io
import logging
import sys
from collections.abc import Iterator

import pytest
from office360.server.process.logging import configure_logging


@pytest.fixture
def human_log(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    """Log as in development, and return the text so far."""
    root, written = logging.getLogger(), io.StringIO()
    level = root.level
    monkeypatch.setattr(root, "handlers", [])  # configure_logging closes those that it replaces
    monkeypatch.setattr(sys, "stderr", written)
    configure_logging("INFO", human=True)
    yield written
    root.setLevel(level)


def test_human_traceback_has_no_local_values(human_log: io.StringIO) -> None:
    name = "Amina " + "Diallo"
    try:
        raise ValueError(len(name))
    except ValueError as error:
        logging.getLogger("office360").error("failed", exc_info=error)
    assert "failed" in human_log.getvalue()
    assert "ValueError: 12" in human_log.getvalue()
    assert "Amina Diallo" not in human_log.getvalue()
