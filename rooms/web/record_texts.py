"""Sentences for the scripts of the identity check and the telephone, by key."""

from __future__ import annotations

from collections.abc import Mapping

from ...core.i18n.catalogues import N_

RECORD_TEXTS: Mapping[str, str] = {
    "asked_front": N_("The office asks to see the front of your identity document"),
    "asked_back": N_("The office asks to see the back of your identity document"),
    "document_asked": N_("Asked. Waiting for the person to show it."),
    "document_showing": N_("Look at it now: %(seconds)s s"),
    "document_shown": N_("It was shown. You can ask again."),
    "document_declined": N_("The person does not want to show it now."),
    "document_failed": N_("The person's camera did not open. Ask them to show it before their usual camera."),
    "document_silent": N_("No answer yet. Ask the person, or press again."),
    "document_seconds": N_("%(seconds)s s"),
    "by_phone_known": N_("The office is calling you on %(number)s. Answer your telephone."),
    "by_phone_unknown": N_("The office will continue by telephone."),
    "by_phone_staff": N_("By telephone since %(time)s"),
    "number_copied": N_("Copied"),
}
