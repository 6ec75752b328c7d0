"""Errors of the forms by field.

Other error codes are in error_texts.py.
"""

from __future__ import annotations

from ...core.i18n.catalogues import N_
from ...core.web.forms import ANY_CODE, FieldSentences

# Errors that name their field, in the order of the forms. Other codes have a general text that is as exact.
FIELD_SENTENCES: FieldSentences = {
    "service": {ANY_CODE: N_("Choose a service from the list")},
    "office": {ANY_CODE: N_("Choose an office from the list")},
    "mode": {ANY_CODE: N_("Choose how you want to be attended")},
    "more_services": {ANY_CODE: N_("These services do not fit in one visit")},
    "starts_at": {ANY_CODE: N_("Choose a time")},
    "locator": {"required": N_("Write the code of your booking, which is in your e-mail")},
    "contact": {"required": N_("Write the e-mail or telephone of the appointment")},
    "name": {
        "name_required": N_("Enter your full name"),
        "too_long": N_("Shorten your name to %(max)s characters"),
    },
    "email": {
        "required": N_("Write your e-mail"),
        "too_long": N_("Shorten your e-mail to %(max)s characters"),
        "email_incomplete": N_("Complete your e-mail. Enter it like this: name@example.org"),
    },
    "phone": {
        "required": N_("Write your telephone"),
        "too_long": N_("Shorten your telephone to %(max)s characters"),
    },
    "needs": {ANY_CODE: N_("Choose what you need from the list")},
    "needs_note": {"too_long": N_("Shorten what you wrote to %(max)s characters")},
    "privacy_accepted": {ANY_CODE: N_("Accept how we use your data")},
}
DETAIL_FIELDS = ("name", "email", "phone", "needs", "needs_note", "privacy_accepted")  # of the last step
