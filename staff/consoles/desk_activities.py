"""Fields of a desk's activity, the same in every console. Board in, texts out; no SQL."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from ...core.json_types import JsonObject
from ...queue.service import activity_detail, activity_text
from .locale import LocaleContext


def build_activity_fields(desk: Mapping[str, Any], now: datetime, locale: LocaleContext) -> JsonObject:
    """Build the badge of a desk, and its details: since when, or until when, and why.

    `state`: that of the ticket at the desk, or free or closed.
    """
    activity = desk["activity"]
    return {
        "state": "free" if desk["state"] == "free" else activity,
        "activity": activity,
        "badge": activity_text(desk, locale.t),
        "detail": activity_detail(desk, now, locale.office, locale.language, locale.t),
    }
