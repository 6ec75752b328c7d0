"""The notification of each change of a ticket, and when a repeated notification is due."""

from __future__ import annotations

from dataclasses import replace

import pytest
from office360.queue.domain import ticket, ticket_notifications
from office360.queue.domain.actors import CITIZEN_ACTOR
from office360.queue.domain.line_settings import LineSettings
from office360.queue.domain.ticket import TicketState
from office360.queue.domain.ticket_notifications import AnnouncedRange

from ..support.tickets import at_minute, walk_in_ticket

SETTINGS = LineSettings()


def test_own_action_of_citizen_sends_no_notification() -> None:
    missed = walk_in_ticket(1, 0, state=TicketState.CALLED)
    back = ticket.postpone_ticket(missed, SETTINGS, at_minute(1))
    assert ticket_notifications.notification_for_change(missed, back, CITIZEN_ACTOR, SETTINGS) is None
    returned = ticket_notifications.notification_for_change(missed, back, "staff:boris", SETTINGS)
    assert returned is not None
    assert returned.kind == "turn_returned"


@pytest.mark.parametrize(
    ("before_state", "state", "kind"),
    [
        (TicketState.WAITING, TicketState.CALLED, "turn_called"),
        (TicketState.ON_HOLD, TicketState.CALLED, "turn_called"),
        (TicketState.CALLED, TicketState.MISSED, "turn_missed"),
        (TicketState.MISSED, TicketState.NO_SHOW, "turn_lost"),
        (TicketState.MISSED, TicketState.CALLED, "turn_called"),
        (TicketState.STANDBY, TicketState.WAITING, "turn_admitted"),
        (TicketState.SERVING, TicketState.WAITING, "turn_transferred"),
        (TicketState.WAITING, TicketState.EXPIRED, "turn_closed"),
        (TicketState.STANDBY, TicketState.EXPIRED, "turn_closed"),
        (TicketState.CALLED, TicketState.SERVING, None),
        (TicketState.SERVING, TicketState.ON_HOLD, None),
        (TicketState.ON_HOLD, TicketState.WAITING, None),
        (TicketState.MISSED, TicketState.WAITING, None),
        (TicketState.SERVING, TicketState.FINISHED, None),
        (TicketState.WAITING, TicketState.LEFT, None),
    ],
)
def test_state_change_has_expected_notification(
    before_state: TicketState, state: TicketState, kind: str | None
) -> None:
    before = walk_in_ticket(1, 0, state=before_state)
    notification = ticket_notifications.notification_for_change(
        before, replace(before, state=state), "timer", SETTINGS
    )
    assert (notification.kind if notification else None) == kind


def test_miss_without_rejoin_left_is_notified_when_it_ends() -> None:
    called = walk_in_ticket(1, 0, state=TicketState.CALLED, rejoins=1)
    missed = ticket.miss_call(called, at_minute(3))
    assert ticket_notifications.notification_for_change(called, missed, "staff:boris", SETTINGS) is None
    ended = ticket.end_as_no_show(missed, at_minute(4))
    lost = ticket_notifications.notification_for_change(missed, ended, "timer", SETTINGS)
    assert lost is not None
    assert lost.kind == "turn_lost"


def test_each_repeated_call_is_a_new_notification() -> None:
    waiting = walk_in_ticket(1, 0)
    called = ticket.begin_call(waiting, "desk", "boris", at_minute(5))
    again = ticket.repeat_call(called)
    third = ticket.repeat_call(again)
    changes = [(waiting, called, "staff:b"), (called, again, "timer"), (again, third, "staff:b")]
    sent = [ticket_notifications.notification_for_change(*change, SETTINGS) for change in changes]
    kinds = [notification.kind for notification in sent if notification]
    assert kinds == ["turn_called", "turn_called_again", "turn_called_again"]
    assert len({(notification.kind, notification.stamp) for notification in sent if notification}) == 3


def test_range_moved_if_either_end_shifts_over_15_minutes() -> None:
    announced = AnnouncedRange(at_minute(30), at_minute(40))
    assert not ticket_notifications.has_range_moved(announced, AnnouncedRange(at_minute(45), at_minute(55)))
    assert ticket_notifications.has_range_moved(announced, AnnouncedRange(at_minute(46), at_minute(56)))
    assert ticket_notifications.has_range_moved(announced, AnnouncedRange(at_minute(10), at_minute(20)))
    assert ticket_notifications.has_range_moved(announced, AnnouncedRange(at_minute(30), at_minute(56)))
    assert not ticket_notifications.has_range_moved(announced, None)
    assert ticket_notifications.has_range_moved(None, announced)


def test_first_three_positions_are_next_unless_postponed() -> None:
    waiting = walk_in_ticket(1, 0)
    notified = [
        ticket_notifications.notification_if_next(waiting, ahead, None, at_minute(1)) is not None
        for ahead in (0, 1, 2, 3, None)
    ]
    assert notified == [True, True, True, False, False]
    postponed = replace(waiting, not_before=at_minute(11))
    called = replace(waiting, state=TicketState.CALLED)
    assert ticket_notifications.notification_if_next(postponed, 0, None, at_minute(1)) is None
    assert ticket_notifications.notification_if_next(called, 0, None, at_minute(1)) is None


@pytest.mark.parametrize("ahead", [0, 2])
def test_next_waits_until_15_minutes_before_expected_call(ahead: int) -> None:
    waiting = walk_in_ticket(1, 0)
    notified = [
        ticket_notifications.notification_if_next(waiting, ahead, at_minute(30), at_minute(minute)) is not None
        for minute in (1, 14, 15)
    ]
    assert notified == [False, False, True]


def test_every_notification_kind_is_listed() -> None:
    kinds = {
        ticket_notifications.ISSUED_NOTIFICATION.kind,
        *ticket_notifications._NEW_STATE.values(),
        *ticket_notifications._BACK_IN_LINE.values(),
    }
    kinds |= {"turn_called_again", "turn_next", "turn_moved", "turn_paused", "turn_resumed"}
    assert kinds == ticket_notifications.NOTIFICATION_KINDS
