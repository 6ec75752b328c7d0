"""Sentences for the error codes of the video rooms."""

from __future__ import annotations

from ...core.i18n.catalogues import N_

ERROR_TEXTS: dict[str, str] = {
    "not_in_room": N_("That person is not in the room now."),
    "not_in_lobby": N_("That person is not in the waiting room now."),
    "not_inside": N_("That person has already left."),
    "not_admitted": N_("This works once the office has let you in."),
    "staff_only": N_("Only the office can do this."),
    "staff_stay": N_("People who work here leave by themselves."),
    "room_full": N_("There are already four people in the call."),
    "too_many_invites": N_("This room has had all its invitations. Withdrawn ones count too."),
    "invite_withdrawn": N_("This link was withdrawn. Ask the office for a new one."),
    "link_used": N_("This link was used on another device. Ask the office for a new one."),
    "transfer_to_self": N_("You are already in this call. Choose another person."),
    "transfer_over": N_("That has been answered or taken back already."),
    "not_your_transfer": N_("Another person of the office was asked."),
    "successor_missing": N_("Wait until the other person is in the call."),
    "transfer_unknown": N_("That person is not here now. Choose another one."),
    "room_over": N_("This video call has ended."),
    "nobody_yet": N_("The appointment has not begun yet. Wait until its time to end it."),
    "not_video": N_("This appointment is in person, so it has no video call."),
    "too_early_for_room": N_("The waiting room opens 15 minutes before your appointment."),
    "appointment_cancelled": N_("This appointment was cancelled."),
    "session_over": N_("You were away for too long. Open the page again."),
    "too_many_consents": N_("That changed too often to be noted again."),
    "citizen_present": N_("This person is here already."),
    "called_back_already": N_("They were notified less than a minute ago. Give them time to come."),
    "no_contact": N_("There is no e-mail or SMS for this person. Call them by telephone if you can."),
    "too_large": N_("That is too long to be sent."),
    "not_delivered": N_("This did not reach the other person. Send it again."),
}
