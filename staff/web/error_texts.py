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
    "account_from_provider": N_("This account signs in with the organisation's login. It has no password here."),
    "own_account_disabled": N_("Your account is disabled. The person who manages your office can enable it."),
    "no_remote_user": N_("The proxy in front of this site names no person now. Open the page again."),
    "unknown_remote_user": N_("The user that the proxy names has no account here. Ask an administrator."),
    "link_request_changed": N_("Another account asks now, or somebody has already answered. Look at it again."),
    "group_taken": N_("This group is in the list already. Change it there."),
    "group_changed": N_("Another administrator changed this group meanwhile. Look at it again."),
    "own_group": N_("You would lose your own role. Another administrator can do this."),
    "key_exists": N_("This key was created already. It is shown only once."),
}
