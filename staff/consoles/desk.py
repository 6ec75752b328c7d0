"""View of an agent's console: the board of the office reduced to the agent's desk.

Board in, texts out; no SQL.

The page renders it first, and each frame of `/ws/staff` carries it again. The browser only fills slots.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from ...core.i18n.catalogues import N_
from ...core.i18n.languages import language_name
from ...core.json_types import JsonObject
from .alerts import ConsoleReader, build_alert_fields
from .call_transfers import build_transfer_fields
from .desk_activities import build_activity_fields
from .evacuation import evacuation_notice
from .locale import LocaleContext
from .person import promise_question
from .phone_appointments import build_phone_appointments
from .video_appointments import build_video_appointments

BoardJson = Mapping[str, Any]

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


def build_desk_console(
    board: BoardJson, reader: ConsoleReader, now: datetime, locale: LocaleContext
) -> JsonObject:
    """Build the view of an agent's console."""
    return {
        "mine": build_agent_desk(board, reader.person_id, now, locale),
        "video": build_video_appointments(board["video"], now, locale),
        "telephone": build_phone_appointments(board["telephone"], now, locale),
        **build_alert_fields(board, reader, locale),
        **build_transfer_fields(board, reader.person_id, locale),
    }


HEADLINES: Mapping[str, str] = {
    "closed": N_("This desk is closed"),
    "free": N_("The desk is free"),
    "video_call": N_("You are in a video call"),
    "phone_call": N_("You are on the telephone"),
    "paused": N_("Your desk is paused"),
}
CALLS = ("video_call", "phone_call")
CLOSED_DESK: Mapping[str, Any] = {"state": "closed", "activity": "closed", "since": None, "until": None}

# A desk


def build_agent_desk(board: BoardJson, agent_id: str, now: datetime, locale: LocaleContext) -> JsonObject:
    """Build the tickets of an agent's desk: current, next, on hold; `closed` without a desk."""
    desk = next((desk for desk in board["desks"] if desk["agent_id"] == agent_id), None)
    if desk is None:
        return _closed_desk(board, now, locale)
    tickets = {ticket["id"]: ticket for ticket in board["tickets"]}
    current = tickets.get(desk["ticket"]["id"]) if desk["ticket"] else None
    following = [entry for entry in desk["next"] if tickets[entry["id"]]["state"] == "waiting"]
    callable_now = [entry["code"] for entry in desk["next"] if _is_callable(tickets[entry["id"]], now)]
    return {
        "desk_id": desk["id"],
        "desk": desk["name"],
        **_current_ticket_fields(desk, current, _find_appointment(current, board), now, locale),
        "finish_label": locale.t("Finish and call %(code)s", code=callable_now[0])
        if callable_now
        else locale.t("Finish"),
        "hint": _desk_hint(board, current, callable_now, locale),
        "waiting": _waiting_count_text(board, desk, locale),
        "next": [_next_ticket_row(tickets[entry["id"]], entry["why"], desk, board, locale) for entry in following],
        "held": _on_hold_rows(desk, tickets.values(), locale),
        "missed": _missed_rows(agent_id, desk, tickets.values(), locale),
        "colleagues": [
            _colleague_row(other, tickets, now, locale)
            for other in board["desks"]
            if other["id"] != desk["id"] and other["state"] != "closed"
        ],
        "pause_text": _pause_text(board, locale),
        "evacuation_text": evacuation_notice(board, locale),
        "stopped_text": _stopped_lines_text(board, desk, locale),
        "empty_text": _next_appointment_text(board, desk, locale),
    }


def _closed_desk(board: BoardJson, now: datetime, locale: LocaleContext) -> JsonObject:
    return {
        "desk_id": "",
        "desk": "",
        **_empty_desk_fields(CLOSED_DESK, now, locale),
        "finish_label": locale.t("Finish"),
        "hint": locale.t("It was closed here, in another window or by your host."),
        "waiting": "",
        "next": [],
        "held": [],
        "missed": [],
        "colleagues": [],
        "pause_text": "",
        "evacuation_text": evacuation_notice(board, locale),
        "stopped_text": "",
        "empty_text": "",
    }


def _find_appointment(ticket: Mapping[str, Any] | None, board: BoardJson) -> Mapping[str, Any] | None:
    """Find the appointment of the ticket at the desk."""
    if ticket is None:
        return None
    return next((visit for visit in board["agenda"] if visit["appointment"] == ticket["appointment"]), None)


def _current_ticket_fields(
    desk: Mapping[str, Any],
    ticket: Mapping[str, Any] | None,
    visit: Mapping[str, Any] | None,
    now: datetime,
    locale: LocaleContext,
) -> JsonObject:
    if ticket is None:
        return _empty_desk_fields(desk, now, locale)
    minutes = locale.usual_minutes(ticket)
    return {
        **build_activity_fields(desk, now, locale),
        "promise": promise_question(ticket, now, locale),
        "in_call": "",
        "headline": "",
        "ticket_id": ticket["id"],
        "code": ticket["code"],
        "since": ticket["since"],
        "minutes": minutes,
        "service": locale.service_names(ticket),
        "service_label": locale.services_label(ticket),
        "person": ticket.get("name") or "",
        "kind": _ticket_title(ticket, locale),
        "language": language_name(ticket["language"], locale.language),
        "needs": ". ".join(locale.facts(visit) if visit else ()),
        "pace": _format_pace(ticket, minutes, locale),
        "help": locale.t("Asks for help in the waiting room.") if ticket["help"] else "",
        "notes": locale.note_rows(ticket["notes"]),
    }


def _empty_desk_fields(desk: Mapping[str, Any], now: datetime, locale: LocaleContext) -> JsonObject:
    activity = desk["activity"]
    blank = ("ticket_id", "code", "since", "service", "person", "kind", "language", "needs", "pace", "help")
    return {
        **build_activity_fields(desk, now, locale),
        "promise": "",
        "in_call": locale.t("You are in a call. Call the next person anyway?") if activity in CALLS else "",
        "headline": locale.t(HEADLINES[activity]),
        "minutes": 0,
        "service_label": locale.t("Service"),
        **dict.fromkeys(blank, ""),
        "notes": [],
    }


def _format_pace(ticket: Mapping[str, Any], minutes: int, locale: LocaleContext) -> str:
    usual = locale.ngettext("Usually takes %(num)s minute.", "Usually takes %(num)s minutes.", minutes)
    if ticket["more_services"]:
        usual = locale.t("All of it usually takes %(num)s min.", num=minutes)
    if ticket["called_at"] is None:
        return usual
    waited = datetime.fromisoformat(ticket["called_at"]) - datetime.fromisoformat(ticket["arrived_at"])
    whole = max(0, int(waited.total_seconds() // 60))
    before = locale.ngettext("Waited %(num)s minute.", "Waited %(num)s minutes.", whole)
    return f"{usual} {before}"


def _is_callable(ticket: Mapping[str, Any], now: datetime) -> bool:
    """Whether the ticket can be called now: it has no `until`, or a past `until`."""
    until = ticket["until"]
    return until is None or datetime.fromisoformat(until) <= now


def _desk_hint(
    board: BoardJson, current: Mapping[str, Any] | None, codes: Sequence[str], locale: LocaleContext
) -> str:
    if current is not None:
        return _call_hint(current, locale)
    if board["evacuation"]:
        return ""  # its notice stands above
    if board["paused"]:
        return locale.t("The office is paused. Nobody will be called until it resumes.")
    return locale.t("Next is %(code)s.", code=codes[0]) if codes else locale.t("Nobody can be called now.")


def _call_hint(ticket: Mapping[str, Any], locale: LocaleContext) -> str:
    if ticket["state"] != "called":
        return ""
    called = locale.t("Called at %(time)s.", time=locale.clock_time(ticket["called_at"]))
    again = locale.ngettext("Called again %(num)s time.", "Called again %(num)s times.", ticket["recalls"])
    until = ticket["until"]
    waits = (
        locale.t("We wait until %(time)s.", time=locale.clock_time(until))
        if until
        else locale.t("Needs help to come: the call ends only when you end it.")
    )
    return " ".join(part for part in (called, again if ticket["recalls"] else "", waits) if part)


def _pause_text(board: BoardJson, locale: LocaleContext) -> str:
    """Build the notice shown while the office is paused, which an evacuation replaces."""
    if not board["paused"] or board["evacuation"]:
        return ""
    notice = locale.t("The office is paused. Nobody will be called until it resumes.")
    return f"{notice} {board['pause_message'] or ''}".strip()


def _stopped_lines_text(board: BoardJson, desk: Mapping[str, Any], locale: LocaleContext) -> str:
    """List this desk's lines that are stopped for people without appointment, with the reason."""
    stopped = [line for line in board["lines"] if line["stopped"] and line["slug"] in desk["lines"]]
    notices = [locale.t("%(line)s gives no tickets without appointment.", line=line["name"]) for line in stopped]
    reasons = [line["stop_reason"] or "" for line in stopped]
    return " ".join(part for pair in zip(notices, reasons, strict=True) for part in pair if part)


# Other desks


def _colleague_row(
    desk: Mapping[str, Any], tickets: Mapping[str, Mapping[str, Any]], now: datetime, locale: LocaleContext
) -> JsonObject:
    """Build the row of another open desk, to which a ticket can be transferred."""
    ticket = tickets.get(desk["ticket"]["id"]) if desk["ticket"] else None
    shown = build_activity_fields(desk, now, locale)
    return {
        "id": desk["id"],
        "desk": locale.t("Desk %(name)s", name=desk["name"]),
        "agent": desk["agent"] or "",
        "code": ticket["code"] if ticket else "",
        "now": " ".join(part for part in (shown["badge"], shown["detail"]) if part),
    }


# Next tickets


def _waiting_count_text(board: BoardJson, desk: Mapping[str, Any], locale: LocaleContext) -> str:
    count = sum(line["waiting"] for line in board["lines"] if line["slug"] in desk["lines"])
    return locale.ngettext("%(num)s waiting", "%(num)s waiting", count)


def _next_ticket_row(
    ticket: Mapping[str, Any], why: str, desk: Mapping[str, Any], board: BoardJson, locale: LocaleContext
) -> JsonObject:
    several = (
        [locale.service_names(ticket)] if ticket["more_services"] else []
    )  # a single service is shown elsewhere
    return {
        "id": ticket["id"],
        "code": ticket["code"],
        "title": _ticket_title(ticket, locale),
        "why": ". ".join([*several, _call_reason(ticket, why, desk, board, locale)]),
        "arrived": locale.clock_time(ticket["arrived_at"]),
    }


def _ticket_title(ticket: Mapping[str, Any], locale: LocaleContext) -> str:
    if ticket["appointment_at"]:
        return locale.t("Appointment at %(time)s", time=locale.clock_time(ticket["appointment_at"]))
    if ticket["priority"] == "preferential":
        return locale.t("Priority attention")
    return locale.t("Without appointment")


def _call_reason(
    ticket: Mapping[str, Any], why: str, desk: Mapping[str, Any], board: BoardJson, locale: LocaleContext
) -> str:
    if ticket["until"]:
        return locale.t("Asked for time until %(time)s.", time=locale.clock_time(ticket["until"]))
    if why == "arrival" and ticket["line"] != desk["lines"][0]:
        names = {line["slug"]: line["name"] for line in board["lines"]}
        return locale.t("%(line)s, another queue of yours.", line=names[ticket["line"]])
    return locale.t(CALL_REASONS[why])


def _on_hold_rows(
    desk: Mapping[str, Any], tickets: Iterable[Mapping[str, Any]], locale: LocaleContext
) -> list[JsonObject]:
    """Build the rows of tickets on hold at this desk, longest first.

    The shortcut key takes the first.
    """
    on_hold = (ticket for ticket in tickets if ticket["state"] == "on_hold" and ticket["returns_to"] == desk["id"])
    return [
        {
            "id": ticket["id"],
            "code": ticket["code"],
            "text": locale.t("comes back at %(time)s", time=locale.clock_time(ticket["until"]))
            if ticket["until"]
            else "",
        }
        for ticket in sorted(on_hold, key=lambda ticket: datetime.fromisoformat(ticket["since"]))
    ]


def _missed_rows(
    agent_id: str, desk: Mapping[str, Any], tickets: Iterable[Mapping[str, Any]], locale: LocaleContext
) -> list[JsonObject]:
    """Build the rows of missed tickets that the agent can call again here, latest first."""
    own = (ticket for ticket in tickets if ticket["state"] == "missed" and ticket["agent_id"] == agent_id)
    missed = (ticket for ticket in own if ticket["line"] in desk["lines"])
    return [
        {
            "id": ticket["id"],
            "code": ticket["code"],
            "text": locale.t("since %(time)s", time=locale.clock_time(ticket["since"])),
        }
        for ticket in sorted(missed, key=lambda ticket: datetime.fromisoformat(ticket["since"]), reverse=True)
    ]


def _next_appointment_text(board: BoardJson, desk: Mapping[str, Any], locale: LocaleContext) -> str:
    coming = [line["next_appointment"] for line in board["lines"] if line["slug"] in desk["lines"]]
    soonest = min((at for at in coming if at), key=datetime.fromisoformat, default=None)
    if soonest is None:
        return locale.t("No more appointments today.")
    return locale.t("The next appointment is at %(time)s.", time=locale.clock_time(soonest))
