"""Texts of the waiting-room display, in the language of its page. Pure: no clock, no SQL.

Every frame carries its texts, so the page needs no rules.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from gettext import NullTranslations
from typing import Any

from ...core.i18n.catalogues import N_, Catalogues, GettextFunction
from ...core.i18n.dates import clock_time_of_rfc3339, format_relative_day
from ...core.i18n.languages import join_list
from ...offices.service import Office, default_evacuation
from .desk_texts import activity_detail, activity_text
from .display_board import DisplayBoard

# Texts that the script of the page needs without a frame.
SCRIPT_TEXTS: Mapping[str, str] = {
    "offline": N_("No connection since %(time)s"),
    "age_seconds": N_("%(seconds)s s ago"),
    "age_minutes": N_("%(minutes)s min ago"),
    "say_call": N_("Ticket %(letter)s %(number)s, desk %(desk)s."),
    "allow_sound": N_("Turn the sound on"),
    "stop_sound": N_("Turn the sound off"),
}
# By code, and `True` if the refusal lasts today.
REFUSAL_TEXTS: Mapping[tuple[str, bool], str] = {
    ("appointment_only", True): N_("Only with an appointment"),
    ("walk_ins_stopped", False): N_("Only with an appointment for now"),
    ("quota_reached", True): N_("Today only with an appointment"),
    ("no_capacity", False): N_("Too many people at the moment. Try again later"),
    ("no_capacity", True): N_("No more tickets today"),
    ("closed", False): N_("Closed"),
}
LEAVE_TEXT = N_("Leave the building by the nearest exit.")
NO_TURNS_TEXT = N_("No tickets now")  # such as while the office is paused
NO_DESK_OPEN_TEXT = N_("No desk is open yet")


def display_texts(board: DisplayBoard, office: Office, language: str, catalogues: Catalogues) -> dict[str, Any]:
    """Return the texts of a board.

    `headline` and `detail` are shown instead of calls; `lines` and `desks` have a text for each, in order.
    `evacuation` has a sentence per language, beside which nothing is shown. Otherwise it is empty.
    """
    translations = catalogues.translations(language)
    headline, detail = _headline_and_detail(board, office, language, translations)
    return {
        "headline": headline,
        "detail": detail,
        "lines": [_line_text(line, translations.gettext) for line in board["lines"]],
        "desks": [_desk_text(desk, board, office, language, translations.gettext) for desk in board["desks"]],
        "evacuation": _evacuation_texts(office, language, catalogues) if board["evacuation"] else [],
    }


def _evacuation_texts(office: Office, language: str, catalogues: Catalogues) -> list[dict[str, str]]:
    """Return what everyone must read, first in the language of the page.

    The sentence to leave never depends on the office's own words; these follow it where they say more.
    """
    languages = sorted(catalogues.languages.offered, key=lambda name: name != language)
    usual = default_evacuation(catalogues.localized)
    return [
        {
            "lang": name,
            "text": catalogues.gettext(name, LEAVE_TEXT),
            "more": (office.pause_text(name) or "").removeprefix(usual[name]).strip(),
        }
        for name in languages
    ]


def _headline_and_detail(
    board: DisplayBoard, office: Office, language: str, translations: NullTranslations
) -> tuple[str, str]:
    t = translations.gettext
    if board["state"] == "paused":
        return t("The office is paused"), board["pause_message"] or t("Everyone keeps their place.")
    if board["state"] == "closed":
        return t("The office is closed"), _opening_text(board, office, language, t)
    if board["calls"]:
        return "", ""
    return t("Now calling"), t("When it is your turn, your code and your desk appear here.")


def _opening_text(board: DisplayBoard, office: Office, language: str, t: GettextFunction) -> str:
    if board["opens_at"] is None:
        return ""
    opens, now = (datetime.fromisoformat(board[name]) for name in ("opens_at", "at"))
    values = {
        "day": format_relative_day(opens, office.timezone, now, language),
        "time": clock_time_of_rfc3339(board["opens_at"]),
    }
    soon = (opens.date() - now.date()).days <= 1
    sentence = t("It opens %(day)s at %(time)s.") if soon else t("It opens on %(day)s at %(time)s.")
    return sentence % values


def _line_text(line: Mapping[str, Any], t: GettextFunction) -> str:
    if line["refusal"] is not None:
        return t(REFUSAL_TEXTS.get((line["refusal"], line["lasts_today"]), NO_TURNS_TEXT))
    if line["eta"] is None:
        return t(NO_DESK_OPEN_TEXT)
    start, end = (clock_time_of_rfc3339(line["eta"][name]) for name in ("earliest", "latest"))
    return t("%(start)s to %(end)s") % {"start": start, "end": end}


def _desk_text(
    desk: Mapping[str, Any], board: DisplayBoard, office: Office, language: str, t: GettextFunction
) -> str:
    detail = activity_detail(desk, datetime.fromisoformat(board["at"]), office, language, t)
    return join_list((activity_text(desk, t), detail), language)
