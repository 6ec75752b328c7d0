"""The channels that people choose with an address; each is declared in its folder. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from ..sms.declaration import SMS_CHANNEL
from ..telegram.declaration import TELEGRAM_CHANNEL
from ..whatsapp.declaration import WHATSAPP_CHANNEL
from .channel_declaration import ChannelDeclaration

CHOSEN_CHANNELS: tuple[ChannelDeclaration, ...] = (SMS_CHANNEL, WHATSAPP_CHANNEL, TELEGRAM_CHANNEL)
CHOSEN = tuple(channel.name for channel in CHOSEN_CHANNELS)
FOR_GIVEN_NUMBERS = tuple(channel.name for channel in CHOSEN_CHANNELS if channel.uses_given_number)
CHOSEN_TITLES: Mapping[str, str] = {channel.name: channel.title for channel in CHOSEN_CHANNELS}
