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


def people_script_texts(t: GettextFunction) -> dict[str, str]:
    """Return the sentences of the People tab and of the hold, by the key that the scripts use."""
    return {
        **{f"role_{role}": t(sentence) for role, sentence in ROLE_TEXTS.items()},
        **_participant_texts(t),
        **_invite_texts(t),
        **_transfer_texts(t),
    }


def _participant_texts(t: GettextFunction) -> dict[str, str]:
    return {
        "person_lobby": t("Waiting since %(time)s"),
        "person_lobby_lost": t("Left the page, keeps the place"),
        "person_admitted": t("In the call"),
        "person_admitted_lost": t("In the call, without connection"),
        "person_held": t("Is on hold"),
        "person_you": t("You"),
        "held_title": t("The office has put you on hold"),
        "held_text": t(
            "Nobody can see or hear you, and you cannot see or hear anyone. Stay here: the office will bring you"
            " back."
        ),
        "held_person": t("%(name)s is on hold"),
        "alone_title": t("The office is about to come in"),
        "alone_text": t("Stay here. The call will start by itself."),
    }


def _invite_texts(t: GettextFunction) -> dict[str, str]:
    return {
        "invite_sent_email": t("Invited by e-mail, has not come yet"),
        "invite_sent_sms": t("Invited by SMS, has not come yet"),
        "invite_sent_link": t("The link has not been used yet"),
        "invite_opened": t("Has opened the link"),
        "invite_lobby": t("In the waiting room"),
        "invite_admitted": t("In the call"),
        "invite_left": t("Has left"),
        "invite_withdrawn": t("Link withdrawn"),
        "invite_done_email": t("The link is on its way by e-mail."),
        "invite_done_sms": t("The link is on its way by SMS."),
        "invite_done_link": t("Show the code, or copy the link."),
        "send_again": t("Send again"),
        "new_link": t("New link"),
        "link_copied": t("Copied"),
    }


def _transfer_texts(t: GettextFunction) -> dict[str, str]:
    return {
        "transfer_offered_warm": t("Waiting for %(name)s to answer"),
        "transfer_offered_cold": t("Waiting for %(name)s to answer"),
        "transfer_accepted": t("%(name)s is coming in"),
        "transfer_inside": t("%(name)s is in the call. You can leave it now."),
        "transfer_declined": t("%(name)s cannot take it now"),
        "transfer_nowhere": t("No other agent of the office is here now."),
        "transfer_person": t("%(name)s, desk %(desk)s"),
        "transferred": t("You have handed the call over"),
        "transferred_help": t("The call goes on without you."),
        "transferred_cold": t("You have handed the call over"),
        "transferred_cold_help": t("The people wait in the lobby with their place."),
    }
