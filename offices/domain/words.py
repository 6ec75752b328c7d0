"""Names of needs, modes, states and weekdays, which several features show. Pure.

Staff read other words than citizens: an agent reads what to prepare.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from ...core.i18n.catalogues import N_

ServiceMode = Literal["in_person", "video", "phone"]  # `phone`: an agent calls the citizen
SERVICE_MODES: tuple[ServiceMode, ...] = ("in_person", "video", "phone")

# The booking form has a box for each need. Programs may send other words, which the office sees unchanged.
NEED_NAMES: Mapping[str, str] = {
    "sign_language": N_("Sign language interpreter"),
    "step_free": N_("Step-free access, wheelchair"),
    "easy_reading": N_("Easy read, or more time"),
    "accompanied": N_("Someone is coming with me"),
}
STAFF_NEED_NAMES: Mapping[str, str] = {
    **NEED_NAMES,
    "sign_language": N_("With a sign language interpreter"),
    "accompanied": N_("With a companion"),
}

# in the order of the forms
MODE_NAMES: Mapping[ServiceMode, str] = {
    "video": N_("By video call"),
    "phone": N_("By telephone"),
    "in_person": N_("At the office"),
}
STAFF_MODE_NAMES: Mapping[str, str] = {
    "in_person": N_("In person"),
    "video": N_("By video"),
    "phone": N_("By telephone"),
}
MODE_ICONS: Mapping[str, str] = {"video": "video", "phone": "phone", "in_person": "desk"}

APPOINTMENT_STATE_NAMES: Mapping[str, str] = {
    "held": N_("Not confirmed"),
    "preconfirmed": N_("Not confirmed"),
    "confirmed": N_("Confirmed"),
    "checked_in": N_("Has arrived"),
    "served": N_("Attended"),
    "cancelled_citizen": N_("Cancelled by the person"),
    "cancelled_office": N_("Cancelled by the office"),
    "rescheduled": N_("Moved"),
    "no_show": N_("Did not come"),
}

WEEKDAY_NAMES: Mapping[str, str] = {
    "monday": N_("Monday"),
    "tuesday": N_("Tuesday"),
    "wednesday": N_("Wednesday"),
    "thursday": N_("Thursday"),
    "friday": N_("Friday"),
    "saturday": N_("Saturday"),
    "sunday": N_("Sunday"),
}
WEEKDAYS = tuple(WEEKDAY_NAMES)
