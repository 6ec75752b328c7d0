"""What the console of the entrance shows, in the reader's language: the board of the office as its host needs it.

Pure: board in, words out. The page paints it first, and every frame of `/ws/staff` carries it anew, so that
the browser only fills slots and knows no rule.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from ...core.i18n.catalogues import N_
from ...offices.service import Service
from .locale import BADGES, NEEDS, Reader
from .person import (
    LATE_UNTIL,
    Hall,
    Ticket,
    View,
    Visit,
    asks_for_priority,
    between,
    came_too_late,
    delay,
    people,
    person,
)

Board = Mapping[str, Any]

SHOWN_IN_LINE = 40  # of one line; whoever stands behind them is found by searching
SOON = timedelta(minutes=60)  # whose appointment is nearer than this may be at the door
LATE_FROM = timedelta(minutes=10)  # until then somebody is in time (design: "Who is next")
LONG_AT_DESK = 3  # times the usual length: then a desk may have been left alone

KEYS = 9  # a digit for each of the first services

CALLED_AS = {"calling": "called"}
GROUPS: Sequence[tuple[str, tuple[str, ...], str]] = (
    ("desk", ("called", "serving"), N_("At the desks")),
    ("held", ("on_hold",), N_("On hold")),
    ("missed", ("missed",), N_("Did not answer")),
    ("standby", ("standby",), N_("In reserve")),
)


def host_view(board: Board, now: datetime, reader: Reader) -> View:
    """All that the entrance shows."""
    hall = Hall.of(board)
    groups = [*_lines_of_people(board, hall, now, reader), *_other_groups(board, hall, now, reader)]
    return {
        "paused": board["paused"],
        "pause_text": board["pause_message"] or "",
        "needs": needs(board, hall, now, reader),
        "coming": coming(board["agenda"], now, reader),
        "groups": groups,
        "room_empty": not groups,
        "lines": [line_row(one, board, reader) for one in _walk_in_lines(board, reader)],
        "services": [
            service_row(one, place, board, reader)
            for place, one in enumerate(reader.office.services_for("in_person"), 1)
        ],
        "desks": [desk_row(one, board, now, reader) for one in board["desks"] if one["state"] != "closed"],
        "closed_text": _closed_desks(board, reader),
        "summary": _summary(board, reader),
    }


def _summary(board: Board, reader: Reader) -> str:
    waiting = sum(line["waiting"] for line in board["lines"])
    open_desks = sum(desk["state"] != "closed" for desk in board["desks"])
    return " · ".join(
        (
            reader.ngettext("%(num)s waiting", "%(num)s waiting", waiting),
            reader.ngettext("%(num)s desk open", "%(num)s desks open", open_desks),
        )
    )


# Who needs the host now


def needs(board: Board, hall: Hall, now: datetime, reader: Reader) -> list[View]:
    """Who waits for something that only the host does, the most pressing first."""
    rows = []
    for ticket in board["tickets"]:
        for kind, text, detail in _asks(ticket, hall, reader):
            shown = person(ticket, hall, now, reader)
            rows.append({**shown, "id": f"{kind}:{ticket['id']}", "ticket": ticket["id"], "kind": kind})
            rows[-1] |= {"text": text, "detail": ". ".join(part for part in (detail, shown["name"]) if part)}
    order = ("help", "accompany", "late", "priority")
    return sorted(rows, key=lambda row: order.index(row["kind"]))


def _asks(ticket: Ticket, hall: Hall, reader: Reader) -> Iterable[tuple[str, str, str]]:
    if ticket["help"]:
        yield "help", reader.t("Asks for help in the waiting room."), _needs_text(hall.needs(ticket), reader)
    if ticket["state"] == "called" and hall.needs(ticket):
        desk = hall.desks.get(ticket["desk"] or "", "")
        yield (
            "accompany",
            reader.t("Go with them to desk %(desk)s.", desk=desk),
            _needs_text(hall.needs(ticket), reader),
        )
    if came_too_late(ticket):
        due = ticket["told_at"] or ticket["appointment_at"]
        minutes = int(delay(due, ticket["arrived_at"]).total_seconds() // 60)
        yield (
            "late",
            reader.t("Came %(minutes)s min late: you decide the place.", minutes=minutes),
            reader.t("Appointment at %(time)s", time=reader.time(ticket["appointment_at"])),
        )
    if ticket["state"] == "waiting" and asks_for_priority(ticket):
        yield (
            "priority",
            reader.t("Asks for priority attention."),
            reader.t("Came at %(time)s", time=reader.time(ticket["arrived_at"])),
        )


def _needs_text(asked: Iterable[str], reader: Reader) -> str:
    return ". ".join(reader.t(NEEDS.get(need, need)) for need in asked)


# Appointments whose people are not here


def coming(agenda: Iterable[Visit], now: datetime, reader: Reader) -> View:
    """Today's appointments in person that nobody has come for: those of this hour, and the rest of the day."""
    absent = [one for one in agenda if one["state"] == "confirmed"]
    near = [one for one in absent if datetime.fromisoformat(one["starts_at"]) < now + SOON]
    later = [one for one in absent if one not in near]
    return {
        "near": [visit_row(one, now, reader) for one in near],
        "later": [visit_row(one, now, reader) for one in later],
        "later_title": reader.ngettext(
            "Later today: %(num)s appointment", "Later today: %(num)s appointments", len(later)
        ),
        "empty_text": _next_visit(later, reader),
    }


def _next_visit(later: Sequence[Visit], reader: Reader) -> str:
    if not later:
        return reader.t("No more appointments today.")
    return reader.t("The next appointment is at %(time)s.", time=reader.time(later[0]["starts_at"]))


def visit_row(visit: Visit, now: datetime, reader: Reader) -> View:
    """One appointment, with its verdict once it is late."""
    asked = [reader.t(NEEDS.get(need, need)) for need in visit["needs"]]
    told = [reader.t("Told to come at %(time)s", time=reader.time(visit["told_at"]))] if visit["told_at"] else []
    return {
        "id": visit["appointment"],
        "time": reader.time(visit["starts_at"]),
        "name": visit["name"],
        "detail": ". ".join([reader.titles(visit), *told, *asked]),
        "verdict": _lateness(now - datetime.fromisoformat(visit["told_at"] or visit["starts_at"]), reader),
        "may": ["check-in"],
    }


def _lateness(late: timedelta, reader: Reader) -> View | None:
    minutes = int(late.total_seconds() // 60)
    if late < LATE_FROM:
        return None
    text = reader.t("%(minutes)s min late", minutes=minutes)
    return {"value": "amber" if late < LATE_UNTIL else "red", "text": text}


# Everybody in the office


def _lines_of_people(board: Board, hall: Hall, now: datetime, reader: Reader) -> list[View]:
    """Who waits, by line, in the order of calls."""
    tickets = {one["id"]: one for one in board["tickets"]}
    found = []
    for line in board["lines"]:
        order = [tickets[one] for one in line["order"] if one in tickets]
        if order:
            count = reader.ngettext("%(num)s waiting", "%(num)s waiting", len(order))
            shown = order[:SHOWN_IN_LINE]
            group = _group(f"line:{line['slug']}", line["name"], count, people(shown, hall, now, reader))
            found.append({**group, "letter": line["letter"], "more": _more(len(order) - len(shown), reader)})
    return found


def _more(count: int, reader: Reader) -> str:
    if not count:
        return ""
    return reader.ngettext(
        "And %(num)s person more: search by code or name.", "And %(num)s more: search by code or name.", count
    )


def _other_groups(board: Board, hall: Hall, now: datetime, reader: Reader) -> list[View]:
    found = []
    for group_id, states, name in GROUPS:
        here = [one for one in board["tickets"] if one["state"] in states]
        if here:
            here.sort(key=lambda one: datetime.fromisoformat(one["since"]))
            rows = people(here, hall, now, reader)
            found.append(_group(group_id, reader.t(name), str(len(here)), rows))
    return found


def _group(group_id: str, name: str, count: str, rows: list[View]) -> View:
    return {"id": group_id, "letter": "", "group": name, "count": count, "people": rows, "more": ""}


# Lines, services and desks


def line_row(line: Mapping[str, Any], board: Board, reader: Reader) -> View:
    """A line with its state, and what can be done with it: stop it for people without appointment, or open it."""
    desks = sum(desk["state"] != "closed" and line["slug"] in desk["lines"] for desk in board["desks"])
    return {
        "id": line["id"],
        "letter": line["letter"],
        "name": line["name"],
        "text": _stopped(line, reader) or _waits(line["waiting"], reader),
        "desks": reader.ngettext("%(num)s desk", "%(num)s desks", desks),
        "stopped": line["stopped"],
    }


def _waits(count: int, reader: Reader) -> str:
    return reader.ngettext("%(num)s waiting", "%(num)s waiting", count) if count else reader.t("Nobody waiting")


def _stopped(line: Mapping[str, Any], reader: Reader) -> str:
    if not line["stopped"]:
        return ""
    reason = line["stop_reason"]
    return reader.t("Stopped: %(reason)s", reason=reason) if reason else reader.t("Stopped")


def _walk_in_lines(board: Board, reader: Reader) -> list[Mapping[str, Any]]:
    """The lines of services for which one needs no appointment."""
    walk_in = {one.line_id for one in reader.office.services_for("in_person") if one.walk_in}
    return [line for line in board["lines"] if line["id"] in walk_in]


def service_row(service: Service, place: int, board: Board, reader: Reader) -> View:
    """A service for which a turn can be given at the entrance, with the wait of its line and its key."""
    line = next(one for one in board["lines"] if one["id"] == service.line_id)
    return {
        "id": service.slug,
        "key": str(place) if place <= KEYS else "",
        "letter": line["letter"],
        "name": service.name(reader.language),
        "text": _not_given(service, board, reader) or _stopped(line, reader) or _called_between(line, reader),
    }


def _not_given(service: Service, board: Board, reader: Reader) -> str:
    """Why nobody without an appointment would get a turn, whatever the line; empty when they would."""
    if board["paused"]:
        return reader.t("The office is paused")
    return "" if service.walk_in else reader.t("Only with an appointment")


def _called_between(line: Mapping[str, Any], reader: Reader) -> str:
    """When somebody who takes a turn now would be called."""
    return between(line["eta"], reader) or reader.t("No desk is open yet")


def _closed_desks(board: Board, reader: Reader) -> str:
    closed = [desk["name"] for desk in board["desks"] if desk["state"] == "closed"]
    if not closed:
        return ""
    return reader.t("Closed: %(desks)s", desks=", ".join(closed))


def desk_row(desk: Mapping[str, Any], board: Board, now: datetime, reader: Reader) -> View:
    """A desk: who sits there, whom they attend, and whether it has been left alone for too long."""
    state = CALLED_AS.get(desk["state"], desk["state"])
    ticket = next((one for one in board["tickets"] if desk["ticket"] and one["id"] == desk["ticket"]["id"]), None)
    return {
        "id": desk["id"],
        "name": reader.t("Desk %(name)s", name=desk["name"]),
        "state": state,
        "badge": reader.t(BADGES[state]),
        "agent": desk["agent"] or "",
        "ticket": ticket["id"] if ticket else "",
        "code": ticket["code"] if ticket else "",
        "since": reader.t("since %(time)s", time=reader.time(ticket["since"])) if ticket else "",
        "verdict": _long_at_desk(ticket, now, reader) if ticket else None,
    }


def _long_at_desk(ticket: Ticket, now: datetime, reader: Reader) -> View | None:
    usual = timedelta(minutes=reader.minutes(ticket))
    there = now - datetime.fromisoformat(ticket["since"])
    if there < LONG_AT_DESK * usual:
        return None
    return {"value": "amber", "text": reader.t("%(minutes)s min", minutes=int(there.total_seconds() // 60))}
