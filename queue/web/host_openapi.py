"""The hosts' calls, as the API's document says them: one entry for each route of `host_api.py`."""

from __future__ import annotations

from pydantic import BaseModel

from ...core.web.openapi import Access, Answered, Operation, Operations
from .host_schemas import GiveMessage, OrderMessage, PauseMessage, PriorityMessage, StopMessage
from .response_schemas import Ticket


class OfficeSwitched(Answered):
    """Whether an office's calls are stopped, and what its phones and screens say of it."""

    office: str
    paused: bool
    pause_message: str | None


class LineSwitched(Answered):
    """Whether a line gives turns without an appointment, and why not."""

    id: str
    slug: str
    name: str
    stopped: bool
    stop_reason: str | None


def _of_ticket(summary: str, *codes: str, takes: type[BaseModel] | None = None) -> Operation:
    refused = {409: ("ticket_moved", *codes)}
    return Operation(summary, Access.HOST, {200: Ticket}, takes=takes, refuses=refused)


def _of_line(summary: str) -> Operation:
    return Operation(summary, Access.HOST, {200: LineSwitched}, takes=StopMessage)


def _of_office(summary: str) -> Operation:
    return Operation(summary, Access.HOST, {200: OfficeSwitched}, takes=PauseMessage)


NOT_GIVEN = (
    "closed",
    "paused",
    "walk_ins_stopped",
    "quota_reached",
    "no_capacity",
    "appointment_only",
    "already_waiting",
    "too_early",
    "too_late_for_turn",
    "appointment_is_video",
    "appointment_elsewhere",
    "appointment_over",
    "not_confirmed",
)

OPERATIONS: Operations = {
    "POST /staff/offices/{office}/tickets": Operation(
        "Give a turn to whoever stands at the entrance; with `override` in spite of the rules",
        Access.HOST,
        {201: Ticket, 200: Ticket},
        takes=GiveMessage,
        refuses={409: NOT_GIVEN},
    ),
    "POST /staff/appointments/{id}/check-in": Operation(
        "The person of an appointment is here; 200 with the turn that there was",
        Access.HOST,
        {201: Ticket, 200: Ticket},
        refuses={409: ("appointment_over", "appointment_is_video", "not_confirmed")},
    ),
    "POST /staff/tickets/{id}/priority": _of_ticket(
        "Confirm preferential attention, or say that it does not apply",
        "illegal_transition",
        takes=PriorityMessage,
    ),
    "POST /staff/tickets/{id}/order": _of_ticket(
        "Put somebody before the others", "illegal_transition", takes=OrderMessage
    ),
    "POST /staff/tickets/{id}/helped": _of_ticket("Whoever asked for help is being looked after"),
    "POST /staff/tickets/{id}/leave": _of_ticket("Give somebody's turn up for them", "illegal_transition"),
    "POST /staff/lines/{id}/stop": _of_line("Give no more turns without an appointment in a line"),
    "POST /staff/lines/{id}/open": _of_line("Give turns without an appointment in a line again"),
    "POST /staff/offices/{office}/pause": _of_office("Stop all calls, and tell every phone and screen"),
    "POST /staff/offices/{office}/resume": _of_office("Go on after a pause"),
}
