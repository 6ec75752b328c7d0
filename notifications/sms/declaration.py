"""Declaration of SMS. Pure."""

from __future__ import annotations

from ...core.contact.channel_offers import ChannelTexts
from ...core.i18n.catalogues import N_
from ..domain.channel_declaration import ChannelDeclaration, GroupTexts, MessageGroup

SMS_CHANNEL = ChannelDeclaration(
    name="sms",
    title=N_("SMS"),
    contact_prefix="s",
    uses_given_number=True,
    texts=ChannelTexts(
        remind=N_("Also remind me by text message at this number"),
        hint=N_("To tell you if your appointment changes and, by text message, when it is your turn."),
        sending=N_("We are sending you a text message."),
        ask=N_("Notify me by text message"),
        start=N_("Send me text messages about this ticket"),
        active=N_("We will notify you by text message"),
        stop=N_("Stop text messages"),
        instead=N_("Or ask for a text message."),
        staff_contact=N_("By SMS to a mobile"),
        staff_also=N_("Reminders by SMS too"),
        staff_messages=N_("Messages by SMS"),
    ),
    groups={
        MessageGroup.TURNS: GroupTexts(
            N_("Text messages about your ticket"),
            N_("If you ask for it on your ticket page, we text you here when you are called."),
            N_("Stop text messages about tickets"),
            N_("You will get no more text messages about tickets at this number."),
            N_("Get text messages about tickets again"),
        ),
        MessageGroup.REMINDERS: GroupTexts(
            N_("Reminders by text message"),
            N_("Before an appointment we write to remind you of it."),
            N_("Stop reminders"),
            N_("You will get no more reminders at this number."),
            N_("Get reminders again"),
        ),
        MessageGroup.OFFERS: GroupTexts(
            N_("Offers by text message"),
            N_("When an earlier time is available, or one you are waiting for, we write to offer it to you."),
            N_("Stop offers"),
            N_("You will get no more offers at this number."),
            N_("Get offers again"),
        ),
    },
    recipient=N_("To the number this link was sent to."),
    example_recipient="+34600000000",
    accepted=N_("The SMS gateway accepted it at %(time)s."),
    waiting=N_("SMS that wait because there is no SMS gateway: %(count)s"),
)
