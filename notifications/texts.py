"""Words that depend on a code: of the letters themselves, and of the page that lists them."""

from __future__ import annotations

from ..core.i18n import N_

# What each kind of letter is called where letters are listed.
KINDS: dict[str, str] = {
    "appointment_confirmed": N_("Appointment confirmed"),
    "appointment_rescheduled": N_("Appointment moved"),
    "appointment_cancelled": N_("Appointment cancelled"),
    "ticket_issued": N_("Turn taken"),
    "ticket_standby": N_("On standby"),
    "ticket_link": N_("Link to a turn"),
    "turn_issued": N_("Turn taken"),
    "turn_next": N_("Among the next"),
    "turn_called": N_("Called"),
    "turn_called_again": N_("Called again"),
    "turn_returned": N_("Call taken back"),
    "turn_missed": N_("Did not come"),
    "turn_lost": N_("Turn lost"),
    "turn_moved": N_("Time moved"),
    "turn_paused": N_("Office paused"),
    "turn_resumed": N_("Office goes on"),
    "turn_admitted": N_("Let into the line"),
    "turn_transferred": N_("Sent to another desk"),
    "turn_closed": N_("Office closed"),
    "appointment_followed": N_("Notices of an appointment"),
}

# What a person can have asked for. Other words come from programs; no stranger's words go into a letter of ours.
NEEDS: dict[str, str] = {
    "sign_language": N_("Sign language interpreter"),
    "easy_reading": N_("Easy reading or more time"),
    "accompanied": N_("Another person comes with me"),
}
