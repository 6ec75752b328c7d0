"""Which situations of an office a person is told."""

from __future__ import annotations

from datetime import timedelta

import pytest
from office360.core.auth import StaffRole
from office360.core.errors import Invalid
from office360.staff.domain.alerts import (
    AlertKind,
    AlertSettings,
    LobbyWait,
    OfficeAttention,
    TicketWait,
    check_alert_numbers,
    find_alerts,
    push_key,
    should_push,
)

from ...conftest import MORNING

ALL_EVENTS = AlertSettings(lobby=True, help=True, long_wait=True, wait_minutes=30)
HELP = TicketWait("t1", "B-042", None, MORNING)
LONG_WAIT = TicketWait("t2", "A-001", MORNING - timedelta(minutes=31), None)
GUEST = LobbyWait("a1", "p1", "identity", MORNING)


def kinds(attention: OfficeAttention, role: StaffRole, settings: AlertSettings = ALL_EVENTS) -> list[str]:
    return [str(alert.kind) for alert in find_alerts(attention, "boris", role, settings, MORNING)]


def test_nothing_is_told_without_a_choice() -> None:
    attention = OfficeAttention((GUEST,), (HELP, LONG_WAIT))
    assert kinds(attention, StaffRole.MANAGER, AlertSettings()) == []


def test_host_is_told_about_everything_chosen() -> None:
    attention = OfficeAttention((GUEST,), (LONG_WAIT, HELP), has_host=True)
    assert kinds(attention, StaffRole.HOST) == ["help", "lobby", "long_wait"]


def test_agent_is_told_about_help_while_no_host_is_there() -> None:
    assert kinds(OfficeAttention(tickets=(HELP, LONG_WAIT)), StaffRole.AGENT) == ["help"]
    assert kinds(OfficeAttention(tickets=(HELP, LONG_WAIT), has_host=True), StaffRole.AGENT) == []


@pytest.mark.parametrize(
    ("desks", "is_told"),
    [
        ({}, True),
        ({"boris": frozenset({"identity"})}, True),
        ({"boris": frozenset({"registry"}), "elena": frozenset({"identity"})}, False),
        ({"boris": frozenset({"registry"})}, True),
    ],
    ids=["no desk is open", "own line", "line of another desk", "line of no desk"],
)
def test_lobby_is_told_to_desk_of_its_line(desks: dict[str, frozenset[str]], is_told: bool) -> None:
    attention = OfficeAttention((GUEST,), lines_by_agent=desks)
    assert kinds(attention, StaffRole.AGENT) == (["lobby"] if is_told else [])


def test_wait_is_told_from_own_limit_on() -> None:
    attention = OfficeAttention(tickets=(LONG_WAIT,))
    later = AlertSettings(long_wait=True, wait_minutes=32)
    assert kinds(attention, StaffRole.HOST) == ["long_wait"]
    assert kinds(attention, StaffRole.HOST, later) == []


def test_old_or_earlier_situation_is_not_pushed() -> None:
    (alert,) = find_alerts(OfficeAttention(tickets=(HELP,)), "carmen", StaffRole.HOST, ALL_EVENTS, MORNING)
    assert should_push(alert, MORNING, MORNING)
    assert not should_push(alert, MORNING + timedelta(seconds=1), MORNING), "the device subscribed afterwards"
    assert not should_push(alert, MORNING, MORNING + timedelta(minutes=11)), "the worker was down"


def test_guest_who_comes_back_soon_has_the_same_push() -> None:
    again = LobbyWait("a1", "p1", "identity", MORNING + timedelta(minutes=2))
    first, second = (
        find_alerts(OfficeAttention((guest,)), "boris", StaffRole.AGENT, ALL_EVENTS, MORNING)[0]
        for guest in (GUEST, again)
    )
    assert first.id != second.id
    assert push_key(first) == push_key(second)
    assert first.kind is AlertKind.LOBBY


def test_wrong_numbers_name_each_field() -> None:
    with pytest.raises(Invalid) as refused:
        check_alert_numbers("4", "loud")
    assert [(field.field, field.code) for field in refused.value.fields] == [
        ("wait_minutes", "out_of_range"),
        ("volume", "out_of_range"),
    ]
    assert check_alert_numbers(" 45 ", "10") == (45, 10)
