"""Declaration of Telegram. Pure."""

from __future__ import annotations

from ...core.contact.channel_offers import ChannelTexts
from ...core.i18n.catalogues import N_
from ..domain.channel_declaration import ChannelDeclaration, GroupTexts, MessageGroup

TELEGRAM_CHANNEL = ChannelDeclaration(
    name="telegram",
    title=N_("Telegram"),
    contact_prefix="t",
    texts=ChannelTexts(
        sending=N_("We are sending you a message by Telegram."),
        ask=N_("Notify me by Telegram"),
        start=N_("Connect Telegram"),
        active=N_("We will notify you by Telegram"),
        stop=N_("Stop messages by Telegram"),
        instead=N_("Or connect Telegram."),
        staff_messages=N_("Messages by Telegram"),
        open_link=N_("Open Telegram with this link and press “Start” there. We will write to you in that chat."),
        privacy=N_(
            "If you choose Telegram: Telegram gets what we write to you there, and has rules of its own for it. "
            "We keep the number of the chat as long as your other contact details."
        ),
    ),
    groups={
        MessageGroup.TURNS: GroupTexts(
            N_("Telegram about your ticket"),
            N_("If you ask for it on your ticket page, we write here when you are called."),
            N_("Stop Telegram about tickets"),
            N_("You will get no more messages by Telegram about tickets."),
            N_("Get Telegram about tickets again"),
        ),
        MessageGroup.REMINDERS: GroupTexts(
            N_("Reminders by Telegram"),
            N_("Before an appointment we write to remind you of it."),
            N_("Stop reminders"),
            N_("You will get no more reminders by Telegram."),
            N_("Get reminders again"),
        ),
        MessageGroup.OFFERS: GroupTexts(
            N_("Offers by Telegram"),
            N_("When an earlier time is available, or one you are waiting for, we write to offer it to you."),
            N_("Stop offers"),
            N_("You will get no more offers by Telegram."),
            N_("Get offers again"),
        ),
    },
    recipient=N_("To the chat this link was sent to."),
    example_recipient="123456789",
    accepted=N_("Telegram accepted it at %(time)s."),
    waiting=N_("Messages that wait because Telegram is not set up: %(count)s"),
)
