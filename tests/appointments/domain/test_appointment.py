"""Transitions of an appointment, and the times between which a citizen may enter."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from itertools import product

import pytest
from office360.appointments.domain.appointment import (
    ALLOWED_TRANSITIONS,
    Appointment,
    AppointmentState,
    EntryWindow,
    check_changeable,
    check_transition,
    entry_window,
)
from office360.core.errors import Refused
from office360.offices.domain.words import ServiceMode

from ..support.requesters import AMINA, FRIDAY_AT_9

S = AppointmentState

# docs/api.md#booking as pairs; expired holds are deleted and have no state.
LEGAL = {
    (S.HELD, S.PRECONFIRMED),
    (S.HELD, S.CONFIRMED),
    (S.PRECONFIRMED, S.CONFIRMED),
    (S.CONFIRMED, S.CHECKED_IN),
    (S.CONFIRMED, S.CANCELLED_CITIZEN),
    (S.CONFIRMED, S.CANCELLED_OFFICE),
    (S.CONFIRMED, S.RESCHEDULED),
    (S.CONFIRMED, S.NO_SHOW),
    (S.PRECONFIRMED, S.CANCELLED_CITIZEN),
    (S.PRECONFIRMED, S.CANCELLED_OFFICE),
    (S.CHECKED_IN, S.SERVED),
    (S.CHECKED_IN, S.CONFIRMED),
}


def appointment(mode: ServiceMode = "video") -> Appointment:
    return Appointment(
        id="1",
        locator="7KQM2X9T",
        state=S.CONFIRMED,
        office_id="o",
        office_slug="centro",
        service_slug="certificate",
        mode=mode,
        starts_at=FRIDAY_AT_9,
        ends_at=FRIDAY_AT_9 + timedelta(minutes=15),
        phone=None,
        document=None,
        language="es",
        needs=(),
        token_hash="h",
        created_at=FRIDAY_AT_9 - timedelta(days=2),
        name=AMINA["name"],
        email=AMINA["email"],
    )


@pytest.mark.parametrize(("state", "to"), list(product(S, S)))
def test_only_listed_state_transitions_are_allowed(state: S, to: S) -> None:
    if (state, to) in LEGAL:
        assert check_transition(state, to) is to
        return
    with pytest.raises(Refused) as refusal:
        check_transition(state, to)
    assert refusal.value.code == "illegal_transition"


def test_every_state_lists_its_transitions() -> None:
    assert set(ALLOWED_TRANSITIONS) == set(S)


@pytest.mark.parametrize(
    ("mode", "minutes", "expected"),
    [
        ("video", -16, EntryWindow.TOO_EARLY),
        ("video", -15, EntryWindow.OPEN),
        ("video", 44, EntryWindow.OPEN),
        ("video", 45, EntryWindow.CLOSED),
        ("in_person", -16, EntryWindow.TOO_EARLY),
        ("in_person", -15, EntryWindow.OPEN),
        ("in_person", 29, EntryWindow.OPEN),
        ("in_person", 30, EntryWindow.CLOSED),
    ],
)
def test_entry_opens_fifteen_minutes_before_start(mode: ServiceMode, minutes: int, expected: EntryWindow) -> None:
    assert entry_window(appointment(mode), FRIDAY_AT_9 + timedelta(minutes=minutes)) is expected


def test_ended_appointment_cannot_be_changed() -> None:
    visit = appointment()
    check_changeable(visit, S.CANCELLED_CITIZEN, visit.ends_at - timedelta(seconds=1))
    with pytest.raises(Refused, match="too_late"):
        check_changeable(visit, S.CANCELLED_CITIZEN, visit.ends_at)


def test_change_after_the_office_limit_is_refused() -> None:
    visit, limit = appointment(), timedelta(hours=2)
    last = visit.starts_at - limit
    check_changeable(visit, S.RESCHEDULED, last - timedelta(seconds=1), limit)
    with pytest.raises(Refused, match="change_closed") as refusal:
        check_changeable(visit, S.RESCHEDULED, last, limit, "900 000 360")
    assert refusal.value.details == {"phone": "900 000 360"}
    with pytest.raises(Refused, match="too_late"):
        check_changeable(visit, S.RESCHEDULED, visit.ends_at, limit)


def test_checked_in_appointment_cannot_be_rescheduled() -> None:
    with pytest.raises(Refused, match="illegal_transition"):
        check_changeable(replace(appointment(), state=S.CHECKED_IN), S.RESCHEDULED, FRIDAY_AT_9)
