"""Audit sentences of video calls, their guests and transfers.

Each action that the feature writes has a sentence; a test compares the two.
"""

from __future__ import annotations

from collections.abc import Mapping

from ...core.i18n.catalogues import N_

AUDIT_SENTENCES: Mapping[str, str] = {
    "room.hello": N_("Opened the page of the video call"),
    "room.joined": N_("Entered the lobby"),
    "room.left": N_("Left the video call"),
    "room.gone": N_("Lost the connection"),
    "room.turned_out": N_("Was taken out: the login ended"),
    "room.admitted": N_("Let a person in"),
    "room.held": N_("Put a person on hold"),
    "room.taken_back": N_("Took a person back from hold"),
    "room.returned_to_lobby": N_("Sent a person back to the lobby"),
    "room.removed": N_("Took a person out of the room"),
    "room.message": N_("Wrote to the lobby"),
    "room.called_back": N_("Called the absent person back"),
    "room.checklist": N_("Filled in the identity check"),
    "room.identity_checked": N_("Checked the identity in the video call"),
    "room.identity_not_possible": N_("Could not check the identity in the video call"),
    "room.number_shown": N_("Looked at the citizen's telephone number"),
    "room.by_phone": N_("Went on by telephone"),
    "room.by_phone_undone": N_("Went back from the telephone to the video call"),
    "room.sound_only": N_("Changed between picture and voice only"),
    "room.consent": N_("Answered a question of consent"),
    "room.document_sent": N_("Sent a document"),
    "room.document_removed": N_("Deleted a document"),
    "room.text_offered": N_("Offered a text to accept"),
    "room.text_withdrawn": N_("Took an offered text back"),
    "room.code_sent": N_("Asked for a code to accept a text"),
    "room.text_accepted": N_("Accepted a text with a code"),
    "room.text_declined": N_("Did not accept a text"),
    "room.evacuated": N_("Was told that the agent leaves an evacuated office"),
    "room.evacuation_ended": N_("The evacuation of the agent's office ended"),
    "room.ended": N_("Ended the video call"),
    "appointment.guest_invited": N_("Invited a guest to the video call"),
    "appointment.guest_invited_again": N_("Sent a guest the link again"),
    "appointment.guest_withdrawn": N_("Withdrew the link of a guest"),
    "appointment.transfer_offered": N_("Asked a colleague to take the video call"),
    "appointment.transfer_accepted": N_("Accepted the video call of a colleague"),
    "appointment.transfer_declined": N_("Declined the video call of a colleague"),
    "appointment.transfer_withdrawn": N_("Took the offer of the video call back"),
    "appointment.transferred": N_("Handed the video call over"),
}
