"""Requests, refusals and calls of the WhatsApp Cloud API. Pure: no sockets.

Sources: https://developers.facebook.com/docs/whatsapp/cloud-api/guides/send-message-templates (a template by
name and language, with the parameters of its body), …/webhooks/components (statuses and messages),
…/support/error-codes, and https://developers.facebook.com/docs/graph-api/webhooks/getting-started (signature).
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ..domain.gateway import GatewayCheck, GatewayRefusal, GatewayRequest, build_json_request

if TYPE_CHECKING:
    from ..domain.message_content import OutboxMessage
    from ..domain.send_results import PermanentFailure, TemporaryFailure
    from ..domain.short_message import ShortMessage

API_URL = "https://graph.facebook.com/v23.0"
MAX_PARAMETER_LENGTH = 500  # a body has 1,024 characters with its fixed text and both parameters
# Codes that concern the recipient or the text, so that every retry would fail. Others are retried: Meta adds
# codes, and the operator can mend templates, payment and limits.
PERMANENT_ERROR_CODES = frozenset(
    {
        130472,  # the recipient is in an experiment that gets no such messages
        131021,  # recipient and sender are the same
        131026,  # the recipient has no WhatsApp, or has not accepted its terms
        131049,  # held back so that the recipient does not get too many
        131050,  # the recipient has stopped messages of this sender
        132005,  # the text is too long for the template
    }
)
# What a person writes to end all messages; WhatsApp's own words, in the languages of the product.
STOP_WORDS = frozenset({"stop", "baja", "alto", "parar", "atura", "إيقاف"})


@dataclass(frozen=True, slots=True)
class WhatsAppAccount:
    """A telephone number of the Cloud API, its secrets and its template."""

    url: str
    phone_number_id: str
    token: str = field(repr=False)
    app_secret: str = field(repr=False)
    verify_token: str = field(repr=False)
    template: str

    @property
    def check(self) -> GatewayCheck:
        """Number and token are checked by the address that describes the number."""
        return GatewayCheck(self._account_url, self._headers, "it does not take number and token")

    def build_request(self, message: OutboxMessage, short: ShortMessage, key: str) -> GatewayRequest:
        """Build the request of a message; `message.recipient` is a number in E.164.

        The id of its row comes back with each status.
        """
        texts = [_to_parameter(text) for text in (short.title_and_body, short.link_and_stop)]
        body = {
            "messaging_product": "whatsapp",
            "recipient_type": "individual",
            "to": message.recipient.removeprefix("+"),
            "type": "template",
            "template": {
                "name": self.template,
                "language": {"code": message.language},
                "components": [{"type": "body", "parameters": [{"type": "text", "text": text} for text in texts]}],
            },
            "biz_opaque_callback_data": message.id,
        }
        return build_json_request(f"{self._account_url}/messages", body, self._headers)

    def classify_refusal(self, refusal: GatewayRefusal) -> PermanentFailure | TemporaryFailure:
        """Give up only what concerns the recipient or the text."""
        code = refusal.find_number("error", "code")
        is_permanent = code in PERMANENT_ERROR_CODES and not refusal.is_temporary
        return refusal.to_failure(is_permanent=is_permanent, error_code=code)

    @property
    def _account_url(self) -> str:
        return f"{(self.url or API_URL).rstrip('/')}/{self.phone_number_id}"

    @property
    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}


@dataclass(frozen=True, slots=True)
class MessageStatus:
    """The fate of a message: `reference` is the id of its outbox row.

    `error_code`: of a failure.
    """

    reference: str
    status: str
    error_code: int | None


def _to_parameter(text: str) -> str:
    """Write a text without line breaks and runs of spaces, which a parameter must not have."""
    line = " ".join(text.split())
    return line if len(line) <= MAX_PARAMETER_LENGTH else f"{line[: MAX_PARAMETER_LENGTH - 1].rstrip()}…"


def is_signed(secret: str, headers: Mapping[str, str], body: bytes) -> bool:
    """Tell whether Meta signed a call with the secret of the app."""
    expected = "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return hmac.compare_digest(expected.encode(), headers.get("x-hub-signature-256", "").encode())


def parse_statuses(call: Any) -> Iterator[MessageStatus]:
    """Return the statuses of a call that name a message of ours."""
    for status in _entries(call, "statuses"):
        reference, name = status.get("biz_opaque_callback_data"), status.get("status")
        if isinstance(reference, str) and isinstance(name, str):
            errors = status.get("errors")
            first = errors[0] if isinstance(errors, list) and errors else None
            code = first.get("code") if isinstance(first, dict) else None
            yield MessageStatus(reference, name, code if isinstance(code, int) else None)


def parse_stops(call: Any) -> Iterator[str]:
    """Return the numbers, in E.164, of people who wrote that they want no more messages."""
    for message in _entries(call, "messages"):
        text, sender = message.get("text"), message.get("from")
        body = text.get("body") if isinstance(text, dict) else None
        if isinstance(sender, str) and isinstance(body, str) and body.strip(" .!\n").casefold() in STOP_WORDS:
            yield f"+{sender}"


def _entries(call: Any, name: str) -> Iterator[dict[str, Any]]:
    """Return the objects in `entry[].changes[].value.{name}[]`, without other forms."""
    for entry in _dicts(call, "entry"):
        for change in _dicts(entry, "changes"):
            yield from _dicts(change.get("value"), name)


def _dicts(source: Any, name: str) -> list[dict[str, Any]]:
    found = source.get(name) if isinstance(source, dict) else None
    return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []
