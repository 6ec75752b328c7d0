"""Words that depend on a code: of the letters themselves, and of the page that lists them."""

from __future__ import annotations

from ..core.i18n import N_

# What a person can have asked for. Other words come from programs; no stranger's words go into a letter of ours.
NEEDS: dict[str, str] = {
    "sign_language": N_("Sign language interpreter"),
    "step_free": N_("Access without steps, wheelchair"),
    "easy_reading": N_("Easy reading or more time"),
    "accompanied": N_("Another person comes with me"),
}
