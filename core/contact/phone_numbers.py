"""Telephone numbers: check for SMS, groups that people read, links that phones dial."""

from __future__ import annotations

import re
from collections.abc import Collection
from functools import lru_cache

from markupsafe import Markup, escape

PHONE_REGION = "ES"  # of numbers that are written without their country
# Digits in groups, at least nine of them: a date, a time or a locator is no such text.
_NUMBER_IN_TEXT = re.compile(r"(?<![\w+:/.-])\+?\d(?:[ \u00a0]?\d){8,14}(?![\w:/-])")


def sms_error_code(number: str, countries: Collection[str]) -> str | None:
    """Return the error code of an E.164 number that gets no SMS; None if SMS reach it.

    `countries`: calling codes without a plus sign. A premium number is not a mobile number.
    """
    import phonenumbers  # imported late: 58 modules
    from phonenumbers import PhoneNumberType

    try:
        parsed = phonenumbers.parse(number, None)
    except phonenumbers.NumberParseException:
        return "phone_unknown"
    if str(parsed.country_code) not in countries:
        return "phone_country"
    has_sms = phonenumbers.number_type(parsed) in (
        PhoneNumberType.MOBILE,
        PhoneNumberType.FIXED_LINE_OR_MOBILE,  # countries whose numbers do not tell the two apart
        PhoneNumberType.PERSONAL_NUMBER,
    )
    return None if has_sms else "phone_not_mobile"


def group_number(number: str) -> str:
    """Write an E.164 number in groups, as people read it; a Spanish number without its prefix."""
    if number.startswith("+34") and len(number) == len("+34600111222"):
        number = number.removeprefix("+34")
    head = len(number) % 3
    groups = [number[:head]] if head else []
    groups += [number[start : start + 3] for start in range(head, len(number), 3)]
    return "\N{NO-BREAK SPACE}".join(groups)


@lru_cache(maxsize=1024)
def tel_url(number: str) -> str:
    """Return the `tel:` address (RFC 3966) of a number.

    In E.164; of a short number such as 010, the digits.
    """
    import phonenumbers  # imported late: 58 modules

    digits = re.sub(r"[^0-9+]", "", number)
    try:
        parsed = phonenumbers.parse(number, PHONE_REGION)
    except phonenumbers.NumberParseException:
        return f"tel:{digits}"
    if not phonenumbers.is_possible_number(parsed):
        return f"tel:{digits}"
    return "tel:" + phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)


def link_number(number: str | None) -> Markup:
    """Return the link that dials a number, shown in groups on the same line; empty for none."""
    if not number:
        return Markup("")
    shown = group_number(number) if re.fullmatch(r"\+\d+", number) else number.replace(" ", "\N{NO-BREAK SPACE}")
    return Markup('<a class="nowrap" href="{}">{}</a>').format(tel_url(number), shown)


def link_numbers_in(text: str) -> Markup:
    """Return a text as HTML in which each telephone number is a link."""
    parts, end = [], 0
    for found in _NUMBER_IN_TEXT.finditer(text):
        parts += [escape(text[end : found.start()]), link_number(found[0])]
        end = found.end()
    return Markup("").join([*parts, escape(text[end:])])
