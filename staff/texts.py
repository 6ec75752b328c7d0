"""What the error codes of accounts say to a person."""

from __future__ import annotations

from ..core.i18n import N_

ERRORS: dict[str, str] = {
    "wrong_login": N_("The user or the password is not right. Check both and try again."),
    "username_taken": N_("Somebody already has this username. Choose another."),
}
