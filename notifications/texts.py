"""Words that depend on a code: of the letters themselves, and of the page that lists them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ..core.i18n import N_
from .kinds import EMAIL, SMS, Group

# What a person can have asked for. Other words come from programs; no stranger's words go into a letter of ours.
NEEDS: dict[str, str] = {
    "sign_language": N_("Sign language interpreter"),
    "step_free": N_("Access without steps, wheelchair"),
    "easy_reading": N_("Easy reading or more time"),
    "accompanied": N_("Another person comes with me"),
}


@dataclass(frozen=True, slots=True)
class GroupWords:
    """How a group of kinds is spoken of where it is chosen."""

    title: str
    what: str
    stop: str
    stopped: str
    again: str


GROUPS: Mapping[str, Mapping[str, GroupWords]] = {
    EMAIL: {
        Group.REMINDERS: GroupWords(
            N_("Reminders by e-mail"),
            N_("Before an appointment we write to remind you of it."),
            N_("Stop reminders"),
            N_("You get no more reminders at this address."),
            N_("Get reminders again"),
        ),
        Group.OFFERS: GroupWords(
            N_("Offers by e-mail"),
            N_("When an earlier time is free, or one that you wait for, we write to offer it to you."),
            N_("Stop offers"),
            N_("You get no more offers at this address."),
            N_("Get offers again"),
        ),
    },
    SMS: {
        Group.TURNS: GroupWords(
            N_("SMS about your turn"),
            N_("When you ask for it on the page of your turn, we tell you here when you are called."),
            N_("Stop SMS about turns"),
            N_("You get no more SMS about turns at this number."),
            N_("Get SMS about turns again"),
        ),
        Group.REMINDERS: GroupWords(
            N_("Reminders by SMS"),
            N_("Before an appointment we write to remind you of it."),
            N_("Stop reminders"),
            N_("You get no more reminders at this number."),
            N_("Get reminders again"),
        ),
        Group.OFFERS: GroupWords(
            N_("Offers by SMS"),
            N_("When an earlier time is free, or one that you wait for, we write to offer it to you."),
            N_("Stop offers"),
            N_("You get no more offers at this number."),
            N_("Get offers again"),
        ),
    },
}
