"""Browser tests of the whole product: the server works as the worker, too."""

from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def whole_product(embedded_worker: None) -> None:
    """Send messages and fire timers, as a visitor of an office sees it."""
