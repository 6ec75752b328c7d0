"""Texts of the error codes of the queue."""

from __future__ import annotations

from ...core.i18n.catalogues import N_
from ...core.web.forms import ANY_CODE, FieldSentences

ERROR_TEXTS: dict[str, str] = {
    # Refusals of a ticket
    "closed": N_("The office is closed now."),
    "paused": N_("The office is paused. Nobody will be called until it resumes."),
    "paused.evacuation": N_("The office is being evacuated. Nobody will be called until it is over."),
    "walk_ins_stopped": N_("For now you can only join the queue with an appointment."),
    "quota_reached": N_("There are no tickets left for today."),
    "no_capacity": N_("There are too many people at the moment. Try again later."),
    "no_capacity.lasts_today": N_("There is no time left today to see anyone else."),
    "too_many_turns": N_(
        "Many people have joined the queue over this connection. Ask for your ticket at the entrance."
    ),
    "proof_required": N_(
        "Several people have joined the queue over this connection. Turn on JavaScript in your browser, or ask"
        " for your ticket at the entrance."
    ),
    "proof_failed": N_(
        "The check of your browser did not work. Press “Join the queue” again, or ask for your ticket at the"
        " entrance."
    ),
    "appointment_only": N_("This service needs an appointment."),
    "already_waiting": N_("You already have ticket %(ticket)s."),
    "too_early": N_("It is too early. You can join the queue from %(opens)s."),
    "too_late_for_turn": N_("Your appointment's time has passed. Ask at the entrance, or book another one."),
    "appointment_is_phone": N_(
        "Your appointment is by telephone: we will call you. You do not need to join the queue."
    ),
    "appointment_is_video": N_("Your appointment is by video call. You do not need to join the queue."),
    "appointment_elsewhere": N_("Your appointment is at another office: %(name)s, %(address)s."),
    "service_gone": N_("This service is no longer offered here. Ask at the entrance."),
    "appointment_over": N_("This appointment is over. You can book another one."),
    # Actions of a citizen
    "postpone_used": N_("You have already asked for ten more minutes."),
    "rejoin_used": N_("You have already rejoined the queue once."),
    "rejoin_too_late": N_("It is too late to rejoin with this ticket. Join the queue again."),
    "ticket_over": N_("This ticket has ended. There is nothing more to tell you about it."),
    # Statistics
    "ends_before": N_("The last day is before the first. Swap them."),
    "too_many_days": N_("Choose up to %(max)s days."),
    # Actions of staff
    "desk_taken": N_("Someone else is at this desk."),
    "desk_busy": N_("Finish with the person at the desk first."),
    "not_your_desk": N_("This is not your desk."),
    "ticket_moved": N_("This ticket has just been sent to another queue. See where it is now."),
    "service_not_here": N_("This service is not offered in person here."),
    "desk_not_for_service": N_("That desk does not offer this service. Choose another desk or another service."),
    "desk_not_open": N_("Nobody is at that desk now. Choose another desk, or send the person to the service."),
}

# Errors of the forms for citizens that name their field. Other codes have a general text that is as exact.
FIELD_SENTENCES: FieldSentences = {
    "service": {ANY_CODE: N_("Choose what you need")},
    "locator": {
        "required": N_("Write the code of your booking, which is in your e-mail"),
        "too_long": N_("Shorten the code of your booking: it has eight letters and figures"),
    },
    "code": {
        "required": N_("Write your code, like this: B-042"),
        "too_long": N_("Shorten your code. It looks like this: B-042"),
    },
    "contact": {
        "required": N_("Write the e-mail or telephone that you gave"),
        "too_long": N_("Shorten the e-mail or telephone to %(max)s characters"),
    },
    "email": {
        "too_long": N_("Shorten your e-mail to %(max)s characters"),
        "email_incomplete": N_("Complete your e-mail. Enter it like this: name@example.org"),
    },
    "phone": {
        "required": N_("Write your telephone"),
    },
}
