"""What is sent to an SMS gateway, from the installation's template: JSON or a form, as it wishes. Pure."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from string import Template
from typing import Any
from urllib.parse import parse_qsl, urlencode

MAX_SMS_LENGTH = 306  # two joined messages of 153; longer ones cost more and say no more

# GSM 03.38: a text of these letters alone has 160 in a message; with any other one, 70.
GSM_CHARACTERS = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)


@dataclass(frozen=True, slots=True)
class SmsGateway:
    """A gateway and what it may be asked for. `countries`: calling codes; limits in messages a day.

    `final_codes`: of a gateway that says in JSON why it refuses, what concerns the number or the text alone; None
    where the status has to say so. `account_url`: what tells, with these headers, whether it knows us.
    """

    url: str
    body: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    countries: frozenset[str] = frozenset({"34"})
    messages_per_day: int = 1_000
    messages_per_number_per_day: int = 20
    permanent_error_codes: frozenset[int] | None = None
    account_url: str | None = None


@dataclass(frozen=True, slots=True)
class SmsRequest:
    """The body of one request, and what it is."""

    body: bytes
    content_type: str


def build_sms_request(template: str, values: Mapping[str, str]) -> SmsRequest:
    """The template with `$to`, `$text`, `$key` filled in; a text can never break out of its field."""
    if template.lstrip().startswith(("{", "[")):
        filled = _fill_placeholders(json.loads(template), values)
        return SmsRequest(json.dumps(filled, ensure_ascii=False).encode(), "application/json")
    pairs = [(name, Template(text).safe_substitute(values)) for name, text in parse_qsl(template)]
    return SmsRequest(urlencode(pairs).encode(), "application/x-www-form-urlencoded")


def _fill_placeholders(value: Any, values: Mapping[str, str]) -> Any:
    if isinstance(value, str):
        return Template(value).safe_substitute(values)
    if isinstance(value, list):
        return [_fill_placeholders(one, values) for one in value]
    if isinstance(value, dict):
        return {name: _fill_placeholders(one, values) for name, one in value.items()}
    return value


def check_sms_template(template: str) -> str:
    """Raises ValueError, in words for whoever sets it up."""
    try:
        body = build_sms_request(template, {"to": "\x01", "text": "\x02", "key": ""}).body
    except ValueError:
        raise ValueError("write a JSON object, or a form such as to=$to&text=$text") from None
    decoded = body.decode()
    marks = [("\\u0001", "%01"), ("\\u0002", "%02")]
    if not all(any(mark in decoded for mark in both) for both in marks):
        raise ValueError("it needs $to and $text")
    return template


def parse_sms_headers(text: str) -> dict[str, str]:
    """The headers that every request carries, from a JSON object. Raises ValueError; never quotes a secret."""
    try:
        found = json.loads(text) if text else {}
    except ValueError:
        found = None
    if not isinstance(found, dict) or not all(
        isinstance(one, str) and one.isprintable() for one in found.values()
    ):
        raise ValueError('write a JSON object, such as {"Authorization": "Bearer KEY"}')
    return found


def to_gsm_text(text: str, links: str = "") -> str:
    """The text in the letters of one message where only accents stand in the way: `está` costs twice `esta`.

    What is too long is cut, but not the links behind it.
    """
    letters = "".join(one if one in GSM_CHARACTERS else _to_gsm_character(one) for one in text)
    tail = f" {links}" if links else ""
    room = MAX_SMS_LENGTH - len(tail)
    return (letters if len(letters) <= room else f"{letters[: max(0, room - 1)].rstrip()}.") + tail


def _to_gsm_character(character: str) -> str:
    base = unicodedata.normalize("NFKD", character)[0]
    return (
        base
        if base in GSM_CHARACTERS
        else {"“": '"', "”": '"', "’": "'", "–": "-", "—": "-", "·": "-"}.get(character, character)
    )
