"""Sentences for codes: needs, groups, failures and alarms. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from ...core.i18n.catalogues import N_
from .channel_declaration import GroupTexts, MessageGroup
from .declared_channels import CHOSEN_CHANNELS, CHOSEN_TITLES
from .message_kinds import EMAIL, PUSH

# A need outside of this table was sent by a program, and unknown text must not get into our messages.
NEEDS: dict[str, str] = {
    "sign_language": N_("Sign language interpreter"),
    "step_free": N_("Step-free access, wheelchair"),
    "easy_reading": N_("Easy read, or more time"),
    "accompanied": N_("Someone is coming with me"),
}


RECIPIENT_TEXTS: Mapping[str, str] = {
    EMAIL: N_("To the address this link was sent to."),
    **{channel.name: channel.recipient for channel in CHOSEN_CHANNELS},
}
# In the order of lists.
CHANNEL_TITLES: Mapping[str, str] = {EMAIL: N_("E-mail"), **CHOSEN_TITLES, PUSH: N_("Push")}
GROUP_TEXTS: Mapping[str, Mapping[str, GroupTexts]] = {
    EMAIL: {
        MessageGroup.REMINDERS: GroupTexts(
            N_("Reminders by e-mail"),
            N_("Before an appointment we write to remind you of it."),
            N_("Stop reminders"),
            N_("You will get no more reminders at this address."),
            N_("Get reminders again"),
        ),
        MessageGroup.OFFERS: GroupTexts(
            N_("Offers by e-mail"),
            N_("When an earlier time is available, or one you are waiting for, we write to offer it to you."),
            N_("Stop offers"),
            N_("You will get no more offers at this address."),
            N_("Get offers again"),
        ),
        MessageGroup.FIGURES: GroupTexts(
            N_("Figures of your offices by e-mail"),
            N_("At the start of each month we write with the figures of your offices."),
            N_("Stop the monthly figures"),
            N_("You will get no more figures at this address."),
            N_("Get the monthly figures again"),
        ),
    },
    **{channel.name: channel.groups for channel in CHOSEN_CHANNELS},
}

# By the first word of a stored failure; the words after it are the sentence's detail.
FAILURE_REASONS: Mapping[str, str] = {
    "too_late": N_("What it says is over."),
    "quiet_hours": N_("At night it waits, and it is not sent if it says nothing in the morning."),
    "stopped": N_("This person has stopped messages of this kind."),
    "unsubscribed": N_("The browser has unsubscribed."),
    "gone": N_("The browser has unsubscribed."),
    "phone_country": N_("This installation sends nothing to numbers of this country."),
    "phone_unknown": N_("This is no telephone number."),
    "phone_not_mobile": N_("This number takes no SMS."),
    "number_limit": N_("This number has had its share of today."),
    "subject_limit": N_("This ticket or appointment has had all its messages for today."),
    "budget_spent": N_("Today's budget of this channel is spent."),
    "office_budget_spent": N_("The office's budget of today for this channel is spent."),
    "not_an_address": N_("This is no e-mail address."),
    "address_needs_smtputf8": N_("The mail server does not know addresses with accents."),
    "recipient_refused": N_("The mail server refuses this address (%(detail)s)."),
    "letter_refused": N_("The mail server refuses this letter (%(detail)s)."),
    "sender_refused": N_("The mail server refuses our sender (%(detail)s)."),
    "server_refused": N_("The mail server refuses us (%(detail)s)."),
    "refused": N_("The other side refuses it (%(detail)s)."),
    "later": N_("The other side asks us to come later (%(detail)s)."),
    "unreachable": N_("The other side cannot be reached."),
    "no_such_name": N_("The other side cannot be reached."),
    "no": N_("The other side cannot be reached."),
    "private_address": N_("The browser's address leads into a private network."),
    "broken_keys": N_("The browser's keys are broken."),
    "all": N_("All connections to the mail server are busy."),
    "never_finished": N_("Sending it never ended."),
}
UNKNOWN_FAILURE_REASON = N_("It did not work (%(detail)s).")

# What staff can do about a failure, by the same word; a failure without an entry needs the operator.
CALL_PERSON = N_("Tell the person by telephone, and correct the contact.")
ASK_OPERATOR = N_("Tell the person who runs the server. Once the cause is fixed, send it again.")
NOTHING_TO_DO = N_("There is nothing to do: the person has other ways to know.")
WAIT_FOR_TOMORROW = N_("Tell the person by telephone if it is urgent: the budget begins again at night.")
FAILURE_ADVICE: Mapping[str, str] = {
    "too_late": CALL_PERSON,
    "quiet_hours": NOTHING_TO_DO,
    "stopped": NOTHING_TO_DO,
    "unsubscribed": NOTHING_TO_DO,
    "gone": NOTHING_TO_DO,
    "private_address": NOTHING_TO_DO,
    "broken_keys": NOTHING_TO_DO,
    "phone_country": CALL_PERSON,
    "phone_unknown": CALL_PERSON,
    "phone_not_mobile": CALL_PERSON,
    "number_limit": WAIT_FOR_TOMORROW,
    "subject_limit": WAIT_FOR_TOMORROW,
    "budget_spent": WAIT_FOR_TOMORROW,
    "office_budget_spent": WAIT_FOR_TOMORROW,
    "not_an_address": CALL_PERSON,
    "address_needs_smtputf8": CALL_PERSON,
    "recipient_refused": CALL_PERSON,
    "refused": CALL_PERSON,
}


class BudgetAlarm(StrEnum):
    """Alarms about the budget of a channel, stored as `{channel}_{alarm}`."""

    BUDGET_NEARLY_SPENT = "budget_nearly_spent"
    BUDGET_SPENT = "budget_spent"
    NUMBER_LIMIT = "number_limit"
    OFFICE_BUDGET_SPENT = "office_budget_spent"


# For staff (translated) and for the operator's `office360 check` (English).
ALARM_TEXTS: Mapping[str, str] = {
    BudgetAlarm.BUDGET_NEARLY_SPENT: N_("Four fifths of today's budget for %(channel)s are spent."),
    BudgetAlarm.BUDGET_SPENT: N_("Today's budget for %(channel)s is spent. What is left waits until tomorrow."),
    BudgetAlarm.NUMBER_LIMIT: N_("A number has had its share of %(channel)s today."),
    BudgetAlarm.OFFICE_BUDGET_SPENT: N_(
        "An office's budget of today for %(channel)s is nearly spent: only people near their call get any."
    ),
}
ALARM_WARNINGS: Mapping[str, str] = {
    BudgetAlarm.BUDGET_NEARLY_SPENT: "{title}: 80 % of today's budget are spent ({setting}_PER_DAY)",
    BudgetAlarm.BUDGET_SPENT: "{title}: today's budget is spent; other messages wait ({setting}_PER_DAY)",
    BudgetAlarm.OFFICE_BUDGET_SPENT: "{title}: an office's budget of today is spent ({setting}_PER_OFFICE)",
    BudgetAlarm.NUMBER_LIMIT: "{title}: one number reached its limit of today ({setting}_PER_NUMBER)",
}
WITHOUT_CHANNEL_TEXTS: Mapping[str, str] = {
    EMAIL: N_("E-mails that wait because there is no mail server: %(count)s"),
    PUSH: N_("Pushes that wait because there is no key for them: %(count)s"),
    **{channel.name: channel.waiting for channel in CHOSEN_CHANNELS},
}


def split_alarm(stored: str) -> tuple[str, BudgetAlarm]:
    """Return channel and alarm of a stored alarm."""
    channel, _, alarm = stored.partition("_")
    return channel, BudgetAlarm(alarm)
