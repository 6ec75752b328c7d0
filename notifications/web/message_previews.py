"""Previews of every message with example facts, by the renderers of real messages.

No SQL.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from ...core.tokens import TokenSigner
from ..domain.message_content import OutboxMessage, TextTemplates
from ..domain.message_kinds import EMAIL, KINDS, PUSH, MessageKind
from ..domain.short_message import ShortMessage, ShortMessageWriter
from ..email.writer import EmailContent, EmailWriter
from ..sms.declaration import SMS_CHANNEL
from ..sms.gateway_request import count_segments, to_gsm_text

# An e-mail is a document of its own: its styles are in its elements, and it may run and load nothing.
PREVIEW_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'self'; sandbox"
)


@dataclass(frozen=True, slots=True)
class SmsText:
    """An SMS as the gateway gets it. `characters` and `segments` are what it costs."""

    text: str
    characters: int
    segments: int


@dataclass(frozen=True, slots=True)
class MessagePreview:
    """A rendered message: an e-mail, a push, an SMS or the text of another channel."""

    email: EmailContent | None = None
    push: ShortMessage | None = None
    sms: SmsText | None = None
    text: str | None = None


class PreviewWriter:
    """Renders messages with the templates, keys and sender of an installation."""

    def __init__(self, templates: TextTemplates, tokens: TokenSigner, public_url: str, sender: str) -> None:
        self._emails = EmailWriter(templates, tokens, public_url, sender)
        self._short_messages = ShortMessageWriter(templates, tokens, public_url)

    def write(self, message: OutboxMessage, at: datetime) -> MessagePreview:
        """Render a message. Raises LookupError for an unknown kind."""
        if message.channel == EMAIL:
            return MessagePreview(email=self._emails.write(message, at))
        short = self._short_messages.write(message)
        if message.channel == PUSH:
            return MessagePreview(push=short)
        if message.channel != SMS_CHANNEL.name:
            return MessagePreview(text=short.plain)
        text = to_gsm_text(short.title_and_body, short.link_and_stop)
        return MessagePreview(sms=SmsText(text, *count_segments(text)))


def message_kinds() -> dict[str, MessageKind]:
    """Return every kind of message, in the order of their declarations."""
    return dict(KINDS)
