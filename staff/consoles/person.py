"""One person in the office as the entrance sees them: where they are, since when, and what the host may do.

Pure: a ticket of the board in, words out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from ...core.i18n.catalogues import N_
from .locale import LANGUAGES, NEEDS, Reader

Ticket = Mapping[str, Any]
Visit = Mapping[str, Any]  # an appointment of the day
View = dict[str, Any]

# Later than this after its time an appointment has lost its place: the host decides (design: "Who is next").
LATE_UNTIL = timedelta(minutes=30)
PREFERENTIAL = "preferential"

STATES: Mapping[str, str] = {
    "waiting": N_("In the line"),
    "standby": N_("In reserve"),
    "called": N_("Called"),
    "serving": N_("At a desk"),
    "on_hold": N_("On hold"),
    "missed": N_("Did not answer"),
    "finished": N_("Served"),
    "no_show": N_("Did not come"),
    "left": N_("Has left"),
    "expired": N_("Day over"),
}
# What a host may do in each state; the queue itself has the last word.
MAY: Mapping[str, tuple[str, ...]] = {
    "waiting": ("order", "priority", "leave", "slip"),
    "standby": ("leave", "slip"),
    "called": ("put-back", "no-show", "leave", "slip"),
    "serving": ("transfer", "finish", "slip"),
    "on_hold": ("leave", "slip"),
    "missed": ("order", "no-show", "leave", "slip"),
}


@dataclass(frozen=True, slots=True)
class Hall:
    """What a ticket's words need beside it: names of desks by id, and the day's appointments by id."""

    desks: Mapping[str, str]
    visits: Mapping[str, Visit]

    @classmethod
    def of(cls, board: Mapping[str, Any]) -> Hall:
        return cls(
            {desk["id"]: desk["name"] for desk in board["desks"]},
            {one["appointment"]: one for one in board["agenda"]},
        )

    def needs(self, ticket: Ticket) -> tuple[str, ...]:
        """What was asked for with the appointment."""
        visit = self.visit(ticket)
        return tuple(visit["needs"]) if visit else ()

    def visit(self, ticket: Ticket) -> Mapping[str, Any] | None:
        """The appointment with which somebody came."""
        return self.visits.get(ticket["appointment"] or "")


def person(ticket: Ticket, hall: Hall, now: datetime, reader: Reader) -> View:
    """One row of the room, and all that its card shows."""
    badge = STATES[ticket["state"]]
    return {
        "id": ticket["id"],
        "code": ticket["code"],
        "state": ticket["state"],
        "badge": reader.t(badge),
        "name": ticket.get("name") or reader.t("No name given"),
        "title": title(ticket, reader),
        "service": reader.titles(ticket),
        "service_label": reader.label(ticket),
        "language": reader.t(LANGUAGES.get(ticket["language"], ticket["language"])),
        "where": where(ticket, hall, reader),
        "arrived": reader.time(ticket["arrived_at"]),
        "waited": waited(ticket, now, reader),
        "marks": ", ".join(marks(ticket, hall, reader)),
        "may": may(ticket),
    }


def title(ticket: Ticket, reader: Reader) -> str:
    """How somebody came: with which appointment, or without one."""
    if ticket["told_at"]:
        return reader.t(
            "Appointment at %(time)s, told to come at %(told)s",
            time=reader.time(ticket["appointment_at"]),
            told=reader.time(ticket["told_at"]),
        )
    if ticket["appointment_at"]:
        return reader.t("Appointment at %(time)s", time=reader.time(ticket["appointment_at"]))
    return reader.t("Without appointment")


def where(ticket: Ticket, hall: Hall, reader: Reader) -> str:
    """Where they are now, or when they are called, as a sentence."""
    desk = hall.desks.get(ticket["desk"] or ticket["returns_to"] or "", "")
    state = ticket["state"]
    since, until = reader.time(ticket["since"]), reader.time(ticket["until"]) if ticket["until"] else ""
    if state == "called":
        return reader.t("Called to desk %(desk)s at %(time)s", desk=desk, time=since)
    if state == "serving":
        return reader.t("At desk %(desk)s since %(time)s", desk=desk, time=since)
    if state == "on_hold":
        return _held(desk, until, reader)
    if state == "missed":
        return reader.t("Can come back to the line until %(time)s", time=until)
    if state == "standby":
        return reader.t("Gets a turn if somebody does not come")
    return reader.t("Asked for time until %(time)s.", time=until) if until else between(ticket["eta"], reader)


def between(eta: Mapping[str, str] | None, reader: Reader) -> str:
    """The clock times between which somebody is called; empty while nobody can say."""
    if eta is None:
        return ""
    start, end = (reader.time(eta[name]) for name in ("earliest", "latest"))
    return reader.t("Between %(start)s and %(end)s", start=start, end=end)


def _held(desk: str, until: str, reader: Reader) -> str:
    if desk and until:
        return reader.t("Comes back to desk %(desk)s at %(time)s", desk=desk, time=until)
    return reader.t("comes back at %(time)s", time=until) if until else ""


def waited(ticket: Ticket, now: datetime, reader: Reader) -> str:
    """How long they have been here; for whoever still waits."""
    if ticket["state"] not in ("waiting", "standby", "on_hold"):
        return ""
    passed = now - datetime.fromisoformat(ticket["arrived_at"])
    return reader.ngettext("%(num)s min", "%(num)s min", max(0, int(passed.total_seconds() // 60)))


def marks(ticket: Ticket, hall: Hall, reader: Reader) -> list[str]:
    """What a colleague should know at a glance."""
    found = [reader.t("Asks for help")] if ticket["help"] else []
    if ticket["priority"] == PREFERENTIAL:
        found.append(reader.t("Priority attention"))
    elif ticket["preferential_requested"]:
        found.append(reader.t("Asks for priority"))
    found += (reader.t(NEEDS.get(need, need)) for need in hall.needs(ticket))
    return found


def may(ticket: Ticket) -> list[str]:
    """The actions of the card, in the words of its `data-may`."""
    allowed = [one for one in MAY.get(ticket["state"], ()) if one != "priority"]
    if "priority" in MAY.get(ticket["state"], ()):
        allowed.append("normal" if ticket["priority"] == PREFERENTIAL else "preferential")
        if asks_for_priority(ticket):
            allowed.append("deny")
    return allowed + (["helped"] if ticket["help"] else [])


def asks_for_priority(ticket: Ticket) -> bool:
    """Whether a preferential turn was asked for that nobody has looked at."""
    return bool(ticket["preferential_requested"]) and ticket["priority"] != PREFERENTIAL


def came_too_late(ticket: Ticket) -> bool:
    """Whether somebody waits whose appointment had lost its place, and whom nobody has put in order."""
    if ticket["state"] != "waiting" or not ticket["appointment_at"] or ticket["placed_at"]:
        return False
    return delay(ticket["told_at"] or ticket["appointment_at"], ticket["arrived_at"]) >= LATE_UNTIL


def delay(due: str, came: str) -> timedelta:
    """How long after its time somebody came."""
    return datetime.fromisoformat(came) - datetime.fromisoformat(due)


def people(tickets: Iterable[Ticket], hall: Hall, now: datetime, reader: Reader) -> list[View]:
    """These tickets as rows, in their order."""
    return [person(one, hall, now, reader) for one in tickets]
