"""Words of a desk's activity, the same in every console. Board in, texts out; no SQL."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from ...core.i18n.catalogues import N_
from ...core.json_types import JsonObject
from ...offices.service import choice_text
from .locale import LocaleContext

DeskJson = Mapping[str, Any]

CALLS = ("video_call", "phone_call")
BADGES: Mapping[str, str] = {
    "free": N_("Free"),
    "called": N_("Called"),
    "serving": N_("Being served"),
    "video_call": N_("In a video call"),
    "phone_call": N_("On the telephone"),
    "paused": N_("Paused"),
    "closed": N_("Desk closed"),
}


def build_activity_fields(desk: DeskJson, now: datetime, locale: LocaleContext) -> JsonObject:
    """Build the badge of a desk, and its details: since when, or until when, and why.

    `state`: that of the ticket at the desk, or free or closed.
    """
    activity = desk["activity"]
    return {
        "state": "free" if desk["state"] == "free" else activity,
        "activity": activity,
        "badge": locale.t(BADGES[activity]),
        "detail": _detail(desk, now, locale),
    }


def _detail(desk: DeskJson, now: datetime, locale: LocaleContext) -> str:
    if desk["until"] is None:
        return locale.t("since %(time)s", time=locale.clock_time(desk["since"])) if desk["since"] else ""
    time = locale.clock_time(desk["until"])
    if datetime.fromisoformat(desk["until"]) <= now:
        return locale.t("longer than until %(time)s", time=time)
    if desk["activity"] in CALLS:
        return locale.t("until about %(time)s", time=time)
    reason = _pause_reason(desk["reason"], locale)
    until = locale.t("until %(time)s", time=time)
    return f"{until}. {reason}" if reason else until


def _pause_reason(key: str | None, locale: LocaleContext) -> str:
    def translate(_language: str, sentence: str) -> str:
        return locale.t(sentence)

    return choice_text(locale.office, "desk_pauses", key, locale.language, translate) if key else ""
