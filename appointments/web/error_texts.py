"""Texts for the error codes of this feature.

The codes themselves are raised in domain/, queries/ and actions/.
"""

from __future__ import annotations

from ...core.i18n.catalogues import N_
from ...core.web.forms import ANY_CODE, FieldSentences
from ..domain.booking_details import BOOKING_DETAILS

ERROR_TEXTS: dict[str, str] = {
    "slot_taken": N_("That time has just been taken. These are the nearest."),
    "slot_taken.too_late": N_("It is too late to book that time. These are the nearest."),
    "duplicate_appointment": N_(
        "You already have an appointment for this service. You can change or cancel that one."
    ),
    "verify_first": N_(
        "Several appointments booked from your connection have not been confirmed. Open the link in one of their"
        " e-mails and book again. Or call us: %(phone)s."
    ),
    "confirm_first": N_(
        "Several requests made from your connection have not been confirmed. Open the link in one of their"
        " e-mails and ask again. Or call us: %(phone)s."
    ),
    "too_many_appointments": N_(
        "This e-mail already has too many appointments. Cancel one, or call us: %(phone)s."
    ),
    "too_many_letters": N_(
        "We have already sent several e-mails. Look in your spam folder, or call us: %(phone)s."
    ),
    "proof_invalid": N_("The check that you are not a robot failed. Get a new one."),
    "proof_expired": N_("The check that you are not a robot took too long. Get a new one."),
    "proof_used": N_("This check that you are not a robot has already been used. Get a new one."),
    "too_many_holds": N_("Several people are booking from your connection right now. Try again in a few minutes."),
    "too_late": N_("The time of this appointment has passed. You can book another one."),
    "agenda_unavailable": N_("Appointments of this office cannot be booked here right now. Call the office."),
    "change_closed": N_("It is too late to change this appointment here. Call the office: %(phone)s."),
    "too_many_moves": N_("You have already moved this appointment three times. To move it again, call us."),
    "bound_to_the_time": N_("Your interpreter is booked for this time. To change it, call us."),
    "interpreter_too_soon": N_(
        "You must ask for an interpreter at least %(hours)s hours before. Choose another time, or call us:"
        " %(phone)s."
    ),
    "not_by_phone": N_("This appointment is not by telephone."),
    "too_early_to_call": N_("It is too early: call from %(time)s."),
    "call_under_way": N_("A colleague is calling this person now."),
    "no_call_under_way": N_("There is no call under way with this person."),
    "call_of_colleague": N_("Only the person who calls can end this call, or a host."),
    "call_again_first": N_(
        "Call at least %(attempts)s times, with %(minutes)s minutes between, before you note this."
    ),
    "call_has_begun": N_("You can no longer change the number here: the call has started or ended."),
    "offer_over": N_("We are no longer keeping that time for you. Your appointment stays as it is."),
    "too_many": N_("Choose up to %(max)s more."),
    "twice": N_("Choose each service only once."),
    "locator_unknown": N_("We cannot find an appointment with these details. Check both."),
}

# Errors that name their field, in the order of the forms. Other codes have a general text that is as exact.
TOO_LONG = N_("Shorten what you wrote to %(max)s characters")
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
    "needs_note": {"too_long": TOO_LONG},
    **{f"details.{detail.key}": {"too_long": TOO_LONG} for detail in BOOKING_DETAILS},
    "privacy_accepted": {ANY_CODE: N_("Accept how we use your data")},
}
DETAIL_FIELDS = (
    *("name", "email", "phone", "needs", "needs_note"),
    *(f"details.{detail.key}" for detail in BOOKING_DETAILS),
    "privacy_accepted",
)  # of the last step
