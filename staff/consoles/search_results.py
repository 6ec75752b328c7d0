"""Whom a host may mean who looks for somebody: rows for the entrance, in words. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from .host import visit_row
from .locale import Reader
from .person import Hall, Ticket, View, Visit, people


def with_turns_of(visits: Iterable[Visit], found: Sequence[Ticket], here: Iterable[Ticket]) -> list[Ticket]:
    """The tickets that were found, and those of the appointments that were found: whoever is here has one."""
    known, meant = {one["id"] for one in found}, {one["appointment"] for one in visits}
    return [*found, *(one for one in here if one["appointment"] in meant and one["id"] not in known)]


def found_view(
    tickets: Sequence[Ticket], visits: Sequence[Visit], hall: Hall, now: datetime, reader: Reader
) -> View:
    """Tickets of today, and appointments that have none."""
    with_ticket = {one["appointment"] for one in tickets}
    without = [one for one in visits if one["appointment"] not in with_ticket]
    return {
        "people": people(tickets, hall, now, reader),
        "visits": [found_visit(one, now, reader) for one in without],
        "text": _count(len(tickets) + len(without), reader),
    }


def _count(count: int, reader: Reader) -> str:
    if not count:
        return reader.t("Nobody found today")
    return reader.ngettext("%(num)s found", "%(num)s found", count)


def found_visit(visit: Visit, now: datetime, reader: Reader) -> View:
    """An appointment, to be checked in here unless it is by video or over."""
    row = visit_row(visit, now, reader)
    is_video = visit["mode"] == "video"
    if is_video:
        row["detail"] = ". ".join((row["detail"], reader.t("By video call")))
    if is_video or visit["state"] != "confirmed":
        row |= {"verdict": None, "may": []}
    return row
