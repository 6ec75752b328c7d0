"""Texts of the general error codes. Each feature has its own in `web/error_texts.py`."""

from __future__ import annotations

from .catalogues import N_

ERROR_TEXTS: dict[str, str] = {
    "internal_error": N_("Something went wrong on our side. Try again in a minute."),
    "malformed": N_("The request cannot be read."),
    "unauthenticated": N_("Sign in to go on."),
    "forbidden": N_("You may not do this."),
    "csrf": N_("The page was open for too long. Send it again from here."),
    "not_found": N_("We cannot find that."),
    "gone": N_("That is over."),
    "invalid": N_("Check what you wrote."),
    "rate_limited": N_("Too many attempts. Wait a little and try again."),
    "unavailable": N_("This does not work right now. Try again in a minute."),
    "method_not_allowed": N_("That cannot be done here."),
    "in_progress": N_("We are still working on your first request."),
    "idempotency_mismatch": N_("This key was already used for something else."),
    "unknown_type": N_("This kind of message is not known."),
    # Raised by several features
    "office_unreadable": N_("This office is not available here right now. Call the office."),
    "evacuating": N_("The office is being evacuated. This can be done when it is over."),
    "illegal_transition": N_("That can no longer be done."),
    "not_confirmed": N_("Confirm the appointment first, with the link in your e-mail."),
    # Fields
    "required": N_("Fill this in."),
    "too_short": N_("Write at least %(min)s characters."),
    "too_long": N_("Write at most %(max)s characters."),
    "not_a_choice": N_("Choose one of the options."),
    "not_a_number": N_("Write a number."),
    "out_of_range": N_("Write a number from %(min)s to %(max)s."),
    "unexpected": N_("This field is not known."),
    "unknown_field": N_("This field is not known."),
    "wrong_type": N_("This is not what we expect here."),
    "email_no_at": N_("The @ is missing. Write it like this: name@example.org"),
    "email_incomplete": N_("Complete the address. Write it like this: name@example.org"),
    "phone_too_short": N_("Some digits are missing. A Spanish number has nine."),
    "phone_unknown": N_("Check the number. Write it like this: 600 000 000"),
    "name_required": N_("Write your name and surname."),
    "must_accept": N_("Tick this box to go on."),
    "phone_not_mobile": N_("Write a mobile number: no SMS reaches this one."),
    "phone_country": N_("We send SMS to numbers that begin with %(codes)s only."),
    "push_keys": N_("These keys are not a browser's."),
    "push_address": N_("Notices go to public https addresses only."),
    "invalid_time": N_("Write the time with its offset, such as 2026-11-27T09:20:00+01:00."),
}
