"""Today's appointments by telephone as consoles show them. Board in, texts out; no SQL."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from ...core.contact.phone_numbers import group_number
from ...core.i18n.catalogues import N_
from ...core.i18n.languages import language_name
from ...core.json_types import JsonObject
from .locale import LocaleContext

SERVED = N_("The call is over")
NO_SHOW = N_("Not reached")
OVER_STATES = frozenset({"served", "no_show"})


def build_phone_appointments(day: Iterable[Mapping[str, Any]], now: datetime, locale: LocaleContext) -> JsonObject:
    """Build the rows of today's appointments by telephone, and the number still to be called.

    Calls that are over come last.
    """
    appointments = sorted(day, key=lambda appointment: appointment["state"] in OVER_STATES)
    left = sum(appointment["state"] == "confirmed" for appointment in appointments)
    return {
        "count": locale.ngettext("%(num)s to call", "%(num)s to call", left) if appointments else "",
        "rows": [_phone_row(appointment, now, locale) for appointment in appointments],
    }


def _phone_row(appointment: Mapping[str, Any], now: datetime, locale: LocaleContext) -> JsonObject:
    is_over = appointment["state"] in OVER_STATES
    number = appointment["phone"]
    return {
        "id": appointment["appointment"],
        "time": locale.clock_time(appointment["starts_at"]),
        "name": appointment["name"],
        "detail": _detail_text(appointment, locale),
        "notes": locale.notes_text(appointment["notes"]),
        "number": {"href": f"tel:{number}", "text": group_number(number)} if number and not is_over else None,
        "enter": _call_link(appointment, now, locale),
    }


def _detail_text(appointment: Mapping[str, Any], locale: LocaleContext) -> str:
    language = language_name(appointment["language"], locale.language)
    told = appointment["told_at"]
    late = [locale.t("Told to expect the call at %(time)s", time=locale.clock_time(told))] if told else []
    parts = [
        _state_text(appointment, locale),
        locale.service_names(appointment),
        language,
        *late,
        *locale.facts(appointment),
    ]
    return ". ".join(part for part in parts if part)


def _state_text(appointment: Mapping[str, Any], locale: LocaleContext) -> str:
    call, attempts = appointment["call"], appointment["attempts"]
    if call is not None:
        return locale.t("In a call since %(time)s", time=locale.clock_time(call["since"]))
    if appointment["state"] == "served":
        return locale.t(SERVED)
    if appointment["state"] == "no_show":
        return locale.t(NO_SHOW)
    if attempts:
        return locale.ngettext(
            "Called %(num)s time without an answer", "Called %(num)s times without an answer", attempts
        )
    return ""


def _call_link(appointment: Mapping[str, Any], now: datetime, locale: LocaleContext) -> JsonObject | None:
    """Build the link to the page of the call; None while it is too early, and when it is over."""
    if appointment["call"] is not None:
        text = locale.t("Go to the call")
    elif appointment["state"] in OVER_STATES or now < datetime.fromisoformat(appointment["call_opens_at"]):
        return None
    else:
        text = locale.t("Call again") if appointment["attempts"] else locale.t("Call")
    return {"href": f"/staff/calls/{appointment['appointment']}", "text": text}
