"""Names of modes, and what to correct in the booking form.

Error codes are in error_texts.py.
"""

from __future__ import annotations

from ...core.i18n.catalogues import N_
from ...offices.service import ServiceMode

MODE_NAMES: dict[ServiceMode, str] = {
    "video": N_("By video call"),
    "phone": N_("By telephone"),
    "in_person": N_("At the office"),
}

MODE_ICONS: dict[ServiceMode, str] = {"video": "video", "phone": "phone", "in_person": "desk"}

# The summary above the form: what to do about each invalid field, in the order of the form.
DETAIL_HINTS: dict[str, str] = {
    "name": N_("Enter your full name"),
    "email": N_("Complete your e-mail"),
    "phone": N_("Correct your telephone"),
    "needs": N_("Choose what you need from the list"),
    "needs_note": N_("Shorten what you typed"),
    "privacy_accepted": N_("Accept how we use your data"),
}
