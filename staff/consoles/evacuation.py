"""An evacuation as the consoles of hosts and desks show it.

Board in, texts out; no SQL.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...core.json_types import JsonObject
from .locale import LocaleContext

CONFIRM_FIELDS = ("evacuation_tickets", "evacuation_missed", "evacuation_phones")


def evacuation_notice(board: Mapping[str, Any], locale: LocaleContext) -> str:
    """Return what an agent must know during an evacuation; empty otherwise."""
    if not board["evacuation"]:
        return ""
    notice = locale.t("The office is being evacuated. Nobody can be called.")
    return f"{notice} {board['pause_message'] or ''}".strip()


def build_evacuation_banner(board: Mapping[str, Any], locale: LocaleContext) -> JsonObject:
    """Build the host's banner, and what its dialog says about the end.

    The texts are empty without an evacuation.
    """
    if not board["evacuation"]:
        return {"evacuation": False, "evacuation_by": "", "evacuation_count": "", "evacuation_help": ""} | (
            dict.fromkeys(CONFIRM_FIELDS, "")
        )
    tickets = board["tickets"]
    missed = sum(ticket["state"] == "missed" for ticket in tickets)
    asking = [ticket["code"] for ticket in tickets if ticket["help"]]
    return {
        "evacuation": True,
        "evacuation_by": _pressed_text(board["evacuated"], locale),
        "evacuation_count": locale.ngettext(
            "%(num)s person still holds a ticket.", "%(num)s people still hold a ticket.", len(tickets)
        ),
        "evacuation_help": _help_text(asking, locale),
        "evacuation_tickets": locale.ngettext(
            "%(num)s ticket keeps its place.", "All %(num)s tickets keep their places.", len(tickets)
        ),
        "evacuation_missed": _missed_text(missed, locale),
        "evacuation_phones": _phones_text(board["evacuated"], locale),
    }


def _pressed_text(evacuated: Mapping[str, Any] | None, locale: LocaleContext) -> str:
    if evacuated is None:
        return ""
    time = locale.clock_time(evacuated["at"])
    if evacuated["by"] is None:
        return locale.t("Since %(time)s.", time=time)
    return locale.t("%(name)s pressed it at %(time)s.", name=evacuated["by"], time=time)


def _help_text(codes: list[str], locale: LocaleContext) -> str:
    if not codes:
        return ""
    counted = locale.ngettext(
        "%(num)s person needs help to get out:", "%(num)s people need help to get out:", len(codes)
    )
    return f"{counted} {', '.join(codes)}."


def _missed_text(missed: int, locale: LocaleContext) -> str:
    if not missed:
        return ""
    return locale.ngettext(
        "%(num)s person who was called and did not come has the whole time again to come back.",
        "%(num)s people who were called and did not come have the whole time again to come back.",
        missed,
    )


def _phones_text(evacuated: Mapping[str, Any] | None, locale: LocaleContext) -> str:
    phones = evacuated["phones"] if evacuated else 0
    if not phones:
        return locale.t("Every open page and the screen say so at once.")
    return locale.ngettext(
        "%(num)s phone gets a message. Every open page and the screen say so at once.",
        "%(num)s phones get a message. Every open page and the screen say so at once.",
        phones,
    )
