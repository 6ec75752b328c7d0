"""Sentences for the error codes of staff accounts."""

from __future__ import annotations

from ...core.i18n.catalogues import N_

ERROR_TEXTS: dict[str, str] = {
    "wrong_login": N_("The user or the password is not right. Check both and try again."),
    "too_many_logins": N_("Too many attempts. Try again in %(minutes)s min, or ask for a new password."),
    "no_office": N_("You work in no office yet. Whoever manages yours can add you."),
    "choose_a_desk": N_("Choose the desk at which you sit."),
    "username_taken": N_("Somebody already has this username. Choose another."),
}
