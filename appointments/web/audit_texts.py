"""Audit sentences of appointments and closed periods.

Each action that the feature writes has one sentence; a test compares the two.
"""

from __future__ import annotations

from collections.abc import Mapping

from ...core.i18n.catalogues import N_

AUDIT_SENTENCES: Mapping[str, str] = {
    "appointment.booked": N_("Booked the appointment"),
    "appointment.cancelled": N_("Cancelled the appointment"),
    "appointment.checked_in": N_("Checked the appointment in"),
    "appointment.check_in_undone": N_("Took the check-in back"),
    "appointment.moved": N_("Moved the appointment to another time"),
    "appointment.called": N_("Called the citizen by telephone"),
    "appointment.not_answered": N_("Noted that the call was not answered"),
    "appointment.call_withdrawn": N_("Took the telephone call back"),
    "appointment.call_closed": N_("Ended a telephone call that was left open"),
    "appointment.corrected": N_("Corrected the contact of the appointment"),
    "appointment.link_sent": N_("Sent the link of the appointment again"),
    "appointment.told": N_("Told the person that the office changed the appointment"),
    "appointment.told_withdrawn": N_("Took back that the person was told"),
    "appointment.served": N_("Finished the appointment"),
    "appointment.no_show": N_("Noted that the person did not come"),
    "period.closed": N_("Closed a period and cancelled its appointments"),
    "period.reopened": N_("Reopened a closed period"),
}
