"""Words of the settings of a line: label, unit, example. One entry a setting."""

from __future__ import annotations

from collections.abc import Mapping

from ....core.i18n.catalogues import N_
from .setting_words import Setting


def _minutes(label: str, example: str) -> Setting:
    return Setting(label, example, units=("minutes",), base="seconds")


def _seconds(label: str, example: str) -> Setting:
    return Setting(label, example, units=("seconds",), base="seconds")


def _count(label: str, example: str) -> Setting:
    return Setting(label, example, kind="count")


LINE_SETTINGS: Mapping[str, Setting] = {
    "check_in_opens": _minutes(
        N_("Check-in opens before the appointment"),
        N_("With 15: a person with an appointment at 10:00 can say from 9:45 on that they are here."),
    ),
    "on_time_until": _minutes(
        N_("An appointment counts as late after"),
        N_("With 10: an appointment at 10:00 that arrives after 10:10 counts as late."),
    ),
    "late_until": _minutes(
        N_("The host decides about an appointment after"),
        N_("With 30: a person with an appointment at 10:00 who comes after 10:30 has to ask at the entrance."),
    ),
    "late_lead": _minutes(
        N_("Advantage of a late appointment"),
        N_("With 10: a late person who arrives at 10:20 goes before those who joined the queue after 10:10."),
    ),
    "due_before": _minutes(
        N_("An appointment goes first before its time"),
        N_("With 2: an appointment at 10:00 that is here goes first from 9:58 on."),
    ),
    "preferential_lead": _minutes(
        N_("Advantage of priority attention"),
        N_("With 15: a person with priority who arrives at 10:00 goes before those who came after 9:45."),
    ),
    "guard_wait": _minutes(
        N_("A wait without appointment is too long after"),
        N_("With 45: a person who has waited longer than 45 minutes goes next, although appointments wait."),
    ),
    "guard_wait_preferential": _minutes(
        N_("A wait with priority attention is too long after"),
        N_("With 30: the same, for a person with priority who has waited longer than 30 minutes."),
    ),
    "guard_calls": _count(
        N_("Appointments in a row before a long wait goes first"),
        N_("With 2: after two appointments in a row, the person who has waited too long is called."),
    ),
    "promise_slack": _count(
        N_("People who may go first beyond the appointments"),
        N_("With 2: with 3 appointments booked, the phone promises that at most 5 people go first."),
    ),
    "recall_after": _seconds(
        N_("The call is repeated after"),
        N_("With 60: if the person does not come, the screen and the phone call again after one minute."),
    ),
    "missed_after": _seconds(
        N_("The ticket is missed after"),
        N_("With 180: three minutes after the call the desk is free to call another person."),
    ),
    "rejoin_within": _minutes(
        N_("Time to come back after a missed call"),
        N_("With 20: a person who missed the call at 10:00 gets the old place back until 10:20."),
    ),
    "rejoins": _count(
        N_("Missed calls after which a person may come back"),
        N_("With 1: a person who misses a second call joins the queue again."),
    ),
    "postpone_by": _minutes(
        N_("“I need more time” moves the call by"),
        N_("With 10: a person who asks for time at 10:00 is not called before 10:10."),
    ),
    "postpones": _count(
        N_("Times that a person may ask for more time"),
        N_("With 1: each person can ask once. With 0 the button is not shown."),
    ),
    "hold_for": _minutes(
        N_("A ticket that is set aside comes back after"),
        N_("With 10: a person who goes to make a photocopy at 10:00 can be called again from 10:10 on."),
    ),
    "closing_margin": _minutes(
        N_("Visits must be expected to end before closing by"),
        N_("With 5: no more tickets are given if the visit would end later than five minutes before closing."),
    ),
    "appointment_delay": _minutes(
        N_("Most delay that people without appointment may cause"),
        N_("With 10: no tickets are given while appointments would be called more than ten minutes late."),
    ),
    "expire_after_closing": _minutes(
        N_("Open tickets end after closing by"),
        N_("With 30: in an office that closes at 14:00, tickets that are still open end at 14:30."),
    ),
}

LINE_SETTING_GROUPS: tuple[tuple[str, tuple[str, ...]], ...] = (
    (N_("Arrival and lateness"), ("check_in_opens", "on_time_until", "late_until", "late_lead")),
    (
        N_("Who goes first"),
        (
            "due_before",
            "preferential_lead",
            "guard_wait",
            "guard_wait_preferential",
            "guard_calls",
            "promise_slack",
        ),
    ),
    (N_("Calls and missed calls"), ("recall_after", "missed_after", "rejoin_within", "rejoins")),
    (N_("More time"), ("postpone_by", "postpones", "hold_for")),
    (N_("End of the day"), ("closing_margin", "appointment_delay", "expire_after_closing")),
)
