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


class MessageGroup(StrEnum):
    """What one can stop at a time. Nobody can stop what they need to come, or have just asked for."""

    TRANSACTIONAL = "transactional"
    TURNS = "turns"
    REMINDERS = "reminders"
    OFFERS = "offers"


@dataclass(frozen=True, slots=True)
class LinkTarget:
    """What a kind is about. `purpose` names its token and, with `_id`, the payload's field; `path` its page."""

    purpose: str
    path: str


APPOINTMENT = LinkTarget("appointment", "a")
TICKET = LinkTarget("ticket", "t")
EMAIL_VERIFICATION = LinkTarget(
    "mailbox", "verify"
)  # whoever has no appointment yet, and shows that the address is theirs
WAITLIST_ENTRY = LinkTarget("waiting", "waiting")


@dataclass(frozen=True, slots=True)
class MessageKind:
    """One kind of message.

    `until`: the payload's field that says until when it says something; None for half a day after it was written.
    `waits`: by push and SMS it is put off while people sleep, and not sent if by morning it says nothing.
    `urgent`: asks somebody to do something now; it stays on the screen until it is read.
    `stop_link`: whether it says how to stop its group, if that can be stopped. Said once a turn is enough.
    `calendar`: what a calendar does with its entry (RFC 5546); None without one.
    """

    title: str
    link_target: LinkTarget
    channels: frozenset[str]
    group: MessageGroup = MessageGroup.TRANSACTIONAL
    expiry_field: str | None = None
    observes_quiet_hours: bool = False
    is_urgent: bool = False
    stop_link: bool = True
    calendar_method: str | None = None

    @property
    def can_be_stopped(self) -> bool:
        return self.group is not MessageGroup.TRANSACTIONAL

    @property
    def has_stop_link(self) -> bool:
        return self.can_be_stopped and self.stop_link


def _appointment_kind(title: str, calendar: str, *other_channels: str) -> MessageKind:
    """About an appointment, by e-mail and these ways."""
    return MessageKind(
        title, APPOINTMENT, frozenset({EMAIL, *other_channels}), expiry_field="ends_at", calendar_method=calendar
    )


def _reminder_kind(title: str, *, observes_quiet_hours: bool) -> MessageKind:
    """Of an appointment, by every way that the person has chosen."""
    return MessageKind(
        title,
        APPOINTMENT,
        frozenset({EMAIL, PUSH, SMS}),
        MessageGroup.REMINDERS,
        "until",
        observes_quiet_hours=observes_quiet_hours,
    )


def _ticket_kind(
    title: str, *, is_urgent: bool = False, observes_quiet_hours: bool = False, stop_link: bool = False
) -> MessageKind:
    """A notice of a turn, to whoever asked for notices with the page closed."""
    ways = frozenset({PUSH, SMS})
    return MessageKind(
        title,
        TICKET,
        ways,
        MessageGroup.TURNS,
        "until",
        observes_quiet_hours=observes_quiet_hours,
        is_urgent=is_urgent,
        stop_link=stop_link,
    )


KINDS: Mapping[str, MessageKind] = {
    "appointment_confirmed": _appointment_kind(N_("Appointment confirmed"), "PUBLISH"),
    "appointment_rescheduled": _appointment_kind(N_("Appointment moved"), "PUBLISH", PUSH),
    "appointment_cancelled": _appointment_kind(N_("Appointment cancelled"), "CANCEL", PUSH),
    "appointment_reminder_days": _reminder_kind(N_("Reminder, days before"), observes_quiet_hours=True),
    "appointment_reminder_day": _reminder_kind(N_("Reminder, the day before"), observes_quiet_hours=True),
    "appointment_reminder_hour": _reminder_kind(N_("Reminder, shortly before"), observes_quiet_hours=False),
    "appointment_late": MessageKind(
        N_("We run late"), APPOINTMENT, frozenset({EMAIL, PUSH, SMS}), expiry_field="until", is_urgent=True
    ),
    "appointment_verify": MessageKind(
        N_("Asked to confirm the e-mail"),
        APPOINTMENT,
        frozenset({EMAIL}),
        expiry_field="kept_until",
        is_urgent=True,
    ),
    "appointment_already": MessageKind(
        N_("Already has an appointment"), APPOINTMENT, frozenset({EMAIL}), expiry_field="ends_at"
    ),
    "mailbox_verify": MessageKind(N_("Asked to confirm the e-mail"), EMAIL_VERIFICATION, frozenset({EMAIL})),
    "appointment_office_cancelled": _appointment_kind(N_("Cancelled by the office"), "CANCEL", PUSH, SMS),
    # the first push of whoever asks to be told of an appointment
    "appointment_followed": MessageKind(
        N_("Notices of an appointment"), APPOINTMENT, frozenset({PUSH}), expiry_field="ends_at"
    ),
    "earlier_offer": MessageKind(
        N_("An earlier time is free"),
        APPOINTMENT,
        frozenset({EMAIL, PUSH, SMS}),
        MessageGroup.OFFERS,
        expiry_field="offered_until",
        is_urgent=True,
    ),
    "come_in_now": MessageKind(
        N_("Video call can begin now"),
        APPOINTMENT,
        frozenset({EMAIL, PUSH, SMS}),
        MessageGroup.OFFERS,
        expiry_field="offered_until",
        is_urgent=True,
    ),
    "waiting_joined": MessageKind(N_("Asked whether to wait"), WAITLIST_ENTRY, frozenset({EMAIL})),
    "waiting_begun": MessageKind(N_("On the waiting list"), WAITLIST_ENTRY, frozenset({EMAIL})),
    "waiting_offer": MessageKind(
        N_("A time is free"),
        WAITLIST_ENTRY,
        frozenset({EMAIL}),
        MessageGroup.OFFERS,
        expiry_field="offered_until",
        is_urgent=True,
    ),
    "waiting_expired": MessageKind(N_("The wait is over"), WAITLIST_ENTRY, frozenset({EMAIL})),
    "ticket_issued": MessageKind(N_("Turn taken"), TICKET, frozenset({EMAIL})),
    "ticket_standby": MessageKind(N_("On standby"), TICKET, frozenset({EMAIL})),
    "ticket_link": MessageKind(N_("Link to a turn"), TICKET, frozenset({EMAIL, SMS})),
    "turn_issued": _ticket_kind(N_("Turn taken"), stop_link=True),
    "turn_next": _ticket_kind(N_("Among the next"), is_urgent=True),
    "turn_called": _ticket_kind(N_("Called"), is_urgent=True),
    "turn_called_again": _ticket_kind(N_("Called again"), is_urgent=True),
    "turn_returned": _ticket_kind(N_("Call taken back")),
    "turn_missed": _ticket_kind(N_("Did not come"), is_urgent=True),
    "turn_lost": _ticket_kind(N_("Turn lost")),
    "turn_moved": _ticket_kind(N_("Time moved"), observes_quiet_hours=True),
    "turn_paused": _ticket_kind(N_("Office paused")),
    "turn_resumed": _ticket_kind(N_("Office goes on")),
    "turn_admitted": _ticket_kind(N_("Let into the line")),
    "turn_transferred": _ticket_kind(N_("Sent to another desk")),
    "turn_closed": _ticket_kind(N_("Office closed")),
}


def message_kind(name: str) -> MessageKind:
    """The declaration of a kind. Raises LookupError for one that nobody declared."""
    return KINDS[name]
