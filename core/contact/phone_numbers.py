"""Whether a telephone number can be sent an SMS, and is one that the installation pays for. Pure."""

from __future__ import annotations

from collections.abc import Collection

import phonenumbers
from phonenumbers import PhoneNumberType

from ..errors import FieldError, Invalid, Unavailable

SMS_NUMBER_TYPES = frozenset(
    {
        PhoneNumberType.MOBILE,
        PhoneNumberType.FIXED_LINE_OR_MOBILE,  # where the two look alike
        PhoneNumberType.PERSONAL_NUMBER,
    }
)


def sms_error_code(number: str, countries: Collection[str]) -> str | None:
    """The code of what speaks against an SMS to a number in E.164; None when nothing does.

    `countries`: calling codes without a sign. A premium line is no mobile one either.
    """
    try:
        parsed = phonenumbers.parse(number, None)
    except phonenumbers.NumberParseException:
        return "phone_unknown"
    if str(parsed.country_code) not in countries:
        return "phone_country"
    return None if phonenumbers.number_type(parsed) in SMS_NUMBER_TYPES else "phone_not_mobile"


def check_sms_number(phone: str | None, countries: Collection[str]) -> None:
    """Raises Unavailable where no SMS are sent, and Invalid for a number that gets none. `countries`: the calling
    codes that this installation sends to."""
    if not countries:
        raise Unavailable
    problem = sms_error_code(phone, countries) if phone else "required"
    if problem is not None:
        codes = ", ".join(f"+{code}" for code in sorted(countries))
        raise Invalid(FieldError("phone", problem, {"codes": codes}))
