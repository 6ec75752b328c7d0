"""Public API of the connection test for other features."""

from __future__ import annotations

from .actions.connection_tests import (
    TIMERS,
    grades_before,
    latest_test_summaries,
    link_test_to_appointment,
    summary_of_appointment_test,
)
from .domain.report import ConnectionTestSummary
from .web.device_texts import DEVICE_TEXTS

__all__ = [
    "DEVICE_TEXTS",
    "TIMERS",
    "ConnectionTestSummary",
    "grades_before",
    "latest_test_summaries",
    "link_test_to_appointment",
    "summary_of_appointment_test",
]
