"""Declaration of WhatsApp. Pure."""

from __future__ import annotations

from ...core.contact.channel_offers import ChannelTexts
from ...core.i18n.catalogues import N_
from ..domain.channel_declaration import ChannelDeclaration, GroupTexts, MessageGroup

WHATSAPP_CHANNEL = ChannelDeclaration(
    name="whatsapp",
    title=N_("WhatsApp"),
    contact_prefix="w",
    texts=ChannelTexts(
        remind=N_("Also remind me by WhatsApp at this number"),
        sending=N_("We are sending you a message by WhatsApp."),
        ask=N_("Notify me by WhatsApp"),
        start=N_("Send me messages by WhatsApp about this ticket"),
        active=N_("We will notify you by WhatsApp"),
        stop=N_("Stop messages by WhatsApp"),
        instead=N_("Or ask for a message by WhatsApp."),
        staff_contact=N_("By WhatsApp to a mobile"),
        staff_also=N_("Reminders by WhatsApp too"),
        staff_messages=N_("Messages by WhatsApp"),
        privacy=N_(
            "If you choose WhatsApp: Meta gets your number and what we write to you there, and has rules of its "
            "own for them."
        ),
    ),
    groups={
        MessageGroup.TURNS: GroupTexts(
            N_("WhatsApp about your ticket"),
            N_("If you ask for it on your ticket page, we write here when you are called."),
            N_("Stop WhatsApp about tickets"),
            N_("You will get no more messages by WhatsApp about tickets at this number."),
            N_("Get WhatsApp about tickets again"),
        ),
        MessageGroup.REMINDERS: GroupTexts(
            N_("Reminders by WhatsApp"),
            N_("Before an appointment we write to remind you of it."),
            N_("Stop reminders"),
            N_("You will get no more reminders at this number."),
            N_("Get reminders again"),
        ),
        MessageGroup.OFFERS: GroupTexts(
            N_("Offers by WhatsApp"),
            N_("When an earlier time is available, or one you are waiting for, we write to offer it to you."),
            N_("Stop offers"),
            N_("You will get no more offers at this number."),
            N_("Get offers again"),
        ),
    },
    recipient=N_("To the number this link was sent to."),
    example_recipient="+34600000000",
    accepted=N_("WhatsApp accepted it at %(time)s."),
    waiting=N_("Messages that wait because WhatsApp is not set up: %(count)s"),
)
