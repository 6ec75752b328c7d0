"""Sentences for the error codes of staff accounts."""

from __future__ import annotations

from ...core.i18n.catalogues import N_

ERROR_TEXTS: dict[str, str] = {
    "wrong_login": N_("The user or the password is not right. Check both and try again."),
    "too_many_logins": N_("Too many attempts. Try again in %(minutes)s min, or ask for a new password."),
    "too_many_codes": N_("Too many attempts. Try again in %(minutes)s min, or use a passkey."),
    "wrong_password": N_("This is not your password."),
    "wrong_code": N_("This code is not right. Wait for the next one, and check the clock of your phone."),
    "wrong_recovery_code": N_("This recovery code is not right, or was used already."),
    "login_expired": N_("That took too long, or there were too many wrong codes. Sign in again."),
    "second_factor": N_("This account needs a second factor. Sign in on the page."),
    "passkey_failed": N_("The passkey was not accepted. Try again, or sign in another way."),
    "passkey_expired": N_("The page was open for too long. Try again."),
    "passkey_known": N_("This device has a passkey of your account already."),
    "too_many_passkeys": N_("Your account has 20 passkeys. Remove one that you no longer use."),
    "factor_required": N_("Your role needs a second factor, and this is your last. Add another one first."),
    "no_factor": N_("Add a passkey or an authenticator app first."),
    "proof_needed": N_("Enter your password again, and repeat this."),
    "setup_expired": N_("The page was open for too long. Scan the new code."),
    "rules_changed": N_("Another administrator changed these rules meanwhile. Look at them again."),
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
