"""Search results of the host's console. Board in, texts out; no SQL."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from ...core.json_types import JsonObject
from .host import build_appointment_row
from .locale import LocaleContext
from .person import AppointmentJson, BoardIndex, TicketJson, build_person_rows


def add_tickets_of_appointments(
    visits: Iterable[AppointmentJson], found: Sequence[TicketJson], active_tickets: Iterable[TicketJson]
) -> list[TicketJson]:
    """Add the tickets of found appointments to the found tickets, each once."""
    known, meant = {one["id"] for one in found}, {one["appointment"] for one in visits}
    return [*found, *(one for one in active_tickets if one["appointment"] in meant and one["id"] not in known)]


def build_search_results(
    tickets: Sequence[TicketJson],
    visits: Sequence[AppointmentJson],
    index: BoardIndex,
    now: datetime,
    reader: LocaleContext,
) -> JsonObject:
    """Build rows for today's tickets and for appointments without a ticket."""
    with_ticket = {one["appointment"] for one in tickets}
    without = [one for one in visits if one["appointment"] not in with_ticket]
    return {
        "people": build_person_rows(tickets, index, now, reader),
        "visits": [build_found_appointment(one, now, reader) for one in without],
        "text": _result_count_text(len(tickets) + len(without), reader),
    }


def _result_count_text(count: int, reader: LocaleContext) -> str:
    if not count:
        return reader.t("Nobody found today")
    return reader.ngettext("%(num)s found", "%(num)s found", count)


def build_found_appointment(visit: AppointmentJson, now: datetime, reader: LocaleContext) -> JsonObject:
    """Build the row of a found appointment, with check-in unless it is by video or over."""
    row = build_appointment_row(visit, now, reader)
    is_video = visit["mode"] == "video"
    if is_video:
        row["detail"] = ". ".join((row["detail"], reader.t("By video call")))
    if is_video or visit["state"] != "confirmed":
        row |= {"verdict": None, "may": []}
    return row
