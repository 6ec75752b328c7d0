"""Words of the settings of an agenda: label, unit, example. One entry a setting."""

from __future__ import annotations

from collections.abc import Mapping

from ....core.i18n.catalogues import N_
from .setting_words import Setting

LONG = ("minutes", "hours", "days")
YES_NO: Mapping[str, str] = {"yes": N_("yes"), "no": N_("no")}
RELEASE_DAYS: Mapping[str, str] = {
    "daily": N_("Each day"),
    "0": N_("Each Monday"),
    "1": N_("Each Tuesday"),
    "2": N_("Each Wednesday"),
    "3": N_("Each Thursday"),
    "4": N_("Each Friday"),
    "5": N_("Each Saturday"),
    "6": N_("Each Sunday"),
}

AGENDA_SETTINGS: Mapping[str, Setting] = {
    "lead": Setting(
        N_("Shortest time between booking and visit"),
        N_("With 30 minutes: at 10:00 the first time that people can book is 10:30."),
        units=LONG,
    ),
    "horizon_days": Setting(
        N_("How far ahead people can book"),
        N_("With 62: people can book the next two months. With 0, today only."),
        units=("days",),
        base="days",
    ),
    "most_services": Setting(
        N_("Most services in one visit"),
        N_("With 3: a person can book up to three services one after the other."),
        kind="count",
    ),
    "verify_email": Setting(
        N_("Every booking must be confirmed by e-mail"),
        N_("With yes: a booking counts only after a press on the link in the e-mail."),
        kind="choice",
        options=YES_NO,
    ),
    "interpreter_notice": Setting(
        N_("Notice for a sign language interpreter"),
        N_("With 1 day: a person who needs an interpreter can book from tomorrow at this time on."),
        units=LONG,
    ),
    "change_until": Setting(
        N_("Changes by the citizen end before the visit by"),
        N_("With 2 hours: a visit at 12:00 can be moved or cancelled until 10:00. With 0, until its end."),
        units=LONG,
    ),
    "step": Setting(
        N_("From one start to the next"),
        N_("With 15 minutes: visits can start at 9:00, 9:15, 9:30. Without it, as long as a visit takes."),
        units=("minutes", "hours"),
        no_default=N_("the length of the visit"),
    ),
    "buffer_before": Setting(
        N_("The desk stays free before a visit for"),
        N_("With 5: before a visit at 10:00 the desk takes no other appointment from 9:55 on."),
    ),
    "buffer_after": Setting(
        N_("The desk stays free after a visit for"),
        N_("With 10: after a visit that ends at 10:15 the next one starts at 10:25 or later."),
    ),
    "internal.in_person": Setting(
        N_("Times that only staff can book, in person"),
        N_("With 1: at each time, staff can book one visit more than the public."),
        kind="count",
    ),
    "internal.video": Setting(
        N_("Times that only staff can book, by video"),
        N_("With 1: at each time, staff can book one video call more than the public."),
        kind="count",
    ),
    "internal.phone": Setting(
        N_("Times that only staff can book, by telephone"),
        N_("With 1: at each time, staff can book one telephone call more than the public."),
        kind="count",
    ),
    "release": Setting(
        N_("When new dates open"),
        N_("With each Monday: new dates can be booked from Monday on. Without it, each midnight opens one more."),
        kind="choice",
        options={**RELEASE_DAYS, "no": N_("not limited")},
        can_be_off=True,
        no_default=N_("not limited"),
    ),
    "release.weekday": Setting(
        N_("When new dates open"),
        N_("With each Monday: the new dates can be booked from Monday on."),
        kind="choice",
        options=RELEASE_DAYS,
        no_default=N_("Each day"),
    ),
    "release.days": Setting(
        N_("New dates open this far ahead"),
        N_("With 20 and each Monday: the date 20 days after Monday opens, and all before it."),
        units=("days",),
        base="days",
    ),
    "release.at": Setting(
        N_("New dates open at"),
        N_("With 09:00: the new dates can be booked from nine in the morning on."),
        kind="clock",
    ),
    "reminders": Setting(
        N_("Reminders"),
        N_("Without them, people get no message before their visit."),
        kind="choice",
        options=YES_NO,
        can_be_off=True,
    ),
    "reminders.days": Setting(
        N_("First reminder before the visit by"),
        N_("With 3: three days before, with what to bring and until when the visit can be changed."),
        units=("days",),
        base="days",
        can_be_off=True,
    ),
    "reminders.days_at": Setting(
        N_("Time of the first reminder"),
        N_("With 10:00: it is sent at ten in the morning of that day."),
        kind="clock",
    ),
    "reminders.day_at": Setting(
        N_("Reminder on the day before, at"),
        N_("With 18:00: at six in the evening of the day before."),
        kind="clock",
        can_be_off=True,
    ),
    "reminders.minutes": Setting(
        N_("Last reminder before the visit by"),
        N_("With 60: an hour before, with the time from which check-in or the video call opens."),
        can_be_off=True,
    ),
    "reminders.late": Setting(
        N_("People are told a later time from a delay of"),
        N_("With 15: when the office runs 15 minutes late, people of the next two hours are told a later time."),
        can_be_off=True,
    ),
}

AGENDA_SETTING_GROUPS: tuple[tuple[str, tuple[str, ...]], ...] = (
    (N_("Booking"), ("lead", "horizon_days", "most_services", "verify_email", "interpreter_notice")),
    (N_("New dates"), ("release", "release.days", "release.at")),
    (N_("Changes"), ("change_until",)),
    (
        N_("Times of the day"),
        ("step", "buffer_before", "buffer_after", "internal.in_person", "internal.video", "internal.phone"),
    ),
    (
        N_("Reminders"),
        ("reminders.days", "reminders.days_at", "reminders.day_at", "reminders.minutes", "reminders.late"),
    ),
)
