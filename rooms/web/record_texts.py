"""Sentences for the scripts of the identity check and the telephone, by key."""

from __future__ import annotations

from ...core.i18n.catalogues import GettextFunction


def record_script_texts(t: GettextFunction) -> dict[str, str]:
    """Return the sentences in the reader's language."""
    return {
        "asked_front": t("The office asks to see the front of your identity document"),
        "asked_back": t("The office asks to see the back of your identity document"),
        "document_asked": t("Asked. Waiting for the person to show it."),
        "document_showing": t("Look at it now: %(seconds)s s"),
        "document_shown": t("It was shown. You can ask again."),
        "document_declined": t("The person does not want to show it now."),
        "document_failed": t("The person's camera did not open. Ask them to show it before their usual camera."),
        "document_silent": t("No answer yet. Ask the person, or press again."),
        "document_seconds": t("%(seconds)s s"),
        "by_phone_known": t("The office is calling you on %(number)s. Answer your telephone."),
        "by_phone_unknown": t("The office will continue by telephone."),
        "by_phone_staff": t("By telephone since %(time)s"),
        "number_copied": t("Copied"),
    }
