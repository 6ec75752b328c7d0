"""Public API of the connection test for other features."""

from __future__ import annotations

from .actions.connection_tests import TIMERS, TestSummary, latest_tests, link_test
from .web.device_texts import device_texts

__all__ = ["TIMERS", "TestSummary", "device_texts", "latest_tests", "link_test"]
