"""Requests and calls of the WhatsApp Cloud API. Pure: no sockets.

Sources: https://developers.facebook.com/docs/whatsapp/cloud-api/guides/send-message-templates (a template by
name and language, with the parameters of its body), …/webhooks/components (statuses and messages),
…/support/error-codes, and https://developers.facebook.com/docs/graph-api/webhooks/getting-started (signature).
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..domain.channel_budgets import BudgetLimits

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
    countries: frozenset[str]
    limits: BudgetLimits

    @property
    def messages_url(self) -> str:
        return f"{self.account_url}/messages"

    @property
    def account_url(self) -> str:
        return f"{(self.url or API_URL).rstrip('/')}/{self.phone_number_id}"

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}


@dataclass(frozen=True, slots=True)
class MessageStatus:
    """The fate of a message: `reference` is the id of its outbox row.

    `error_code`: of a failure.
    """

    reference: str
    status: str
    error_code: int | None


def build_template_message(
    template: str, to: str, language: str, parameters: tuple[str, ...], reference: str
) -> dict[str, Any]:
    """Build the body of a request.

    `to`: a number in E.164. The reference comes back with each status.
    """
    texts = [{"type": "text", "text": _to_parameter(text)} for text in parameters]
    return {
        "messaging_product": "whatsapp",
        "recipient_type": "individual",
        "to": to.removeprefix("+"),
        "type": "template",
        "template": {
            "name": template,
            "language": {"code": language},
            "components": [{"type": "body", "parameters": texts}],
        },
        "biz_opaque_callback_data": reference,
    }


def _to_parameter(text: str) -> str:
    """Write a text on one line: a parameter has no line break and no four spaces."""
    line = " ".join(text.split())
    return line if len(line) <= MAX_PARAMETER_LENGTH else f"{line[: MAX_PARAMETER_LENGTH - 1].rstrip()}…"


def parse_error_code(body: bytes) -> int | None:
    """Return the error code in the JSON of a refusal; None without one."""
    try:
        refusal = json.loads(body)
    except ValueError:
        return None
    error = refusal.get("error") if isinstance(refusal, dict) else None
    code = error.get("code") if isinstance(error, dict) else None
    return code if isinstance(code, int) else None


def is_signed(secret: str, headers: Mapping[str, str], body: bytes) -> bool:
    """Tell whether Meta signed a call with the secret of the app."""
    expected = "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return hmac.compare_digest(expected.encode(), headers.get("x-hub-signature-256", "").encode())


def parse_statuses(call: Any) -> Iterator[MessageStatus]:
    """Return the statuses of a call that name one of our messages."""
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
