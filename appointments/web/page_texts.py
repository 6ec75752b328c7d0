"""Texts of the booking pages: needs at the visit, modes, hints of the form, parts of a day."""

from __future__ import annotations

from ...core.i18n.catalogues import N_
from ...offices.service import ServiceMode

# What can be asked for by ticking a box; programs may send other words, which the office reads as they are.
NEED_NAMES: dict[str, str] = {
    "sign_language": N_("Sign language interpreter"),
    "step_free": N_("Step-free access, wheelchair"),
    "easy_reading": N_("Easy reading or more time"),
    "accompanied": N_("Another person comes with me"),
}

MODE_NAMES: dict[ServiceMode, str] = {
    "video": N_("By video call"),
    "in_person": N_("At the office"),
}

# The summary above the form: what to do about each field that is not acceptable, in the form's order.
DETAIL_HINTS: dict[str, str] = {
    "name": N_("Write your name and surname"),
    "email": N_("Complete your e-mail"),
    "phone": N_("Complete your telephone, or delete it"),
    "needs": N_("Choose what you need from the list"),
    "needs_note": N_("Shorten what you wrote"),
    "privacy_accepted": N_("Accept how we use your data"),
}

_SMALL_HOURS = N_("In the small hours")
_MORNING = N_("In the morning")
_AFTERNOON = N_("In the afternoon")
_NIGHT = N_("At night")

# The parts of a day in which times are grouped, by the first hour of each.
PARTS_OF_DAY: dict[str, tuple[tuple[int, str], ...]] = {
    # In Spain the morning goes on until lunch.
    "es": ((0, _SMALL_HOURS), (6, _MORNING), (14, _AFTERNOON), (21, _NIGHT)),
    "en": ((0, _SMALL_HOURS), (6, _MORNING), (12, _AFTERNOON), (21, _NIGHT)),
}
