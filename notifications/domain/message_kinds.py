"""What kinds of messages there are, and how each may reach people. Pure; the one place where a kind is declared.

**To add a kind**

1. An entry in `KINDS` below: how lists call it, whose link it carries, to which group it belongs, until when it
   says something, whether it may wait for the morning.
2. What it says. By e-mail: `templates/notifications/<kind>.html` and `<kind>.txt` (its first line is the subject).
   By push and SMS: a branch of `templates/notifications/notice.txt` (title, then a line or two). Its Spanish goes
   into `locale/es.po`. Templates are given `facts`: whatever stands in the payload, its moments as datetimes.
3. Write it into the outbox from the folder that knows (`Transaction.enqueue`, `core.outbox.enqueue_once`). The
   payload has `<about>_id` and `token_hash` for the link, `timezone` (the office's), `office_slug` (staff see the
   messages of their offices by it), and the field that `until` names.
4. One payload of it in `tests/notifications/support/payloads.py`; `test_kinds.py` then writes it in every
   language and by every channel that it is declared for.

The rest follows from the entry: whoever stopped its group is not written to, a letter of a group that can be
stopped says how (also to mail programs), the night is kept, and what is over is not sent.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from ...core.i18n.catalogues import N_

EMAIL, PUSH, SMS = "email", "push", "sms"


class Group(StrEnum):
    """What one can stop at a time. Nobody can stop what they need to come, or have just asked for."""

    TRANSACTIONAL = "transactional"
    TURNS = "turns"
    REMINDERS = "reminders"
    OFFERS = "offers"


@dataclass(frozen=True, slots=True)
class About:
    """What a kind is about. `purpose` names its token and, with `_id`, the payload's field; `path` its page."""

    purpose: str
    path: str


APPOINTMENT = About("appointment", "a")
TICKET = About("ticket", "t")
MAILBOX = About("mailbox", "verify")  # whoever has no appointment yet, and shows that the address is theirs
WAITING = About("waiting", "waiting")


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of message.

    `until`: the payload's field that says until when it says something; None for half a day after it was written.
    `waits`: by push and SMS it is put off while people sleep, and not sent if by morning it says nothing.
    `urgent`: asks somebody to do something now; it stays on the screen until it is read.
    `stop_link`: whether it says how to stop its group, if that can be stopped. Said once a turn is enough.
    `calendar`: what a calendar does with its entry (RFC 5546); None without one.
    """

    title: str
    about: About
    channels: frozenset[str]
    group: Group = Group.TRANSACTIONAL
    until: str | None = None
    waits: bool = False
    urgent: bool = False
    stop_link: bool = True
    calendar: str | None = None

    @property
    def can_be_stopped(self) -> bool:
        return self.group is not Group.TRANSACTIONAL

    @property
    def says_how_to_stop(self) -> bool:
        return self.can_be_stopped and self.stop_link


def _letter(title: str, calendar: str, *more: str) -> Kind:
    """About an appointment, by e-mail and these ways."""
    return Kind(title, APPOINTMENT, frozenset({EMAIL, *more}), until="ends_at", calendar=calendar)


def _reminder(title: str, *, waits: bool) -> Kind:
    """Of an appointment, by every way that the person has chosen."""
    return Kind(title, APPOINTMENT, frozenset({EMAIL, PUSH, SMS}), Group.REMINDERS, "until", waits=waits)


def _turn(title: str, *, urgent: bool = False, waits: bool = False, stop_link: bool = False) -> Kind:
    """A notice of a turn, to whoever asked for notices with the page closed."""
    ways = frozenset({PUSH, SMS})
    return Kind(title, TICKET, ways, Group.TURNS, "until", waits=waits, urgent=urgent, stop_link=stop_link)


KINDS: Mapping[str, Kind] = {
    "appointment_confirmed": _letter(N_("Appointment confirmed"), "PUBLISH"),
    "appointment_rescheduled": _letter(N_("Appointment moved"), "PUBLISH", PUSH),
    "appointment_cancelled": _letter(N_("Appointment cancelled"), "CANCEL", PUSH),
    "appointment_reminder_days": _reminder(N_("Reminder, days before"), waits=True),
    "appointment_reminder_day": _reminder(N_("Reminder, the day before"), waits=True),
    "appointment_reminder_hour": _reminder(N_("Reminder, shortly before"), waits=False),
    "appointment_late": Kind(
        N_("We run late"), APPOINTMENT, frozenset({EMAIL, PUSH, SMS}), until="until", urgent=True
    ),
    "appointment_verify": Kind(
        N_("Asked to confirm the e-mail"), APPOINTMENT, frozenset({EMAIL}), until="kept_until", urgent=True
    ),
    "appointment_already": Kind(
        N_("Already has an appointment"), APPOINTMENT, frozenset({EMAIL}), until="ends_at"
    ),
    "mailbox_verify": Kind(N_("Asked to confirm the e-mail"), MAILBOX, frozenset({EMAIL})),
    "appointment_office_cancelled": _letter(N_("Cancelled by the office"), "CANCEL", PUSH, SMS),
    # the first push of whoever asks to be told of an appointment
    "appointment_followed": Kind(N_("Notices of an appointment"), APPOINTMENT, frozenset({PUSH}), until="ends_at"),
    "earlier_offer": Kind(
        N_("An earlier time is free"),
        APPOINTMENT,
        frozenset({EMAIL, PUSH, SMS}),
        Group.OFFERS,
        until="offered_until",
        urgent=True,
    ),
    "come_in_now": Kind(
        N_("Video call can begin now"),
        APPOINTMENT,
        frozenset({EMAIL, PUSH, SMS}),
        Group.OFFERS,
        until="offered_until",
        urgent=True,
    ),
    "waiting_joined": Kind(N_("Asked whether to wait"), WAITING, frozenset({EMAIL})),
    "waiting_begun": Kind(N_("On the waiting list"), WAITING, frozenset({EMAIL})),
    "waiting_offer": Kind(
        N_("A time is free"), WAITING, frozenset({EMAIL}), Group.OFFERS, until="offered_until", urgent=True
    ),
    "waiting_expired": Kind(N_("The wait is over"), WAITING, frozenset({EMAIL})),
    "ticket_issued": Kind(N_("Turn taken"), TICKET, frozenset({EMAIL})),
    "ticket_standby": Kind(N_("On standby"), TICKET, frozenset({EMAIL})),
    "ticket_link": Kind(N_("Link to a turn"), TICKET, frozenset({EMAIL, SMS})),
    "turn_issued": _turn(N_("Turn taken"), stop_link=True),
    "turn_next": _turn(N_("Among the next"), urgent=True),
    "turn_called": _turn(N_("Called"), urgent=True),
    "turn_called_again": _turn(N_("Called again"), urgent=True),
    "turn_returned": _turn(N_("Call taken back")),
    "turn_missed": _turn(N_("Did not come"), urgent=True),
    "turn_lost": _turn(N_("Turn lost")),
    "turn_moved": _turn(N_("Time moved"), waits=True),
    "turn_paused": _turn(N_("Office paused")),
    "turn_resumed": _turn(N_("Office goes on")),
    "turn_admitted": _turn(N_("Let into the line")),
    "turn_transferred": _turn(N_("Sent to another desk")),
    "turn_closed": _turn(N_("Office closed")),
}


def kind_of(name: str) -> Kind:
    """The declaration of a kind. Raises LookupError for one that nobody declared."""
    return KINDS[name]
