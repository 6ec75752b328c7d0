"""View of the host's console: the board of the office as a host needs it.

Board in, texts out; no SQL.

The page renders it first, and each frame of `/ws/staff` carries it again. The browser only fills slots.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from ...core.i18n.catalogues import N_
from ...core.json_types import JsonObject
from ...offices.service import STAFF_NEED_NAMES, OfficeService
from ..domain.alerts import AlertKind, StaffAlert
from .alerts import ConsoleReader, alert_text, build_alert_fields
from .call_transfers import build_transfer_fields
from .desk import BoardJson
from .desk_activities import build_activity_fields
from .evacuation import build_evacuation_banner
from .locale import LocaleContext
from .person import (
    AppointmentJson,
    BoardIndex,
    TicketJson,
    build_person_row,
    build_person_rows,
    format_call_range,
    has_lost_appointment_place,
    has_open_priority_request,
    lateness,
)

MAX_ROWS_PER_LINE = 40  # of a line; tickets further back are found by searching
COMING_SOON_WITHIN = timedelta(minutes=60)  # these citizens may be arriving
# Of the usual duration: beyond it, the agent may have left the desk open.
LONG_SERVICE_FACTOR = 3

MAX_SHORTCUT_KEYS = 9  # a digit for each of the first services

STATE_GROUPS: Sequence[tuple[str, tuple[str, ...], str]] = (
    ("desk", ("called", "serving"), N_("At the desks")),
    ("held", ("on_hold",), N_("On hold")),
    ("missed", ("missed",), N_("Did not answer")),
    ("standby", ("standby",), N_("In reserve")),
)


def build_host_console(
    board: BoardJson, reader: ConsoleReader, now: datetime, locale: LocaleContext
) -> JsonObject:
    """Build the view of the host's console."""
    index = BoardIndex.from_board(board)
    tasks = build_host_tasks(board, index, now, locale, reader.alerts)
    groups = [*_line_groups(board, index, now, locale), *_state_groups(board, index, now, locale)]
    return {
        "paused": board["paused"],
        "pause_text": board["pause_message"] or "",
        **build_evacuation_banner(board, locale),
        "needs": tasks,
        "coming": build_expected_appointments(board["agenda"], now, locale),
        "groups": groups,
        "room_empty": not groups,
        "lines": [build_line_row(line, board, locale) for line in _walk_in_lines(board, locale)],
        "services": [
            build_service_row(service, place, board, locale)
            for place, service in enumerate(locale.office.services_for("in_person"), 1)
        ],
        "desks": [
            build_desk_row(desk, board, now, locale) for desk in board["desks"] if desk["state"] != "closed"
        ],
        "closed_text": _closed_desks_text(board, locale),
        "summary": _summary_text(board, locale),
        **build_alert_fields(board, reader, locale, len(tasks)),
        **build_transfer_fields(board, reader.person_id, locale),
    }


def _summary_text(board: BoardJson, locale: LocaleContext) -> str:
    waiting = sum(line["waiting"] for line in board["lines"])
    open_desks = sum(desk["state"] != "closed" for desk in board["desks"])
    return " · ".join(
        (
            locale.ngettext("%(num)s waiting", "%(num)s waiting", waiting),
            locale.ngettext("%(num)s desk open", "%(num)s desks open", open_desks),
        )
    )


# Tasks of the host


def build_host_tasks(
    board: BoardJson,
    index: BoardIndex,
    now: datetime,
    locale: LocaleContext,
    alerts: Sequence[StaffAlert] = (),
) -> list[JsonObject]:
    """List what needs the host, most urgent first: tickets, and chosen alerts."""
    rows = [_lobby_task(alert, board, locale) for alert in alerts if alert.kind is AlertKind.LOBBY]
    waits = {alert.subject: alert for alert in alerts if alert.kind is AlertKind.LONG_WAIT}
    for ticket in board["tickets"]:
        tasks = list(_ticket_tasks(ticket, index, locale))
        if ticket["id"] in waits:
            tasks.append(("long_wait", alert_text(waits[ticket["id"]], locale), ""))
        # In an evacuation only help to get out counts, whatever else the person asked for.
        if board["evacuation"] and ticket["help"]:
            tasks = [("help", locale.t("Needs help to get out."), detail) for _kind, _text, detail in tasks[:1]]
        for kind, text, detail in tasks:
            row = build_person_row(ticket, index, now, locale)
            rows.append({**row, "id": f"{kind}:{ticket['id']}", "ticket": ticket["id"], "kind": kind})
            rows[-1] |= {"text": text, "detail": ". ".join(part for part in (detail, row["name"]) if part)}
            rows[-1]["enter"] = None
    order = ("help", "lobby", "accompany", "late", "priority", "long_wait")
    return sorted(rows, key=lambda row: order.index(row["kind"]))


def _lobby_task(alert: StaffAlert, board: BoardJson, locale: LocaleContext) -> JsonObject:
    """Build the task to let a citizen into a video call."""
    guest = next((guest for guest in board["lobby"] if guest["participant"] == alert.participant), None)
    at = [locale.clock_time(guest["starts_at"]), guest["name"]] if guest else []
    room = f"/staff/rooms/{alert.subject}?admit={alert.participant}"
    return {
        "id": f"lobby:{alert.participant}",
        "ticket": "",
        "kind": "lobby",
        "code": "",
        "text": alert_text(alert, locale),
        "detail": ". ".join(at),
        "enter": {"href": room, "text": locale.t("Let in")},
    }


def _ticket_tasks(ticket: TicketJson, index: BoardIndex, locale: LocaleContext) -> Iterable[tuple[str, str, str]]:
    if ticket["help"]:
        yield (
            "help",
            locale.t("Asks for help in the waiting room."),
            _format_needs(index.needs_for(ticket), locale),
        )
    if ticket["state"] == "called" and index.needs_for(ticket):
        desk = index.desk_names.get(ticket["desk"] or "", "")
        yield (
            "accompany",
            locale.t("Go with them to desk %(desk)s.", desk=desk),
            _format_needs(index.needs_for(ticket), locale),
        )
    if has_lost_appointment_place(ticket, locale):
        due = ticket["told_at"] or ticket["appointment_at"]
        minutes = int(lateness(due, ticket["arrived_at"]).total_seconds() // 60)
        yield (
            "late",
            locale.t("Came %(minutes)s min late: you decide the place.", minutes=minutes),
            locale.t("Appointment at %(time)s", time=locale.clock_time(ticket["appointment_at"])),
        )
    if ticket["state"] == "waiting" and has_open_priority_request(ticket):
        yield (
            "priority",
            locale.t("Asks for priority attention."),
            locale.t("Came at %(time)s", time=locale.clock_time(ticket["arrived_at"])),
        )


def _format_needs(asked: Iterable[str], locale: LocaleContext) -> str:
    return ". ".join(locale.t(STAFF_NEED_NAMES.get(need, need)) for need in asked)


# Expected appointments


def build_expected_appointments(
    agenda: Iterable[AppointmentJson], now: datetime, locale: LocaleContext
) -> JsonObject:
    """Split today's appointments without check-in: due within an hour or late, and later."""
    absent = [visit for visit in agenda if visit["state"] == "confirmed"]
    near = [visit for visit in absent if datetime.fromisoformat(visit["starts_at"]) < now + COMING_SOON_WITHIN]
    later = [visit for visit in absent if visit not in near]
    return {
        "near": [build_appointment_row(visit, now, locale) for visit in near],
        "later": [build_appointment_row(visit, now, locale) for visit in later],
        "later_title": locale.ngettext(
            "Later today: %(num)s appointment", "Later today: %(num)s appointments", len(later)
        ),
        "empty_text": _next_appointment_text(later, locale),
    }


def _next_appointment_text(later: Sequence[AppointmentJson], locale: LocaleContext) -> str:
    if not later:
        return locale.t("No more appointments today.")
    return locale.t("The next appointment is at %(time)s.", time=locale.clock_time(later[0]["starts_at"]))


def build_appointment_row(visit: AppointmentJson, now: datetime, locale: LocaleContext) -> JsonObject:
    """Build the row of an expected appointment, with a chip if it is late."""
    announced = (
        [locale.t("Told to come at %(time)s", time=locale.clock_time(visit["told_at"]))]
        if visit["told_at"]
        else []
    )
    return {
        "id": visit["appointment"],
        "time": locale.clock_time(visit["starts_at"]),
        "name": visit["name"],
        "card": {"href": f"/staff/calendar/{visit['appointment']}", "text": visit["name"]},
        "detail": ". ".join([locale.service_names(visit), *announced, *locale.facts(visit)]),
        "notes": locale.notes_text(visit["notes"]),
        "verdict": _lateness_chip(visit, now, locale),
        "may": ["check-in"],
    }


def _lateness_chip(visit: AppointmentJson, now: datetime, locale: LocaleContext) -> JsonObject | None:
    """Say how late an absent citizen is.

    Amber from `on_time_until` of the line, red from its `late_until`.
    """
    late = now - datetime.fromisoformat(visit["told_at"] or visit["starts_at"])
    settings = locale.line_settings_for_visit(visit)
    if late < settings.on_time_until:
        return None
    text = locale.t("%(minutes)s min late", minutes=int(late.total_seconds() // 60))
    return {"value": "amber" if late < settings.late_until else "red", "text": text}


# Tickets in the office


def _line_groups(board: BoardJson, index: BoardIndex, now: datetime, locale: LocaleContext) -> list[JsonObject]:
    """Group the waiting tickets by line, in the order of calls."""
    tickets = {ticket["id"]: ticket for ticket in board["tickets"]}
    groups = []
    for line in board["lines"]:
        order = [tickets[ticket_id] for ticket_id in line["order"] if ticket_id in tickets]
        if order:
            count = locale.ngettext("%(num)s waiting", "%(num)s waiting", len(order))
            shown = order[:MAX_ROWS_PER_LINE]
            group = _build_group(
                f"line:{line['slug']}", line["name"], count, build_person_rows(shown, index, now, locale)
            )
            groups.append(
                {**group, "letter": line["letter"], "more": _hidden_count_text(len(order) - len(shown), locale)}
            )
    return groups


def _hidden_count_text(count: int, locale: LocaleContext) -> str:
    if not count:
        return ""
    return locale.ngettext(
        "And %(num)s person more: search by code or name.", "And %(num)s more: search by code or name.", count
    )


def _state_groups(board: BoardJson, index: BoardIndex, now: datetime, locale: LocaleContext) -> list[JsonObject]:
    groups = []
    for group_id, states, name in STATE_GROUPS:
        tickets = [ticket for ticket in board["tickets"] if ticket["state"] in states]
        if tickets:
            tickets.sort(key=lambda ticket: datetime.fromisoformat(ticket["since"]))
            rows = build_person_rows(tickets, index, now, locale)
            groups.append(_build_group(group_id, locale.t(name), str(len(tickets)), rows))
    return groups


def _build_group(group_id: str, name: str, count: str, rows: list[JsonObject]) -> JsonObject:
    return {"id": group_id, "letter": "", "group": name, "count": count, "people": rows, "more": ""}


# Lines, services and desks


def build_line_row(line: Mapping[str, Any], board: BoardJson, locale: LocaleContext) -> JsonObject:
    """Build the row of a line: whether it is stopped, its waiting count, its open desks."""
    desks = sum(desk["state"] != "closed" and line["slug"] in desk["lines"] for desk in board["desks"])
    return {
        "id": line["id"],
        "letter": line["letter"],
        "name": line["name"],
        "text": _stopped_text(line, locale) or _waiting_count_text(line["waiting"], locale),
        "desks": locale.ngettext("%(num)s desk", "%(num)s desks", desks),
        "stopped": line["stopped"],
    }


def _waiting_count_text(count: int, locale: LocaleContext) -> str:
    return locale.ngettext("%(num)s waiting", "%(num)s waiting", count) if count else locale.t("Nobody waiting")


def _stopped_text(line: Mapping[str, Any], locale: LocaleContext) -> str:
    if not line["stopped"]:
        return ""
    reason = line["stop_reason"]
    return locale.t("Stopped: %(reason)s", reason=reason) if reason else locale.t("Stopped")


def _walk_in_lines(board: BoardJson, locale: LocaleContext) -> list[Mapping[str, Any]]:
    """List the lines of services that need no appointment."""
    walk_in = {service.line_id for service in locale.office.services_for("in_person") if service.walk_in}
    return [line for line in board["lines"] if line["id"] in walk_in]


def build_service_row(service: OfficeService, place: int, board: BoardJson, locale: LocaleContext) -> JsonObject:
    """Build the row of a service for giving turns, with its wait and shortcut key."""
    line = next(line for line in board["lines"] if line["id"] == service.line_id)
    return {
        "id": service.slug,
        "key": str(place) if place <= MAX_SHORTCUT_KEYS else "",
        "letter": line["letter"],
        "name": service.name(locale.language),
        "text": _not_offered_text(service, board, locale)
        or _stopped_text(line, locale)
        or format_call_range(line["eta"], locale)  # of a ticket issued now
        or locale.t("No desk is open yet"),
    }


def _not_offered_text(service: OfficeService, board: BoardJson, locale: LocaleContext) -> str:
    """Explain why the service is not offered without appointment; empty if it is."""
    if board["paused"]:
        return locale.t("Evacuation") if board["evacuation"] else locale.t("The office is paused")
    return "" if service.walk_in else locale.t("Only with an appointment")


def _closed_desks_text(board: BoardJson, locale: LocaleContext) -> str:
    closed = [desk["name"] for desk in board["desks"] if desk["state"] == "closed"]
    if not closed:
        return ""
    return locale.ngettext("Closed: %(desks)s", "Closed: %(desks)s", len(closed), desks=", ".join(closed))


def build_desk_row(desk: Mapping[str, Any], board: BoardJson, now: datetime, locale: LocaleContext) -> JsonObject:
    """Build the row of a desk: agent, ticket, and a warning if the service takes too long."""
    ticket = next(
        (ticket for ticket in board["tickets"] if desk["ticket"] and ticket["id"] == desk["ticket"]["id"]), None
    )
    return {
        "id": desk["id"],
        "name": locale.t("Desk %(name)s", name=desk["name"]),
        **build_activity_fields(desk, now, locale),
        "agent": desk["agent"] or "",
        "ticket": ticket["id"] if ticket else "",
        "code": ticket["code"] if ticket else "",
        "verdict": _long_service_chip(ticket, now, locale) if ticket else None,
    }


def _long_service_chip(ticket: TicketJson, now: datetime, locale: LocaleContext) -> JsonObject | None:
    usual = timedelta(minutes=locale.usual_minutes(ticket))
    duration = now - datetime.fromisoformat(ticket["since"])
    if duration < LONG_SERVICE_FACTOR * usual:
        return None
    return {"value": "amber", "text": locale.t("%(minutes)s min", minutes=int(duration.total_seconds() // 60))}
