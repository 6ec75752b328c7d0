"""Requests to an SMS gateway from a template, and its refusals. Pure: no sockets."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from string import Template
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlencode

from ...core.i18n.catalogues import END_OF_ISOLATE, ISOLATE
from ..domain.gateway import GatewayCheck, GatewayRefusal, GatewayRequest

if TYPE_CHECKING:
    from ..domain.message_content import OutboxMessage
    from ..domain.send_results import PermanentFailure, TemporaryFailure
    from ..domain.short_message import ShortMessage

# Refusals that the operator can mend, such as a wrong login or an address that redirects to another: the SMS waits
# until it expires.
OPERATOR_STATUSES = frozenset({*range(300, 400), 401, 402, 403, 404, 405})
# Characters of two joined SMS: joining takes 7 of the 160 places of each. A third would cost more without need.
MAX_SMS_LENGTH = 306

# GSM 03.38: with these characters only, an SMS holds 160 of them; with any other character, 70.
GSM_CHARACTERS = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
GSM_EXTENSION = frozenset("^{}\\[~]|€\f")  # each takes two places
SIMILAR_GSM_CHARACTERS = {
    "“": '"',
    "”": '"',
    "’": "'",
    "–": "-",
    "—": "-",
    "·": "-",
    ISOLATE: "",
    END_OF_ISOLATE: "",
}


@dataclass(frozen=True, slots=True)
class SmsGateway:
    """Address, login and request template of a gateway.

    `permanent_error_codes`: the codes, in the JSON of a refusal, that concern only the number or the text; None
    for a gateway whose HTTP status tells. `account_url` answers to `headers` whether the login is valid.
    """

    url: str
    body: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    permanent_error_codes: frozenset[int] | None = None
    account_url: str | None = None

    @property
    def check(self) -> GatewayCheck:
        """The login is checked at the `account_url`; any other gateway only for an answer."""
        if self.account_url is None:
            return GatewayCheck(self.url, method="OPTIONS")
        return GatewayCheck(self.account_url, self.headers, "it does not take account and token")

    def build_request(self, message: OutboxMessage, short: ShortMessage, key: str) -> GatewayRequest:
        """Build the request of an SMS; `message.recipient` is a number in E.164."""
        text = to_gsm_text(short.title_and_body, short.link_and_stop)
        request = build_sms_request(self.body, {"to": message.recipient, "text": text, "key": key})
        headers = {"Content-Type": request.content_type, "Idempotency-Key": key, **self.headers}
        return GatewayRequest(self.url, request.body, headers)

    def classify_refusal(self, refusal: GatewayRefusal) -> PermanentFailure | TemporaryFailure:
        """Give up only what concerns the number or the text."""
        is_temporary = refusal.is_temporary or refusal.status in OPERATOR_STATUSES
        if self.permanent_error_codes is None:
            return refusal.to_failure(is_permanent=not is_temporary)
        code = refusal.find_number("code")
        is_permanent = code in self.permanent_error_codes and not is_temporary
        return refusal.to_failure(is_permanent=is_permanent, error_code=code)


@dataclass(frozen=True, slots=True)
class SmsRequest:
    """Body and content type of a request."""

    body: bytes
    content_type: str


def build_sms_request(template: str, values: Mapping[str, str]) -> SmsRequest:
    """Fill `$to`, `$text` and `$key` into the template; no text can break out of its field."""
    if template.lstrip().startswith(("{", "[")):
        filled = _fill_placeholders(json.loads(template), values)
        return SmsRequest(json.dumps(filled, ensure_ascii=False).encode(), "application/json")
    pairs = [(name, Template(text).safe_substitute(values)) for name, text in parse_qsl(template)]
    return SmsRequest(urlencode(pairs).encode(), "application/x-www-form-urlencoded")


def _fill_placeholders(value: Any, values: Mapping[str, str]) -> Any:
    if isinstance(value, str):
        return Template(value).safe_substitute(values)
    if isinstance(value, list):
        return [_fill_placeholders(item, values) for item in value]
    if isinstance(value, dict):
        return {name: _fill_placeholders(item, values) for name, item in value.items()}
    return value


def check_sms_template(template: str) -> str:
    """Return the template. Raises ValueError with a hint for the operator if it is invalid."""
    try:
        body = build_sms_request(template, {"to": "\x01", "text": "\x02", "key": ""}).body
    except ValueError:
        raise ValueError("write a JSON object, or a form such as to=$to&text=$text") from None
    decoded = body.decode()
    escapes = [("\\u0001", "%01"), ("\\u0002", "%02")]  # of $to and $text, each in JSON and in a form
    if not all(in_json in decoded or in_form in decoded for in_json, in_form in escapes):
        raise ValueError("it needs $to and $text")
    return template


def parse_sms_headers(text: str) -> dict[str, str]:
    """Parse the headers of every request from a JSON object.

    Raises ValueError with a hint for the operator, which never quotes a secret.
    """
    try:
        headers = json.loads(text) if text else {}
    except ValueError:
        headers = None
    if not isinstance(headers, dict) or not all(
        isinstance(value, str) and value.isprintable() for value in headers.values()
    ):
        raise ValueError('write a JSON object, such as {"Authorization": "Bearer KEY"}')
    return headers


def to_gsm_text(text: str, links: str = "") -> str:
    """Write a text in GSM characters if only accents prevent it, and cut it to two SMS.

    `está` has a character outside of GSM and would cost twice as much as `esta`. The links are never cut.
    """
    gsm = "".join(character if character in GSM_CHARACTERS else _to_gsm_character(character) for character in text)
    # a link that is cut opens nothing, so that only the words before the links are cut
    tail = f" {links}" if links else ""
    room = MAX_SMS_LENGTH - len(tail)
    return (gsm if len(gsm) <= room else f"{gsm[: max(0, room - 1)].rstrip()}.") + tail


def count_segments(text: str) -> tuple[int, int]:
    """Return the characters of a text and the SMS that it costs (3GPP TS 23.040, 9.2.3.24)."""
    if all(character in GSM_CHARACTERS or character in GSM_EXTENSION for character in text):
        length, single, joined = sum(2 if character in GSM_EXTENSION else 1 for character in text), 160, 153
    else:
        length, single, joined = len(text.encode("utf-16-le")) // 2, 70, 67
    return length, 1 if length <= single else -(-length // joined)


def _to_gsm_character(character: str) -> str:
    base = unicodedata.normalize("NFKD", character)[0]
    return base if base in GSM_CHARACTERS else SIMILAR_GSM_CHARACTERS.get(character, character)
