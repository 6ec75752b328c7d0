"""Timeouts of tests that wait for an event.

On an idle machine events take a second or two; the timeouts allow for a busy machine. A test that needs an event
within a certain time has its own limit.
"""

from __future__ import annotations

TEST_TIMEOUT_S = 30  # servers and sockets
PAGE_TIMEOUT_MS = 60_000  # pages with two browsers, and measured media
