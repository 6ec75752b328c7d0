"""Today's video appointments as consoles show them. Board in, texts out; no SQL."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from ...core.i18n.catalogues import N_
from ...core.json_types import JsonObject
from .locale import NEED_LABELS, LocaleContext

# The period in which the console offers to open the room. The room itself decides who may enter.
ROOM_OPENS_BEFORE = timedelta(minutes=15)
ROOM_CLOSES_AFTER = timedelta(minutes=30)

VERDICTS: Mapping[str, str] = {
    "green": N_("All will go well"),
    "amber": N_("May falter"),
    "red": N_("Will not go well"),
    "unknown": N_("Test not complete"),
}
# Short reasons for an amber or red test, by the advice of its worst gate.
TEST_REASONS: Mapping[str, str] = {
    "nearer_to_router": N_("Weak signal"),
    "use_cable": N_("Unsteady connection"),
    "close_other_programs": N_("Slow connection"),
    "speak_louder": N_("Can hardly be heard"),
    "unmute_microphone": N_("Not heard"),
    "lower_microphone": N_("The voice crackles"),
    "more_light": N_("Dark picture"),
    "uncover_camera": N_("Covered camera"),
    "audio_only": N_("Sound only"),
    "use_telephone": N_("Better by telephone"),
    "other_network": N_("The network hinders the call"),
    "restart_camera": N_("The picture stands still"),
    "allow_devices": N_("Camera not allowed"),
    "free_devices": N_("Camera or microphone in use"),
    "connect_devices": N_("Camera or microphone missing"),
}
NOT_FINISHED = N_("Test not finished")
NO_TEST = N_("Has not run the test")
NOT_FOR_SIGNING = N_("Not enough for sign language")
SIGN_LANGUAGE = "sign_language"
ENDED = N_("The call is over")
NO_SHOW = N_("Did not come")


def build_video_appointments(day: Iterable[Mapping[str, Any]], now: datetime, reader: LocaleContext) -> JsonObject:
    """Build the rows of today's video appointments, and the number of citizens in the lobby."""
    appointments = list(day)
    inside = sum(one["state"] == "lobby" for one in appointments)
    return {
        "count": reader.ngettext("%(num)s in the lobby", "%(num)s in the lobby", inside),
        "rows": [_video_row(one, now, reader) for one in appointments],
    }


def _video_row(one: Mapping[str, Any], now: datetime, reader: LocaleContext) -> JsonObject:
    return {
        "id": one["appointment"],
        "time": reader.clock_time(one["starts_at"]),
        "name": one["name"],
        "detail": _detail_text(one, reader),
        "verdict": _test_chip(one, reader),
        "test": _test_link(one, reader),
        "enter": _room_link(one, now, reader),
    }


def _detail_text(one: Mapping[str, Any], reader: LocaleContext) -> str:
    needs = [
        reader.t(NEED_LABELS.get(need, need)) for need in one["needs"]
    ]  # a program may have written an outcome of its own
    several = [reader.service_names(one)] if one["more_services"] else []  # one is not mentioned
    left = [reader.t(NOT_FINISHED)] if _is_unfinished_result_shown(one) else []
    return ". ".join([_state_text(one, reader), *several, *needs, *left])


def _is_unfinished_result_shown(one: Mapping[str, Any]) -> bool:
    """Whether the chip shows a result although the test was left before its end."""
    counts = one["test"] is not None and one["state"] not in ("admitted", "ended")
    return counts and not one["test"]["finished"] and one["verdict"] in ("amber", "red")


def _state_text(one: Mapping[str, Any], reader: LocaleContext) -> str:
    state = one["state"]
    if state == "lobby" and one["connected"]:
        return reader.t("In the lobby since %(time)s", time=reader.clock_time(one["since"]))
    if state == "lobby":
        return reader.t("Left the page, keeps the place")
    if state == "admitted":
        return (
            reader.t("In the call with %(agent)s", agent=one["agent"]) if one["agent"] else reader.t("In the call")
        )
    if state == "ended":
        how = NO_SHOW if one["outcome"] == "no_show" else ENDED
        return reader.t(how)
    return reader.t("Has left") if state == "left" else reader.t("Not here yet")


def _test_chip(one: Mapping[str, Any], reader: LocaleContext) -> JsonObject | None:
    """Build the chip of the last test until the call ends.

    For a citizen who signs, it shows the grade for sign language.
    """
    if one["state"] in ("admitted", "ended"):
        return None
    test, grade = one["test"], one["verdict"]
    if test is None:
        return {"value": "unknown", "text": reader.t(NO_TEST)}
    if SIGN_LANGUAGE in one["needs"] and test["sign_language"] == "red":
        return {"value": "red", "text": reader.t(NOT_FOR_SIGNING)}
    reason = TEST_REASONS.get(test["advice"][0]) if test["advice"] and grade in ("amber", "red") else None
    if grade == "unknown" and not test["finished"]:
        return {"value": grade, "text": reader.t(NOT_FINISHED)}
    return {"value": grade, "text": reader.t(reason or VERDICTS[grade])}


def _test_link(one: Mapping[str, Any], reader: LocaleContext) -> JsonObject | None:
    """Build the link from the code of the last test to its report."""
    test = one["test"]
    if test is None or test["code"] is None or one["state"] == "ended":
        return None
    return {"href": f"/staff/tests/{test['code']}", "text": reader.t("Test %(code)s", code=test["code"])}


def _room_link(one: Mapping[str, Any], now: datetime, reader: LocaleContext) -> JsonObject | None:
    room = f"/staff/rooms/{one['appointment']}"
    if one["state"] == "lobby":
        return {"href": f"{room}?admit={one['participant']}", "text": reader.t("Let in")}
    if one["state"] == "admitted":
        return {"href": room, "text": reader.t("Go to the call")}
    opens = datetime.fromisoformat(one["starts_at"]) - ROOM_OPENS_BEFORE
    closes = datetime.fromisoformat(one["ends_at"]) + ROOM_CLOSES_AFTER
    if one["state"] == "ended" or not opens <= now < closes:
        return None
    return {"href": room, "text": reader.t("Open the room")}
