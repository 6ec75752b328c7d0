"""Today's video appointments as consoles show them. Board in, texts out; no SQL."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from ...core.i18n.catalogues import N_
from ...core.json_types import JsonObject
from ...notifications import service as notifications
from .locale import LocaleContext

# The period in which the console offers to open the room. The room itself decides who may enter.
ROOM_OPENS_BEFORE = timedelta(minutes=15)
ROOM_CLOSES_AFTER = timedelta(minutes=30)

VERDICTS: Mapping[str, str] = {
    "green": N_("All will go well"),
    "amber": N_("May falter"),
    "red": N_("Will not go well"),
    "unknown": N_("Test not complete"),
}
# Short reasons for an amber or red test, by its deciding cause (docs/video.md).
TEST_REASONS: Mapping[str, str] = {
    "camera_denied": N_("Camera not allowed"),
    "microphone_denied": N_("Microphone not allowed"),
    "devices_denied": N_("Camera and microphone not allowed"),
    "camera_missing": N_("No camera"),
    "microphone_missing": N_("No microphone"),
    "devices_missing": N_("No camera and no microphone"),
    "camera_busy": N_("Camera in use"),
    "microphone_busy": N_("Microphone in use"),
    "devices_busy": N_("Camera or microphone in use"),
    "microphone_silent": N_("Not heard"),
    "microphone_faint": N_("Can hardly be heard"),
    "microphone_clipping": N_("The voice sounds distorted"),
    "speaker_silent": N_("Does not hear us"),
    "camera_dark": N_("Dark picture"),
    "camera_covered": N_("Covered camera"),
    "camera_frozen": N_("The picture stands still"),
    "no_path": N_("The network hinders the call"),
    "messages_blocked": N_("The network hinders the call"),
    "detour": N_("The network hinders the call"),
    "too_slow_for_voice": N_("Better by telephone"),
    "voice_only": N_("Sound only"),
    "slow": N_("Slow connection"),
    "loss": N_("Data is lost"),
    "delay": N_("Long delay"),
    "jitter": N_("Unsteady connection"),
    "picture": N_("Poor picture"),
    "voice_quality": N_("Hard to understand"),
}
CHANNELS: Mapping[str, str] = {
    "push": N_("a notification on the phone"),
    "email": N_("e-mail"),
    **notifications.CHOSEN_TITLES,
}
NOT_FINISHED = N_("Test not finished")
NO_TEST = N_("Has not run the test")
NOT_FOR_SIGNING = N_("Not enough for sign language")
SIGN_LANGUAGE = "sign_language"
ENDED = N_("The call is over")
NO_SHOW = N_("Did not come")


def build_video_appointments(day: Iterable[Mapping[str, Any]], now: datetime, locale: LocaleContext) -> JsonObject:
    """Build the rows of today's video appointments, and the number in the lobby.

    Citizens who wait now come first, calls that are over last.
    """
    appointments = sorted(day, key=_display_order)
    inside = sum(appointment["state"] == "lobby" for appointment in appointments)
    return {
        "count": locale.ngettext("%(num)s in the lobby", "%(num)s in the lobby", inside),
        "rows": [_video_row(appointment, now, locale) for appointment in appointments],
    }


def _display_order(appointment: Mapping[str, Any]) -> tuple[int, str]:
    """Order citizens in the lobby, longest wait first, then calls to come, then past calls.

    The others stay by their time.
    """
    if _waits_now(appointment):
        return 0, appointment["since"]
    return (2 if appointment["state"] == "ended" else 1), ""


def _waits_now(appointment: Mapping[str, Any]) -> bool:
    return bool(appointment["state"] == "lobby" and appointment["connected"])


def _video_row(appointment: Mapping[str, Any], now: datetime, locale: LocaleContext) -> JsonObject:
    return {
        "id": appointment["appointment"],
        "attention": "waiting" if _waits_now(appointment) else "",
        "time": locale.clock_time(appointment["starts_at"]),
        "name": appointment["name"],
        "detail": _detail_text(appointment, locale),
        "notes": locale.notes_text(appointment["notes"]),
        "verdict": _test_chip(appointment, locale),
        "test": _test_link(appointment, locale),
        "enter": _room_link(appointment, now, locale),
        "may": ["call-back"] if _may_call_back(appointment, now) else [],
    }


def _detail_text(appointment: Mapping[str, Any], locale: LocaleContext) -> str:
    several = (
        [locale.service_names(appointment)] if appointment["more_services"] else []
    )  # a single service is shown elsewhere
    left = [locale.t(NOT_FINISHED)] if _is_unfinished_result_shown(appointment) else []
    notified = [_call_back_text(appointment["called_back"], locale)] if _is_absent(appointment) else []
    return ". ".join(
        filter(None, [_state_text(appointment, locale), *notified, *several, *locale.facts(appointment), *left])
    )


def _is_absent(appointment: Mapping[str, Any]) -> bool:
    state = appointment["state"]
    return state in ("expected", "left") or (state == "lobby" and not appointment["connected"])


def _may_call_back(appointment: Mapping[str, Any], now: datetime) -> bool:
    """Check whether the console offers to notify: the citizen left, or has not come in time."""
    starts_at = datetime.fromisoformat(appointment["starts_at"])
    has_come = appointment["state"] != "expected"
    return _is_absent(appointment) and _is_room_open(appointment, now) and (has_come or now >= starts_at)


def _call_back_text(called_back: Mapping[str, Any] | None, locale: LocaleContext) -> str:
    """Say by which channels and when the citizen was notified last; empty if never."""
    if called_back is None:
        return ""
    first, *more = [locale.t(CHANNELS[channel]) for channel in called_back["channels"]]
    channels = locale.t("%(first)s and %(second)s", first=first, second=more[0]) if more else first
    time = locale.clock_time(called_back["at"])
    return locale.t("Notified by %(channels)s at %(time)s", channels=channels, time=time)


def _is_unfinished_result_shown(appointment: Mapping[str, Any]) -> bool:
    """Whether the chip shows a result although the test was left before its end."""
    counts = appointment["test"] is not None and appointment["state"] not in ("admitted", "ended")
    return counts and not appointment["test"]["finished"] and appointment["verdict"] in ("amber", "red")


def _state_text(appointment: Mapping[str, Any], locale: LocaleContext) -> str:
    state = appointment["state"]
    if state == "lobby" and appointment["connected"]:
        return locale.t("In the lobby since %(time)s", time=locale.clock_time(appointment["since"]))
    if state == "lobby":
        return locale.t("Left the page, keeps the place")
    if state == "admitted":
        return (
            locale.t("In the call with %(agent)s", agent=appointment["agent"])
            if appointment["agent"]
            else locale.t("In the call")
        )
    if state == "ended":
        how = NO_SHOW if appointment["outcome"] == "no_show" else ENDED
        return locale.t(how)
    return locale.t("Has left") if state == "left" else locale.t("Not here yet")


def _test_chip(appointment: Mapping[str, Any], locale: LocaleContext) -> JsonObject | None:
    """Build the chip of the last test; None once the citizen is in the call or it is over.

    For a citizen who signs, a red grade for sign language takes precedence.
    """
    if appointment["state"] in ("admitted", "ended"):
        return None
    test, grade = appointment["test"], appointment["verdict"]
    if test is None:
        return {"value": "unknown", "text": locale.t(NO_TEST)}
    if SIGN_LANGUAGE in appointment["needs"] and test["sign_language"] == "red":
        return {"value": "red", "text": locale.t(NOT_FOR_SIGNING)}
    reason = TEST_REASONS.get(test["cause"]) if grade in ("amber", "red") else None
    if grade == "unknown" and not test["finished"]:
        return {"value": grade, "text": locale.t(NOT_FINISHED)}
    return {"value": grade, "text": locale.t(reason or VERDICTS[grade])}


def _test_link(appointment: Mapping[str, Any], locale: LocaleContext) -> JsonObject | None:
    """Build the link from the code of the last test to its report."""
    test = appointment["test"]
    if test is None or test["code"] is None or appointment["state"] == "ended":
        return None
    return {"href": f"/staff/tests/{test['code']}", "text": locale.t("Test %(code)s", code=test["code"])}


def _room_link(appointment: Mapping[str, Any], now: datetime, locale: LocaleContext) -> JsonObject | None:
    room = f"/staff/rooms/{appointment['appointment']}"
    if appointment["state"] == "lobby":
        return {"href": f"{room}?admit={appointment['participant']}", "text": locale.t("Let in")}
    if appointment["state"] == "admitted":
        return {"href": room, "text": locale.t("Go to the call")}
    if appointment["state"] == "ended" or not _is_room_open(appointment, now):
        return None
    return {"href": room, "text": locale.t("Open the room")}


def _is_room_open(appointment: Mapping[str, Any], now: datetime) -> bool:
    opens = datetime.fromisoformat(appointment["starts_at"]) - ROOM_OPENS_BEFORE
    closes = datetime.fromisoformat(appointment["ends_at"]) + ROOM_CLOSES_AFTER
    return opens <= now < closes
