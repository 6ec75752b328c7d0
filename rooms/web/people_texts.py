"""Sentences about the people of a call: roles, hold, invitations, transfer."""

from __future__ import annotations

from collections.abc import Mapping

from ...core.i18n.catalogues import N_, GettextFunction
from ..domain.room import ParticipantRole

ROLE_TEXTS: Mapping[ParticipantRole, str] = {
    ParticipantRole.CITIZEN: N_("Citizen"),
    ParticipantRole.AGENT: N_("Office"),
    ParticipantRole.SUPERVISOR: N_("Office"),
    ParticipantRole.INTERPRETER: N_("Interpreter"),
    ParticipantRole.RELATIVE: N_("Relative or companion"),
    ParticipantRole.COLLEAGUE: N_("Colleague"),
}


def guest_role_text(t: GettextFunction, role: ParticipantRole) -> str:
    """Return the role of a participant in the reader's language."""
    return t(ROLE_TEXTS[role])


# Of the People tab and of the hold, by the key that the scripts use.
PEOPLE_TEXTS: Mapping[str, str] = {
    **{f"role_{role}": sentence for role, sentence in ROLE_TEXTS.items()},
    # participants, and the hold
    "person_lobby": N_("Waiting since %(time)s"),
    "person_lobby_lost": N_("Left the page, keeps the place"),
    "person_admitted": N_("In the call"),
    "person_admitted_lost": N_("In the call, without connection"),
    "person_held": N_("Is on hold"),
    "person_you": N_("You"),
    "held_title": N_("The office has put you on hold"),
    "held_text": N_(
        "Nobody can see or hear you, and you cannot see or hear anyone. Stay here: the office will bring you back."
    ),
    "held_person": N_("%(name)s is on hold"),
    "alone_title": N_("The office is about to come in"),
    "alone_text": N_("Stay here. The call will start by itself."),
    # invitations
    "invite_sent_email": N_("Invited by e-mail, has not come yet"),
    "invite_sent_sms": N_("Invited by SMS, has not come yet"),
    "invite_sent_link": N_("The link has not been used yet"),
    "invite_opened": N_("Has opened the link"),
    "invite_lobby": N_("In the waiting room"),
    "invite_admitted": N_("In the call"),
    "invite_left": N_("Has left"),
    "invite_withdrawn": N_("Link withdrawn"),
    "invite_done_email": N_("The link is on its way by e-mail."),
    "invite_done_sms": N_("The link is on its way by SMS."),
    "invite_done_link": N_("Show the code, or copy the link."),
    "send_again": N_("Send again"),
    "new_link": N_("New link"),
    "link_copied": N_("Copied"),
    # transfer
    "transfer_offered_warm": N_("Waiting for %(name)s to answer"),
    "transfer_offered_cold": N_("Waiting for %(name)s to answer"),
    "transfer_accepted": N_("%(name)s is coming in"),
    "transfer_inside": N_("%(name)s is in the call. You can leave it now."),
    "transfer_declined": N_("%(name)s cannot take it now"),
    "transfer_nowhere": N_("No other agent of the office is here now."),
    "transfer_person": N_("%(name)s, desk %(desk)s"),
    "transferred": N_("You have handed the call over"),
    "transferred_help": N_("The call goes on without you."),
    "transferred_cold": N_("You have handed the call over"),
    "transferred_cold_help": N_("The people wait in the lobby with their place."),
}
