"""Sentences for the scripts of documents and texts to accept, by key."""

from __future__ import annotations

from ...core.i18n.catalogues import GettextFunction


def papers_script_texts(t: GettextFunction) -> dict[str, str]:
    """Return the sentences in the reader's language."""
    return {
        "document_came": t("%(name)s has sent %(document)s"),
        "document_sent": t("%(name)s has arrived on the other side."),
        "document_too_large": t("%(name)s is larger than %(max)s MB. Send a smaller one, or a photo of it."),
        "document_type": t(
            "We cannot take this kind of file. Send a PDF, a photo, or a DOCX or ODT without macros."
        ),
        "upload_waits": t("No connection. It will continue by itself."),
        "text_came": t("The office asks you to read a text"),
        "text_accepted": t("%(name)s has accepted “%(title)s”"),
        "text_declined": t("%(name)s does not accept “%(title)s”"),
        "text_withdrawn": t("The office has withdrawn “%(title)s”"),
        "offer_waits": t("Waiting for an answer"),
        "offer_code_sent": t("Code sent to %(to)s"),
        "offer_accepted": t("Accepted at %(time)s, code sent to %(to)s"),
        "offer_declined": t("Not accepted"),
        "offer_withdrawn": t("Taken back"),
        "you_accepted": t("You accepted it at %(time)s. You have a copy in your e-mail."),
        "you_accepted_by_sms": t("You accepted it at %(time)s. It stays on the page of this appointment."),
        "you_declined": t("You did not accept it."),
        "code_sent": t("We have sent a code to %(to)s. It is valid until %(time)s."),
    }
