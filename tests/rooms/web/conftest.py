"""Fixtures of the tests of video rooms over HTTP."""

from __future__ import annotations

import pytest
from office360.server.settings import Settings


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """Serve without a worker, which would find people silent whenever a test moves the clock."""
    return settings.model_copy(update={"embedded_worker": False})
