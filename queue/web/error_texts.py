"""Texts of the error codes of the queue."""

from __future__ import annotations

from ...core.i18n.catalogues import N_

ERROR_TEXTS: dict[str, str] = {
    # Refusals of a ticket
    "closed": N_("The office is closed now."),
    "paused": N_("The office is paused. Nobody is called until it goes on."),
    "paused.evacuation": N_("The office is being evacuated. Nobody is called until it is over."),
    "walk_ins_stopped": N_("No more turns without an appointment are given for now."),
    "quota_reached": N_("All of today's turns have been given."),
    "no_capacity": N_("There are too many people now; try again later."),
    "no_capacity.lasts_today": N_("There is no time left today for one more turn."),
    "too_many_turns": N_("Many turns have been taken over this connection. Ask at the entrance for yours."),
    "proof_required": N_(
        "Several turns have been taken over this connection. Turn on JavaScript in your browser, or ask at the "
        "entrance for your turn."
    ),
    "proof_failed": N_(
        "The check of your browser did not work. Press “Take my turn” again, or ask at the entrance for your turn."
    ),
    "appointment_only": N_("This service needs an appointment."),
    "already_waiting": N_("You already have turn %(ticket)s."),
    "too_early": N_("It is too early. You can take your turn from %(opens)s."),
    "too_late_for_turn": N_("Your appointment's time has passed. Ask at the entrance, or book another one."),
    "appointment_is_phone": N_("Your appointment is by telephone: we call you. You need no turn for it."),
    "appointment_is_video": N_("Your appointment is by video call. You need no turn for it."),
    "appointment_elsewhere": N_("Your appointment is in another office: %(name)s, %(address)s."),
    "service_gone": N_("This service is no longer given here. Ask at the entrance."),
    "appointment_over": N_("This appointment is over. You can book another one."),
    # Actions of a citizen
    "postpone_used": N_("You have already asked for ten more minutes."),
    "rejoin_used": N_("You have already come back to the line once."),
    "rejoin_too_late": N_("It is too late to come back to the line. Take another turn."),
    "ticket_over": N_("This turn is over. There is nothing more to tell of it."),
    # Statistics
    "ends_before": N_("The last day is before the first. Swap them."),
    "too_many_days": N_("Choose at most %(max)s days."),
    # Actions of staff
    "desk_taken": N_("Somebody else sits at this desk."),
    "desk_busy": N_("Finish with whoever is at the desk first."),
    "not_your_desk": N_("This is not your desk."),
    "ticket_moved": N_("Somebody has just sent this turn to another line. Look where it is now."),
    "service_not_here": N_("This service is not given in person here."),
    "desk_not_for_service": N_("That desk does not give this service. Choose another desk or another service."),
    "desk_not_open": N_("Nobody sits at that desk now. Choose another desk, or send the person to the service."),
}
