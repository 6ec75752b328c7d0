"""A ticket as the host's console shows it: location, waiting time, allowed actions.

A ticket of the board in, texts out; no SQL.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from ...core.i18n.catalogues import N_
from ...core.i18n.languages import language_name
from ...core.json_types import JsonObject
from ...offices.service import STAFF_NEED_NAMES
from .locale import LocaleContext

TicketJson = Mapping[str, Any]
AppointmentJson = Mapping[str, Any]  # an appointment of the day

PREFERENTIAL = "preferential"

STATE_BADGES: Mapping[str, str] = {
    "waiting": N_("In the queue"),
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
# The host's actions in each state. The queue checks them again.
ACTIONS_BY_STATE: Mapping[str, tuple[str, ...]] = {
    "waiting": ("order", "priority", "leave", "slip"),
    "standby": ("leave", "slip"),
    "called": ("put-back", "no-show", "leave", "slip"),
    "serving": ("transfer", "finish", "slip"),
    "on_hold": ("leave", "slip"),
    "missed": ("order", "end-missed", "leave", "slip"),
}


@dataclass(frozen=True, slots=True)
class BoardIndex:
    """Look-ups for the texts of a ticket: names of desks, and the day's appointments, by id."""

    desk_names: Mapping[str, str]
    appointments: Mapping[str, AppointmentJson]

    @classmethod
    def from_board(cls, board: Mapping[str, Any]) -> BoardIndex:
        return cls(
            {desk["id"]: desk["name"] for desk in board["desks"]},
            {visit["appointment"]: visit for visit in board["agenda"]},
        )

    def needs_for(self, ticket: TicketJson) -> tuple[str, ...]:
        """Return the needs stated with the ticket's appointment."""
        visit = self.appointments.get(ticket["appointment"] or "")
        return tuple(visit["needs"]) if visit else ()


def promise_question(ticket: TicketJson, now: datetime, locale: LocaleContext) -> str:
    """Return the question before a called person is noted as not come; empty after their time."""
    if ticket["state"] != "called":
        return ""
    if ticket["until"] is None:
        return locale.t("Their phone says that there is no hurry. Did they not come?")
    if now >= datetime.fromisoformat(ticket["until"]):
        return ""
    time = locale.clock_time(ticket["until"])
    return locale.t("Their phone says that we wait until %(time)s. Did they not come?", time=time)


def build_person_row(ticket: TicketJson, index: BoardIndex, now: datetime, locale: LocaleContext) -> JsonObject:
    """Build the row of a ticket and the content of its dialog."""
    badge = STATE_BADGES[ticket["state"]]
    return {
        "id": ticket["id"],
        "code": ticket["code"],
        "state": ticket["state"],
        "badge": locale.t(badge),
        "name": ticket.get("name") or locale.t("No name given"),
        "title": describe_arrival(ticket, locale),
        "service": locale.service_names(ticket),
        "service_label": locale.services_label(ticket),
        "language": language_name(ticket["language"], locale.language),
        "where": describe_location(ticket, index, locale),
        "arrived": locale.clock_time(ticket["arrived_at"]),
        "waited": format_waiting_time(ticket, now, locale),
        "marks": ", ".join(person_marks(ticket, index, locale)),
        "may": allowed_actions(ticket),
        "promise": promise_question(ticket, now, locale),
        "notes": locale.note_rows(ticket["notes"]),
    }


def describe_arrival(ticket: TicketJson, locale: LocaleContext) -> str:
    """Describe how the citizen came: with an appointment and its time, or without appointment."""
    if ticket["told_at"]:
        return locale.t(
            "Appointment at %(time)s, told to come at %(told)s",
            time=locale.clock_time(ticket["appointment_at"]),
            told=locale.clock_time(ticket["told_at"]),
        )
    if ticket["appointment_at"]:
        return locale.t("Appointment at %(time)s", time=locale.clock_time(ticket["appointment_at"]))
    return locale.t("Without appointment")


def describe_location(ticket: TicketJson, index: BoardIndex, locale: LocaleContext) -> str:
    """Describe where the citizen is, or when the ticket is called."""
    desk = index.desk_names.get(ticket["desk"] or ticket["returns_to"] or "", "")
    state = ticket["state"]
    since, until = (
        locale.clock_time(ticket["since"]),
        locale.clock_time(ticket["until"]) if ticket["until"] else "",
    )
    if state == "called":
        return locale.t("Called to desk %(desk)s at %(time)s", desk=desk, time=since)
    if state == "serving":
        return locale.t("At desk %(desk)s since %(time)s", desk=desk, time=since)
    if state == "on_hold":
        return _on_hold_text(desk, until, locale)
    if state == "missed" and not ticket["can_rejoin"]:
        return locale.t("Has already rejoined the queue once")
    if state == "missed":
        return locale.t("Can rejoin the queue until %(time)s", time=until)
    if state == "standby":
        return locale.t("Gets a ticket if someone does not come")
    return (
        locale.t("Asked for time until %(time)s.", time=until)
        if until
        else format_call_range(ticket["eta"], locale)
    )


def format_call_range(eta: Mapping[str, str] | None, locale: LocaleContext) -> str:
    """Format the forecast range of the call; empty without a forecast."""
    if eta is None:
        return ""
    start, end = (locale.clock_time(eta[name]) for name in ("earliest", "latest"))
    return locale.t("Between %(start)s and %(end)s", start=start, end=end)


def _on_hold_text(desk: str, until: str, locale: LocaleContext) -> str:
    if desk and until:
        return locale.t("Comes back to desk %(desk)s at %(time)s", desk=desk, time=until)
    return locale.t("comes back at %(time)s", time=until) if until else ""


def format_waiting_time(ticket: TicketJson, now: datetime, locale: LocaleContext) -> str:
    """Format how long a waiting citizen has been here; empty for other states."""
    if ticket["state"] not in ("waiting", "standby", "on_hold"):
        return ""
    passed = now - datetime.fromisoformat(ticket["arrived_at"])
    return locale.ngettext("%(num)s min", "%(num)s min", max(0, int(passed.total_seconds() // 60)))


def person_marks(ticket: TicketJson, index: BoardIndex, locale: LocaleContext) -> list[str]:
    """List the marks of a ticket: help, priority, needs."""
    marks = [locale.t("Asks for help")] if ticket["help"] else []
    if ticket["priority"] == PREFERENTIAL:
        marks.append(locale.t("Priority attention"))
    elif ticket["preferential_requested"]:
        marks.append(locale.t("Asks for priority"))
    marks += (locale.t(STAFF_NEED_NAMES.get(need, need)) for need in index.needs_for(ticket))
    return marks


def allowed_actions(ticket: TicketJson) -> list[str]:
    """List the actions of the dialog, as values of its `data-may`."""
    allowed = [action for action in ACTIONS_BY_STATE.get(ticket["state"], ()) if action != "priority"]
    if "priority" in ACTIONS_BY_STATE.get(ticket["state"], ()):
        allowed.append("normal" if ticket["priority"] == PREFERENTIAL else "preferential")
        if has_open_priority_request(ticket):
            allowed.append("deny")
    return allowed + (["helped"] if ticket["help"] else [])


def has_open_priority_request(ticket: TicketJson) -> bool:
    """Whether the citizen requested priority and the host has not decided yet."""
    return bool(ticket["preferential_requested"]) and ticket["priority"] != PREFERENTIAL


def has_lost_appointment_place(ticket: TicketJson, locale: LocaleContext) -> bool:
    """Whether a waiting ticket lost its appointment by lateness and has not been placed."""
    if ticket["state"] != "waiting" or not ticket["appointment_at"] or ticket["placed_at"]:
        return False
    late = lateness(ticket["told_at"] or ticket["appointment_at"], ticket["arrived_at"])
    return late >= locale.line_settings(ticket["line"]).late_until


def lateness(due: str, came: str) -> timedelta:
    """Return how long after the appointment's time the citizen came."""
    return datetime.fromisoformat(came) - datetime.fromisoformat(due)


def build_person_rows(
    tickets: Iterable[TicketJson], index: BoardIndex, now: datetime, locale: LocaleContext
) -> list[JsonObject]:
    """Build the rows of tickets, in their order."""
    return [build_person_row(ticket, index, now, locale) for ticket in tickets]
