"""Texts of the general error codes. Each feature has its own in `web/error_texts.py`."""

from __future__ import annotations

from .catalogues import N_

ERROR_TEXTS: dict[str, str] = {
    "internal_error": N_("Something went wrong at our end. Try again in a minute."),
    "malformed": N_("We could not read what was sent."),
    "unauthenticated": N_("Sign in to continue."),
    "forbidden": N_("You do not have permission to do this."),
    "csrf": N_("This page was open for too long. Send it again from here."),
    "not_found": N_("We cannot find what you are looking for."),
    "gone": N_("That has ended."),
    "invalid": N_("Check what you typed."),
    "rate_limited": N_("Too many attempts. Wait a little and try again."),
    "unavailable": N_("This is not working right now. Try again in a minute."),
    "method_not_allowed": N_("You cannot do that here."),
    "in_progress": N_("We are still working on your first request."),
    "idempotency_mismatch": N_("This key has already been used for something else."),
    "unknown_type": N_("We do not recognise this kind of message."),
    # Raised by several features
    "office_unreadable": N_("You cannot use this office here right now. Call the office."),
    "evacuating": N_("The office is being evacuated. This can be done when it is over."),
    "illegal_transition": N_("You can no longer do that."),
    "not_confirmed": N_("Confirm the appointment first, with the link in your e-mail."),
    # Fields
    "required": N_("Fill this in."),
    "too_short": N_("Enter at least %(min)s characters."),
    "too_long": N_("Enter %(max)s characters or fewer."),
    "not_a_choice": N_("Choose one of the options."),
    "not_a_number": N_("Enter a number."),
    "out_of_range": N_("Enter a number between %(min)s and %(max)s."),
    "unexpected": N_("We do not recognise this field."),
    "unknown_field": N_("We do not recognise this field."),
    "wrong_type": N_("This is not what we expect here."),
    "email_no_at": N_("The @ is missing. Enter it like this: name@example.org"),
    "email_incomplete": N_("Complete the address. Enter it like this: name@example.org"),
    "phone_too_short": N_("Some digits are missing. A Spanish number has nine."),
    "phone_unknown": N_("Check the number. Enter it like this: 600 000 000"),
    "name_required": N_("Enter your full name."),
    "must_accept": N_("Tick this box to continue."),
    "phone_not_mobile": N_("Enter a mobile number: this one cannot receive text messages."),
    "phone_country": N_("We can only send messages to numbers that begin with %(codes)s."),
    "push_keys": N_("These keys are not a browser's."),
    "push_address": N_("Notifications only go to public https addresses."),
    "invalid_time": N_("Enter the time with its offset, such as 2026-11-27T09:20:00+01:00."),
}
