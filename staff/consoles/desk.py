"""View of an agent's console: the board of the office reduced to one desk.

Board in, texts out; no SQL.

The page renders it first, and each frame of `/ws/staff` carries it again. The browser only fills slots.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from ...core.i18n.catalogues import N_
from ...core.json_types import JsonObject
from .locale import DESK_BADGES, LANGUAGE_NAMES, NEED_LABELS, LocaleContext
from .video_appointments import build_video_appointments

BoardJson = Mapping[str, Any]

OUTCOMES: tuple[tuple[str, str], ...] = (
    ("resolved", N_("Resolved")),
    ("documents_missing", N_("Documents are missing")),
    ("referred", N_("Referred to another service")),
)
CALL_REASONS: Mapping[str, str] = {
    "returned": N_("Comes back to this desk."),
    "host": N_("Put first by the host."),
    "longest_wait": N_("Has waited for a long time."),
    "appointment_due": N_("Came in time: appointments go first."),
    "late_appointment": N_("Came late to the appointment."),
    "preferential": N_("Confirmed at the entrance."),
    "arrival": N_("Next by time of arrival."),
    "early_appointment": N_("Has come early."),
}
_TICKET_STATE_BY_DESK_STATE = {"calling": "called"}


def build_desk_console(board: BoardJson, agent_id: str, now: datetime, reader: LocaleContext) -> JsonObject:
    """Build the view of one agent's console."""
    return {
        "mine": build_agent_desk(board, agent_id, now, reader),
        "video": build_video_appointments(board["video"], now, reader),
    }


# One desk


def find_agent_desk(board: BoardJson, agent_id: str) -> Mapping[str, Any] | None:
    """Find the desk of this agent; None if the agent has none."""
    return next((desk for desk in board["desks"] if desk["agent_id"] == agent_id), None)


def build_agent_desk(board: BoardJson, agent_id: str, now: datetime, reader: LocaleContext) -> JsonObject:
    """Build the tickets of an agent's desk: current, next, on hold; `closed` without a desk."""
    desk = find_agent_desk(board, agent_id)
    if desk is None:
        return _closed_desk(reader)
    tickets = {ticket["id"]: ticket for ticket in board["tickets"]}
    current = tickets.get(desk["ticket"]["id"]) if desk["ticket"] else None
    following = [one for one in desk["next"] if tickets[one["id"]]["state"] == "waiting"]
    callable_now = [one["code"] for one in desk["next"] if _is_callable(tickets[one["id"]], now)]
    return {
        "desk_id": desk["id"],
        "desk": desk["name"],
        **_current_ticket_fields(desk, current, _find_appointment(current, board), reader),
        "finish_label": _finish_label(callable_now, reader),
        "hint": _desk_hint(board, current, callable_now, reader),
        "waiting": _waiting_count_text(board, desk, reader),
        "next": [_next_ticket_row(tickets[one["id"]], one["why"], desk, board, reader) for one in following],
        "held": [_on_hold_row(one, reader) for one in _tickets_on_hold(desk, tickets.values())],
        "colleagues": [_colleague_row(one, tickets, reader) for one in board["desks"] if _is_colleague(one, desk)],
        "pause_text": _pause_text(board, reader),
        "stopped_text": _stopped_lines_text(board, desk, reader),
        "empty_text": _next_appointment_text(board, desk, reader),
    }


def _closed_desk(reader: LocaleContext) -> JsonObject:
    return {
        "desk_id": "",
        "desk": "",
        **_empty_desk_fields("closed", reader),
        "finish_label": reader.t("Finish"),
        "hint": reader.t("It was closed here, in another window or by your host."),
        "waiting": "",
        "next": [],
        "held": [],
        "colleagues": [],
        "pause_text": "",
        "stopped_text": "",
        "empty_text": "",
    }


def _find_appointment(ticket: Mapping[str, Any] | None, board: BoardJson) -> Mapping[str, Any] | None:
    """Find the appointment of the ticket at the desk."""
    if ticket is None:
        return None
    return next((one for one in board["agenda"] if one["appointment"] == ticket["appointment"]), None)


def _current_ticket_fields(
    desk: Mapping[str, Any],
    ticket: Mapping[str, Any] | None,
    visit: Mapping[str, Any] | None,
    reader: LocaleContext,
) -> JsonObject:
    state = _TICKET_STATE_BY_DESK_STATE.get(desk["state"], desk["state"])
    if ticket is None:
        return _empty_desk_fields(state, reader)
    minutes, needs = reader.usual_minutes(ticket), visit["needs"] if visit else ()
    return {
        "state": state,
        "badge": reader.t(DESK_BADGES[state]),
        "headline": "",
        "ticket_id": ticket["id"],
        "code": ticket["code"],
        "since": ticket["since"],
        "minutes": minutes,
        "service": reader.service_names(ticket),
        "service_label": reader.services_label(ticket),
        "person": ticket.get("name") or "",
        "kind": _ticket_title(ticket, reader),
        "language": reader.t(LANGUAGE_NAMES.get(ticket["language"], ticket["language"])),
        "needs": ". ".join(reader.t(NEED_LABELS.get(need, need)) for need in needs),
        "pace": _format_pace(ticket, minutes, reader),
        "help": reader.t("Asks for help in the waiting room.") if ticket["help"] else "",
    }


def _empty_desk_fields(state: str, reader: LocaleContext) -> JsonObject:
    headlines = {"closed": N_("This desk is closed"), "free": N_("The desk is free")}
    blank = ("ticket_id", "code", "since", "service", "person", "kind", "language", "needs", "pace", "help")
    return {
        "state": state,
        "badge": reader.t(DESK_BADGES[state]),
        "headline": reader.t(headlines[state]),
        "minutes": 0,
        "service_label": reader.t("Service"),
        **dict.fromkeys(blank, ""),
    }


def _format_pace(ticket: Mapping[str, Any], minutes: int, reader: LocaleContext) -> str:
    usual = reader.ngettext("Usually takes %(num)s minute.", "Usually takes %(num)s minutes.", minutes)
    if ticket["more_services"]:
        usual = reader.t("All of it usually takes %(num)s minutes.", num=minutes)
    if ticket["called_at"] is None:
        return usual
    waited = datetime.fromisoformat(ticket["called_at"]) - datetime.fromisoformat(ticket["arrived_at"])
    whole = max(0, int(waited.total_seconds() // 60))
    before = reader.ngettext("Waited %(num)s minute.", "Waited %(num)s minutes.", whole)
    return f"{usual} {before}"


def _is_callable(ticket: Mapping[str, Any], now: datetime) -> bool:
    """Whether the ticket can be called: not on hold, and not postponed."""
    until = ticket["until"]
    return until is None or datetime.fromisoformat(until) <= now


def _finish_label(codes: Sequence[str], reader: LocaleContext) -> str:
    return reader.t("Finish and call %(code)s", code=codes[0]) if codes else reader.t("Finish")


def _desk_hint(
    board: BoardJson, current: Mapping[str, Any] | None, codes: Sequence[str], reader: LocaleContext
) -> str:
    if current is not None:
        return _call_hint(current, reader)
    if board["paused"]:
        return reader.t("The office is paused. Nobody is called until it goes on.")
    return reader.t("Next is %(code)s.", code=codes[0]) if codes else reader.t("Nobody can be called now.")


def _call_hint(ticket: Mapping[str, Any], reader: LocaleContext) -> str:
    if ticket["state"] != "called":
        return ""
    called = reader.t("Called at %(time)s.", time=reader.clock_time(ticket["called_at"]))
    again = reader.ngettext("Called again %(num)s time.", "Called again %(num)s times.", ticket["recalls"])
    until = ticket["until"]
    waits = reader.t("We wait until %(time)s.", time=reader.clock_time(until)) if until else ""
    return " ".join(part for part in (called, again if ticket["recalls"] else "", waits) if part)


def _pause_text(board: BoardJson, reader: LocaleContext) -> str:
    """Build the notice shown while the office is paused."""
    if not board["paused"]:
        return ""
    said = reader.t("The office is paused. Nobody is called until it goes on.")
    return f"{said} {board['pause_message'] or ''}".strip()


def _stopped_lines_text(board: BoardJson, desk: Mapping[str, Any], reader: LocaleContext) -> str:
    """List this desk's lines that are stopped for people without appointment, with the reason."""
    stopped = [line for line in board["lines"] if line["stopped"] and line["slug"] in desk["lines"]]
    said = [reader.t("%(line)s gives no turns without appointment.", line=line["name"]) for line in stopped]
    reasons = [line["stop_reason"] or "" for line in stopped]
    return " ".join(part for pair in zip(said, reasons, strict=True) for part in pair if part)


# Other desks


def _is_colleague(one: Mapping[str, Any], desk: Mapping[str, Any]) -> bool:
    return bool(one["id"] != desk["id"] and one["state"] != "closed")


def _colleague_row(
    desk: Mapping[str, Any], tickets: Mapping[str, Mapping[str, Any]], reader: LocaleContext
) -> JsonObject:
    """Build the row of another open desk, to which a ticket can be transferred."""
    ticket = tickets.get(desk["ticket"]["id"]) if desk["ticket"] else None
    since = reader.t("since %(time)s", time=reader.clock_time(ticket["since"])) if ticket else ""
    state = _TICKET_STATE_BY_DESK_STATE.get(desk["state"], desk["state"])
    badge = DESK_BADGES[state]
    return {
        "id": desk["id"],
        "desk": reader.t("Desk %(name)s", name=desk["name"]),
        "agent": desk["agent"] or "",
        "code": ticket["code"] if ticket else "",
        "now": " ".join(part for part in (reader.t(badge), since) if part),
    }


# Next tickets


def _waiting_count_text(board: BoardJson, desk: Mapping[str, Any], reader: LocaleContext) -> str:
    count = sum(line["waiting"] for line in board["lines"] if line["slug"] in desk["lines"])
    return reader.ngettext("%(num)s waiting", "%(num)s waiting", count)


def _next_ticket_row(
    ticket: Mapping[str, Any], why: str, desk: Mapping[str, Any], board: BoardJson, reader: LocaleContext
) -> JsonObject:
    several = [reader.service_names(ticket)] if ticket["more_services"] else []  # one is not mentioned
    return {
        "id": ticket["id"],
        "code": ticket["code"],
        "title": _ticket_title(ticket, reader),
        "why": ". ".join([*several, _call_reason(ticket, why, desk, board, reader)]),
        "arrived": reader.clock_time(ticket["arrived_at"]),
    }


def _ticket_title(ticket: Mapping[str, Any], reader: LocaleContext) -> str:
    if ticket["appointment_at"]:
        return reader.t("Appointment at %(time)s", time=reader.clock_time(ticket["appointment_at"]))
    if ticket["priority"] == "preferential":
        return reader.t("Priority attention")
    return reader.t("Without appointment")


def _call_reason(
    ticket: Mapping[str, Any], why: str, desk: Mapping[str, Any], board: BoardJson, reader: LocaleContext
) -> str:
    if ticket["until"]:
        return reader.t("Asked for time until %(time)s.", time=reader.clock_time(ticket["until"]))
    if why == "arrival" and ticket["line"] != desk["lines"][0]:
        names = {line["slug"]: line["name"] for line in board["lines"]}
        return reader.t("%(line)s, another line of yours.", line=names[ticket["line"]])
    return reader.t(CALL_REASONS[why])


def _tickets_on_hold(desk: Mapping[str, Any], tickets: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """List the tickets on hold at this desk, longest first; the shortcut key takes the first."""
    held = (one for one in tickets if one["state"] == "on_hold" and one["returns_to"] == desk["id"])
    return sorted(held, key=lambda one: datetime.fromisoformat(one["since"]))


def _on_hold_row(ticket: Mapping[str, Any], reader: LocaleContext) -> JsonObject:
    until = ticket["until"]
    text = reader.t("comes back at %(time)s", time=reader.clock_time(until)) if until else ""
    return {"id": ticket["id"], "code": ticket["code"], "text": text}


def _next_appointment_text(board: BoardJson, desk: Mapping[str, Any], reader: LocaleContext) -> str:
    coming = [line["next_appointment"] for line in board["lines"] if line["slug"] in desk["lines"]]
    soonest = min((at for at in coming if at), key=datetime.fromisoformat, default=None)
    if soonest is None:
        return reader.t("No more appointments today.")
    return reader.t("The next appointment is at %(time)s.", time=reader.clock_time(soonest))
