"""Each check of the soak's books finds its mistake, and finds none where there is none."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from office360.benchmarks.soak.ledger import (
    DeskPeriod,
    Ledger,
    Outcome,
    PhoneState,
    RecordedWrite,
    StoredAppointment,
    StoredEvent,
    StoredMessage,
    StoredTicket,
    check_actions,
    check_appointments,
    check_desks,
    check_growth,
    check_leases,
    check_messages,
    check_numbers,
    check_phones,
    check_slots,
    check_timers,
    check_transitions,
    check_writes,
)

NOW = datetime(2026, 11, 25, 9, 30, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
ACKNOWLEDGED = RecordedWrite(Outcome.ACKNOWLEDGED, "t1")


@pytest.mark.parametrize(
    ("write", "stored", "mistake"),
    [
        (ACKNOWLEDGED, [("amina", "t1")], ""),
        (ACKNOWLEDGED, [], "lost"),
        (ACKNOWLEDGED, [("amina", "t1"), ("amina", "t2")], "stored 2 times"),
        (ACKNOWLEDGED, [("amina", "t2")], "stored as t2"),
        (RecordedWrite(Outcome.REFUSED), [], ""),
        (RecordedWrite(Outcome.REFUSED), [("amina", "t1")], "refused, but stored"),
        (RecordedWrite(Outcome.UNKNOWN), [], ""),
        (RecordedWrite(Outcome.UNKNOWN), [("amina", "t1")], ""),
        (RecordedWrite(Outcome.UNKNOWN), [("amina", "t1"), ("amina", "t2")], "stored 2 times"),
        (ACKNOWLEDGED, [("amina", "t1"), ("diego", "t2")], "never asked for"),
    ],
)
def test_write_is_stored_as_it_was_answered(
    write: RecordedWrite, stored: list[tuple[str, str]], mistake: str
) -> None:
    found = check_writes({"amina": write}, stored)
    assert [mistake in one for one in found] == ([True] if mistake else [])


@pytest.mark.parametrize(
    ("acknowledged", "unknown", "stored", "is_mistake"),
    [(1, 0, 1, False), (1, 0, 0, True), (1, 0, 2, True), (1, 1, 2, False), (0, 1, 1, False), (0, 1, 2, True)],
)
def test_action_happened_as_often_as_acknowledged(
    acknowledged: int, unknown: int, stored: int, is_mistake: bool
) -> None:
    ledger = Ledger()
    ledger.actions["t1", "finished"] = acknowledged
    ledger.unknown_actions["t1", "finished"] = unknown
    events = [StoredEvent("t1", "finished", "serving", "finished")] * stored
    assert bool(check_actions(ledger, events)) is is_mistake


def test_idempotent_action_may_be_done_by_a_timer() -> None:
    ledger = Ledger()
    ledger.actions["t1", "missed"] = 1
    timer = StoredEvent("t1", "missed", "called", "missed", by_person=False)
    assert check_actions(ledger, [timer]) == []
    assert check_actions(ledger, []) != []


def ticket(state: str, number: int = 1) -> StoredTicket:
    return StoredTicket("t1", "amina", state, "line", "2026-11-25", number)


ISSUED = StoredEvent("t1", "issued", None, "waiting")
CALLED = StoredEvent("t1", "called", "waiting", "called")
STARTED = StoredEvent("t1", "started", "called", "serving")


def test_ticket_called_twice_from_one_wait_is_found() -> None:
    assert check_transitions([ticket("called")], [ISSUED, CALLED]) == []
    put_back = StoredEvent("t1", "put_back", "called", "waiting")
    assert check_transitions([ticket("called")], [ISSUED, CALLED, put_back, CALLED]) == []
    assert check_transitions([ticket("called")], [ISSUED, CALLED, CALLED]) != []


def test_ticket_without_its_last_event_is_found() -> None:
    assert check_transitions([ticket("serving")], [ISSUED, CALLED, STARTED]) == []
    assert check_transitions([ticket("serving")], [ISSUED, CALLED]) != []
    assert check_transitions([ticket("waiting")], []) != []


def test_desk_with_two_tickets_at_one_time_is_found() -> None:
    first = DeskPeriod("t1", "desk", NOW, NOW + MINUTE)
    assert check_desks([first, DeskPeriod("t2", "desk", NOW + MINUTE, None)]) == []
    assert check_desks([first, DeskPeriod("t2", "desk", NOW + MINUTE / 2, None)]) != []
    assert check_desks([first, DeskPeriod("t1", "other", NOW + MINUTE / 2, None)]) != []


def test_gap_in_numbers_is_found() -> None:
    assert check_numbers([ticket("waiting", 1), ticket("waiting", 2)]) == []
    assert check_numbers([ticket("waiting", 1), ticket("waiting", 3)]) != []
    assert check_numbers([ticket("waiting", 1), ticket("waiting", 1)]) != []


def appointment(state: str = "confirmed", service: str = "documents", minutes: float = 0) -> StoredAppointment:
    start = NOW + timedelta(minutes=minutes)
    return StoredAppointment("a1", "amina", state, "centro", service, "in_person", start, start + 10 * MINUTE)


CAPACITY = {("centro", "documents", "in_person"): 1, ("centro", "certificate", "in_person"): 1}


def test_slot_sold_twice_is_found() -> None:
    assert check_slots([appointment(), appointment(minutes=10)], CAPACITY, desks=2) == []
    assert check_slots([appointment(), appointment("cancelled_citizen")], CAPACITY, desks=2) == []
    assert check_slots([appointment(), appointment(minutes=5)], CAPACITY, desks=2) != []


def test_desk_promised_to_two_services_is_found() -> None:
    both = [appointment(), appointment(service="certificate")]
    assert check_slots(both, CAPACITY, desks=2) == []
    assert check_slots(both, CAPACITY, desks=1) != []


def test_acknowledged_cancellation_that_is_lost_is_found() -> None:
    ledger = Ledger(appointment_states={"a1": "cancelled_citizen"})
    assert check_appointments(ledger, [appointment("cancelled_citizen")]) == []
    assert check_appointments(ledger, [appointment()]) != []


def test_phone_with_a_stale_frame_is_found() -> None:
    stored = {"t1": PhoneState("called", "desk", None, 0)}
    assert check_phones({"t1": stored["t1"]}, stored) == []
    assert check_phones({"t1": PhoneState("waiting", None, 0, 0)}, stored) != []
    assert check_phones({"t1": None}, stored) != []


def message(state: str, leased_until: datetime | None = None) -> StoredMessage:
    return StoredMessage("key", "email", state, NOW - MINUTE, leased_until, frozenset({"key"}))


@pytest.mark.parametrize(
    ("stored", "delivered", "is_mistake"),
    [
        (message("sent"), ["key"], False),
        (message("sent"), [], True),
        (message("void"), [], False),
        (message("pending"), [], True),
        (message("pending", leased_until=NOW), [], False),
        (message("sending", leased_until=NOW - 30 * timedelta(seconds=1)), [], True),
        (message("dead"), [], True),
    ],
)
def test_message_is_sent_or_waits(stored: StoredMessage, delivered: list[str], is_mistake: bool) -> None:
    assert bool(check_messages([stored], delivered, NOW, patience_s=5)) is is_mistake


def test_overdue_timer_is_found() -> None:
    assert check_timers([("recall", NOW - timedelta(seconds=4))], NOW, patience_s=5) == []
    assert check_timers([("recall", NOW - timedelta(seconds=6))], NOW, patience_s=5) != []


def test_orphaned_lease_is_found() -> None:
    assert check_leases([("nightly", NOW + MINUTE, True), ("idempotency key", None, True)], NOW) == []
    assert check_leases([("nightly", NOW, True)], NOW) != []
    assert check_leases([("idempotency key", None, False)], NOW) != []


def test_steady_growth_is_found_and_warming_up_is_not() -> None:
    warm = [10.0, 40.0, 50.0, 50.0, 50.0, 50.0, 50.0, 50.0]
    assert check_growth("web", warm, largest_growth=10, unit="MB") == []
    assert check_growth("web", [10.0 * one for one in range(8)], largest_growth=10, unit="MB") != []
    assert check_growth("web", [0.0, 100.0], largest_growth=10, unit="MB") == []
