"""Search results of the host's console. Board in, texts out; no SQL."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from ...core.i18n.catalogues import N_
from ...core.json_types import JsonObject
from .host import build_appointment_row
from .locale import LocaleContext
from .person import AppointmentJson, BoardIndex, TicketJson, build_person_rows

REMOTE_MODES = {"video": N_("By video call"), "phone": N_("By telephone")}


def add_tickets_of_appointments(
    visits: Iterable[AppointmentJson], found: Sequence[TicketJson], active_tickets: Iterable[TicketJson]
) -> list[TicketJson]:
    """Add the tickets of found appointments to the found tickets, each once."""
    ticket_ids, appointment_ids = {ticket["id"] for ticket in found}, {visit["appointment"] for visit in visits}
    return [
        *found,
        *(
            ticket
            for ticket in active_tickets
            if ticket["appointment"] in appointment_ids and ticket["id"] not in ticket_ids
        ),
    ]


def build_search_results(
    tickets: Sequence[TicketJson],
    visits: Sequence[AppointmentJson],
    index: BoardIndex,
    now: datetime,
    locale: LocaleContext,
) -> JsonObject:
    """Build rows for today's tickets and for appointments without a ticket."""
    with_ticket = {ticket["appointment"] for ticket in tickets}
    without_ticket = [visit for visit in visits if visit["appointment"] not in with_ticket]
    return {
        "people": build_person_rows(tickets, index, now, locale),
        "visits": [build_found_appointment(visit, now, locale) for visit in without_ticket],
        "text": _result_count_text(len(tickets) + len(without_ticket), locale),
    }


def _result_count_text(count: int, locale: LocaleContext) -> str:
    if not count:
        return locale.t("Nobody found today")
    return locale.ngettext("%(num)s found", "%(num)s found", count)


def build_found_appointment(visit: AppointmentJson, now: datetime, locale: LocaleContext) -> JsonObject:
    """Build the row of a found appointment, with check-in if it is in person and not over."""
    row = build_appointment_row(visit, now, locale)
    remote = REMOTE_MODES.get(visit["mode"])
    if remote is not None:
        row["detail"] = ". ".join((row["detail"], locale.t(remote)))
    if remote is not None or visit["state"] != "confirmed":
        row |= {"verdict": None, "may": []}
    return row
