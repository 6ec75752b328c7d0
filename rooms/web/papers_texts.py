"""Sentences for the scripts of documents and texts to accept, by key."""

from __future__ import annotations

from collections.abc import Mapping

from ...core.i18n.catalogues import N_

PAPERS_TEXTS: Mapping[str, str] = {
    "document_came": N_("%(name)s has sent %(document)s"),
    "document_sent": N_("%(name)s has arrived on the other side."),
    "document_too_large": N_("%(name)s is larger than %(max)s MB. Send a smaller one, or a photo of it."),
    "document_type": N_("We cannot take this kind of file. Send a PDF, a photo, or a DOCX or ODT without macros."),
    "upload_waits": N_("No connection. It will continue by itself."),
    "text_came": N_("The office asks you to read a text"),
    "text_accepted": N_("%(name)s has accepted “%(title)s”"),
    "text_declined": N_("%(name)s does not accept “%(title)s”"),
    "text_withdrawn": N_("The office has withdrawn “%(title)s”"),
    "offer_waits": N_("Waiting for an answer"),
    "offer_code_sent": N_("Code sent to %(to)s"),
    "offer_accepted": N_("Accepted at %(time)s, code sent to %(to)s"),
    "offer_declined": N_("Not accepted"),
    "offer_withdrawn": N_("Taken back"),
    "you_accepted": N_("You accepted it at %(time)s. You have a copy in your e-mail."),
    "you_accepted_by_sms": N_("You accepted it at %(time)s. It stays on the page of this appointment."),
    "you_declined": N_("You did not accept it."),
    "code_sent": N_("We have sent a code to %(to)s. It is valid until %(time)s."),
}
