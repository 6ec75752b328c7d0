"""Sentences for the error codes of staff accounts."""

from __future__ import annotations

from ...core.i18n.catalogues import N_

ERROR_TEXTS: dict[str, str] = {
    "wrong_login": N_("The user or the password is not right. Check both and try again."),
    "too_many_logins": N_("Too many attempts. Try again in %(minutes)s min, or ask for a new password."),
    "choose_a_desk": N_("Choose the desk at which you sit."),
    "username_taken": N_("Somebody already has this username. Choose another."),
    "account_changed": N_("Another manager changed this account meanwhile. Look at it again."),
    "account_disabled": N_("This account is disabled. Enable it first."),
    "own_account": N_("You cannot disable your own account. Another manager can."),
    "last_administrator": N_("This is the last administrator. Make another person administrator first."),
    "role_above_own": N_("You can give roles up to your own."),
    "offices_required": N_("Choose at least one office."),
    "offices_not_own": N_("You can give offices of your own only."),
    "administrator_everywhere": N_("An administrator works in all offices. Choose all offices."),
    "key_exists": N_("This key was created already. It is shown only once."),
}
