"""Sentences for the error codes of the connection test."""

from __future__ import annotations

from ...core.i18n.catalogues import N_

ERROR_TEXTS: dict[str, str] = {
    "test_room_full": N_(
        "All places are taken. You are number %(position)s in the queue and we are keeping your place."
    ),
    "test_room_missing": N_("This site has no connection test"),
    "test_over": N_("That test has ended. Start another one."),
    "bad_offer": N_("We cannot read what the browser sent. Run the test again."),
}
