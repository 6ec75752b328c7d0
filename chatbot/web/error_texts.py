"""Texts of the assistant's error codes."""

from __future__ import annotations

from ...core.i18n.catalogues import N_

ERROR_TEXTS: dict[str, str] = {
    "chat_over": N_("This conversation has ended. Start again."),
    "chat_too_long": N_("This conversation is very long. Start again, or use the form."),
}
