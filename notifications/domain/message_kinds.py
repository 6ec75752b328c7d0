"""Kinds of messages, all declared here: channels, link, group and expiry. Pure.

**To add a kind**

1. Add an entry to `KINDS` below: its title in lists, the page that it links to, its channels, its group, the
   payload field with its expiry, and whether quiet hours postpone it.
2. Write its texts. E-mail: `templates/notifications/<kind>.html` and `<kind>.txt` (its first line is the
   subject). Push and SMS: a branch of `templates/notifications/notice.txt` (a title, then a line or two).
   Spanish goes into `locale/es.po`. Templates get `facts`: the payload, with its instants as datetimes.
3. Enqueue it in the feature that knows the facts (`Transaction.enqueue_message`, or `enqueue_unless_present`
   of `core/db/outbox.py`). The payload holds `<purpose>_id` and `token_hash` for the link, `timezone` (of the
   office), `office_slug` (staff see the messages of their offices), and the field that `expiry_field` names.
4. Add a payload to `tests/notifications/support/payloads.py`; `test_message_kinds.py` then renders the kind
   in every language and for every channel of its entry.

The rest follows from the entry: opt-outs of its group, the link to stop the group (also in headers for mail
programs), quiet hours and expiry.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ...core.i18n.catalogues import N_
from .channel_declaration import MessageGroup
from .declared_channels import CHOSEN, FOR_GIVEN_NUMBERS

EMAIL, PUSH = "email", "push"
TEST_KIND = "staff_test"  # a message of staff to themselves, which no figure counts


@dataclass(frozen=True, slots=True)
class LinkTarget:
    """The page that a kind links to.

    `purpose` is the purpose of the link's token; the payload field `<purpose>_id` identifies what the token
    is for. `path` is the first part of the page's URL. Without `has_token` the page asks for a login and the URL
    has no token; a push may then have a `path` of its own in its payload, and a `tag`: a newer push replaces it.
    """

    purpose: str
    path: str
    has_token: bool = True


APPOINTMENT = LinkTarget("appointment", "a")
TICKET = LinkTarget("ticket", "t")
EMAIL_VERIFICATION = LinkTarget("mailbox", "verify")  # a citizen without an appointment confirms the address
WAITLIST_ENTRY = LinkTarget("waiting", "waiting")
FIGURES_PAGE = LinkTarget("figures", "staff/manage/figures", has_token=False)
STAFF_TEST = LinkTarget("test_message", "staff/manage/messages", has_token=False)
GUEST_LINK = LinkTarget("guest", "i")  # an interpreter, relative or colleague enters a video call
STAFF_ACCOUNT = LinkTarget("account", "staff/link")  # a person of the staff chooses a password
OWN_ACCOUNT = LinkTarget("account", "staff/account", has_token=False)
STAFF_CONSOLE = LinkTarget("console", "staff", has_token=False)


@dataclass(frozen=True, slots=True)
class MessageKind:
    """The declaration of a kind.

    `expiry_field`: the payload field with the expiry; None for half a day after the message was written.
    `observes_quiet_hours`: pushes and SMS wait for the end of quiet hours, or are dropped if they expire before.
    `is_urgent`: the recipient must act now; a push stays on the screen until it is read.
    `stop_link`: messages of a group that can be stopped say how. A single message of a ticket is enough for that.
    `opens_room`: the link of a push or SMS about a video appointment leads straight to its room.
    `calendar_method`: what the attached file does to the calendar entry (RFC 5546); None without an attached file.
    `hidden_beside_console`: a push is not shown while its reader looks at a console of the office.
    """

    title: str
    link_target: LinkTarget
    channels: frozenset[str]
    group: MessageGroup = MessageGroup.TRANSACTIONAL
    expiry_field: str | None = None
    observes_quiet_hours: bool = False
    is_urgent: bool = False
    stop_link: bool = True
    opens_room: bool = False
    calendar_method: str | None = None
    hidden_beside_console: bool = False

    @property
    def can_be_stopped(self) -> bool:
        return self.group is not MessageGroup.TRANSACTIONAL

    @property
    def has_stop_link(self) -> bool:
        return self.can_be_stopped and self.stop_link


def _appointment_kind(title: str, calendar_method: str, *other_channels: str) -> MessageKind:
    """Declare a kind about an appointment, for e-mail and other channels."""
    return MessageKind(
        title,
        APPOINTMENT,
        frozenset({EMAIL, *other_channels}),
        expiry_field="ends_at",
        calendar_method=calendar_method,
    )


def _reminder_kind(title: str, *, observes_quiet_hours: bool, opens_room: bool = False) -> MessageKind:
    """Declare a reminder of an appointment, for every channel."""
    return MessageKind(
        title,
        APPOINTMENT,
        frozenset({EMAIL, PUSH, *CHOSEN}),
        MessageGroup.REMINDERS,
        "until",
        observes_quiet_hours=observes_quiet_hours,
        opens_room=opens_room,
    )


def _staff_alert_kind(title: str, *, is_urgent: bool = False) -> MessageKind:
    """Declare a push to a device of staff, who choose their alerts on a page of their own."""
    return MessageKind(
        title,
        STAFF_CONSOLE,
        frozenset({PUSH}),
        expiry_field="until",
        is_urgent=is_urgent,
        hidden_beside_console=True,
    )


def _ticket_kind(
    title: str, *, is_urgent: bool = False, observes_quiet_hours: bool = False, stop_link: bool = False
) -> MessageKind:
    """Declare a notification about a ticket, for citizens who asked for it by push or SMS."""
    return MessageKind(
        title,
        TICKET,
        frozenset({PUSH, *CHOSEN}),
        MessageGroup.TURNS,
        "until",
        observes_quiet_hours=observes_quiet_hours,
        is_urgent=is_urgent,
        stop_link=stop_link,
    )


KINDS: Mapping[str, MessageKind] = {
    "appointment_confirmed": _appointment_kind(N_("Appointment confirmed"), "PUBLISH", *CHOSEN),
    "appointment_rescheduled": _appointment_kind(N_("Appointment moved"), "PUBLISH", PUSH, *CHOSEN),
    "appointment_cancelled": _appointment_kind(N_("Appointment cancelled"), "CANCEL", PUSH, *CHOSEN),
    "appointment_reminder_days": _reminder_kind(N_("Reminder, days before"), observes_quiet_hours=True),
    "appointment_reminder_day": _reminder_kind(N_("Reminder, the day before"), observes_quiet_hours=True),
    "appointment_reminder_hour": _reminder_kind(
        N_("Reminder, shortly before"), observes_quiet_hours=False, opens_room=True
    ),
    "appointment_late": MessageKind(
        N_("We run late"), APPOINTMENT, frozenset({EMAIL, PUSH, *CHOSEN}), expiry_field="until", is_urgent=True
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
    "appointment_office_cancelled": _appointment_kind(N_("Cancelled by the office"), "CANCEL", PUSH, *CHOSEN),
    # the first push to a browser that subscribed to an appointment
    "appointment_followed": MessageKind(
        N_("Notices of an appointment"), APPOINTMENT, frozenset({PUSH}), expiry_field="ends_at"
    ),
    "earlier_offer": MessageKind(
        N_("An earlier time is available"),
        APPOINTMENT,
        frozenset({EMAIL, PUSH, *CHOSEN}),
        MessageGroup.OFFERS,
        expiry_field="offered_until",
        is_urgent=True,
    ),
    "come_in_now": MessageKind(
        N_("Video call can begin now"),
        APPOINTMENT,
        frozenset({EMAIL, PUSH, *CHOSEN}),
        MessageGroup.OFFERS,
        expiry_field="offered_until",
        is_urgent=True,
    ),
    "appointment_link": MessageKind(
        N_("Link to an appointment"), APPOINTMENT, frozenset({EMAIL}), expiry_field="ends_at"
    ),
    "room_ready": MessageKind(
        N_("Called back to the video call"),
        APPOINTMENT,
        frozenset({EMAIL, PUSH, *CHOSEN}),
        expiry_field="until",
        is_urgent=True,
        opens_room=True,
    ),
    "acceptance_code": MessageKind(
        N_("Code to accept a text"),
        APPOINTMENT,
        frozenset({EMAIL, *FOR_GIVEN_NUMBERS}),
        expiry_field="until",
        is_urgent=True,
    ),
    "acceptance_receipt": MessageKind(
        N_("Copy of an accepted text"), APPOINTMENT, frozenset({EMAIL}), expiry_field="until"
    ),
    "room_invite": MessageKind(
        N_("Invited to a video call as a guest"),
        GUEST_LINK,
        frozenset({EMAIL, *FOR_GIVEN_NUMBERS}),
        expiry_field="until",
        is_urgent=True,
    ),
    "phone_call_missed": MessageKind(
        N_("Called by telephone without an answer"),
        APPOINTMENT,
        frozenset({EMAIL, PUSH, *CHOSEN}),
        expiry_field="until",
        is_urgent=True,
    ),
    "waiting_joined": MessageKind(N_("Asked whether to wait"), WAITLIST_ENTRY, frozenset({EMAIL})),
    "waiting_begun": MessageKind(N_("On the waiting list"), WAITLIST_ENTRY, frozenset({EMAIL})),
    "waiting_offer": MessageKind(
        N_("A time is available"),
        WAITLIST_ENTRY,
        frozenset({EMAIL}),
        MessageGroup.OFFERS,
        expiry_field="offered_until",
        is_urgent=True,
    ),
    "waiting_expired": MessageKind(
        N_("You are no longer on the waiting list"), WAITLIST_ENTRY, frozenset({EMAIL})
    ),
    "staff_invitation": MessageKind(
        N_("Invitation of a colleague"), STAFF_ACCOUNT, frozenset({EMAIL}), expiry_field="expires_at"
    ),
    "staff_reset": MessageKind(
        N_("Link for a new password"), STAFF_ACCOUNT, frozenset({EMAIL}), expiry_field="expires_at"
    ),
    "monthly_figures": MessageKind(
        N_("Figures of a month"), FIGURES_PAGE, frozenset({EMAIL}), MessageGroup.FIGURES, expiry_field="until"
    ),
    "staff_factor": MessageKind(N_("Change of a second factor"), OWN_ACCOUNT, frozenset({EMAIL})),
    "staff_lobby": _staff_alert_kind(N_("Alert to staff: lobby")),
    "staff_help": _staff_alert_kind(N_("Alert to staff: help"), is_urgent=True),
    "staff_long_wait": _staff_alert_kind(N_("Alert to staff: long wait")),
    "staff_transfer": _staff_alert_kind(N_("A colleague hands a video call over"), is_urgent=True),
    "staff_emergency": MessageKind(
        N_("Emergency at a desk"), STAFF_CONSOLE, frozenset({PUSH}), expiry_field="until", is_urgent=True
    ),
    "staff_evacuation": MessageKind(
        N_("Evacuation, to staff"), STAFF_CONSOLE, frozenset({PUSH}), expiry_field="until", is_urgent=True
    ),
    TEST_KIND: MessageKind(N_("Test message"), STAFF_TEST, frozenset({EMAIL, PUSH, *CHOSEN})),
    "ticket_issued": MessageKind(N_("Joined the queue"), TICKET, frozenset({EMAIL})),
    "ticket_standby": MessageKind(N_("On standby"), TICKET, frozenset({EMAIL})),
    "ticket_link": MessageKind(N_("Link to a ticket"), TICKET, frozenset({EMAIL, *CHOSEN})),
    "turn_issued": _ticket_kind(N_("Joined the queue"), stop_link=True),
    "turn_next": _ticket_kind(N_("Nearly their turn"), is_urgent=True),
    "turn_called": _ticket_kind(N_("Called"), is_urgent=True),
    "turn_called_again": _ticket_kind(N_("Called again"), is_urgent=True),
    "turn_returned": _ticket_kind(N_("Call taken back")),
    "turn_missed": _ticket_kind(N_("Did not come"), is_urgent=True),
    "turn_lost": _ticket_kind(N_("Place lost")),
    "turn_moved": _ticket_kind(N_("Time moved"), observes_quiet_hours=True),
    "turn_paused": _ticket_kind(N_("Office paused")),
    "turn_evacuation": MessageKind(
        N_("Evacuation"), TICKET, frozenset({PUSH, *CHOSEN}), expiry_field="until", is_urgent=True
    ),
    "turn_resumed": _ticket_kind(N_("Office goes on")),
    "turn_admitted": _ticket_kind(N_("Let into the queue")),
    "turn_transferred": _ticket_kind(N_("Sent to another desk")),
    "turn_closed": _ticket_kind(N_("Office closed")),
}


URGENT_KINDS = frozenset(name for name, kind in KINDS.items() if kind.is_urgent)


def message_kind(name: str) -> MessageKind:
    """Return the declaration of a kind. Raises LookupError for an unknown kind."""
    return KINDS[name]
