"""Error codes that several calls of the queue share."""

from __future__ import annotations

# The ticket has another state than the caller expected, or is in another line.
TICKET_CHANGED = ("illegal_transition", "ticket_moved")
WALK_IN_REFUSALS = (
    "closed",
    "paused",
    "walk_ins_stopped",
    "quota_reached",
    "no_capacity",
    "appointment_only",
)
PERSON_REFUSALS = ("already_waiting", "too_many_turns", "proof_required")
APPOINTMENT_REFUSALS = (
    "too_early",
    "too_late_for_turn",
    "appointment_is_video",
    "appointment_is_phone",
    "appointment_elsewhere",
    "appointment_over",
    "service_gone",
    "not_confirmed",
)
HOST_REFUSALS = (
    *WALK_IN_REFUSALS,
    "already_waiting",
    "too_early",
    "too_late_for_turn",
    "appointment_is_video",
    "appointment_is_phone",
    "appointment_elsewhere",
    "appointment_over",
    "not_confirmed",
)
