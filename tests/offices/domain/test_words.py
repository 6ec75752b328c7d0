"""Words that several features show."""

from __future__ import annotations

from typing import get_args

from office360.appointments.service import AppointmentState
from office360.notifications.domain.message_texts import NEEDS
from office360.offices.domain.words import (
    APPOINTMENT_STATE_NAMES,
    MODE_ICONS,
    MODE_NAMES,
    NEED_NAMES,
    STAFF_MODE_NAMES,
    STAFF_NEED_NAMES,
    ServiceMode,
)


def test_every_code_has_its_words() -> None:
    assert set(MODE_NAMES) == set(STAFF_MODE_NAMES) == set(MODE_ICONS) == set(get_args(ServiceMode))
    assert set(APPOINTMENT_STATE_NAMES) == set(AppointmentState)
    assert set(STAFF_NEED_NAMES) == set(NEED_NAMES)


def test_messages_say_the_needs_as_the_form() -> None:
    assert NEEDS == NEED_NAMES  # notifications import no other feature
