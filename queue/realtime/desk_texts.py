"""Words of a desk's activity, the same on every page. Pure: no clock, no SQL."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from ...core.i18n.catalogues import N_, GettextFunction
from ...core.i18n.dates import format_time
from ...offices.service import Office, choice_text
from ..domain.desk_activity import CALL_ACTIVITIES, DeskActivity

ACTIVITY_TEXTS: Mapping[DeskActivity, str] = {
    DeskActivity.FREE: N_("Free"),
    DeskActivity.CALLED: N_("Called"),
    DeskActivity.SERVING: N_("Serving"),
    DeskActivity.VIDEO_CALL: N_("In a video call"),
    DeskActivity.PHONE_CALL: N_("On the telephone"),
    DeskActivity.PAUSED: N_("Paused"),
    DeskActivity.CLOSED: N_("Desk closed"),
}


def activity_text(desk: Mapping[str, Any], t: GettextFunction) -> str:
    """Return the name of an activity. `desk`: of the staff board or the display board."""
    return t(ACTIVITY_TEXTS[DeskActivity(desk["activity"])])


def activity_detail(
    desk: Mapping[str, Any], now: datetime, office: Office, language: str, t: GettextFunction
) -> str:
    """Return since when, or until when and why; empty for a free or closed desk."""
    if desk["until"] is None:
        return t("since %(time)s") % {"time": _clock_time(desk["since"], office)} if desk["since"] else ""
    time = {"time": _clock_time(desk["until"], office)}
    if datetime.fromisoformat(desk["until"]) <= now:
        return t("planned until %(time)s") % time
    if desk["activity"] in CALL_ACTIVITIES:
        return t("until about %(time)s") % time
    until = t("until %(time)s") % time
    return f"{until}. {_pause_reason(desk, office, language, t)}" if desk["reason"] else until


def _clock_time(moment: str, office: Office) -> str:
    return format_time(datetime.fromisoformat(moment), office.timezone)


def _pause_reason(desk: Mapping[str, Any], office: Office, language: str, t: GettextFunction) -> str:
    return choice_text(office, "desk_pauses", desk["reason"], language, t)
