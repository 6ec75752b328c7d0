"""Check of telephone numbers for SMS: type, and country that the installation sends to."""

from __future__ import annotations

from collections.abc import Collection

from ..errors import FieldError, Invalid, Unavailable


def sms_error_code(number: str, countries: Collection[str]) -> str | None:
    """Return the error code of an E.164 number that gets no SMS; None if it gets one.

    `countries`: calling codes without a plus sign. A premium number is not a mobile one.
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


def check_sms_number(phone: str | None, countries: Collection[str]) -> None:
    """Check a number. `countries`: calling codes that this installation sends to.

    Raises Unavailable if the installation sends no SMS, Invalid if this number gets none.
    """
    if not countries:
        raise Unavailable
    problem = sms_error_code(phone, countries) if phone else "required"
    if problem is not None:
        codes = ", ".join(f"+{code}" for code in sorted(countries))
        raise Invalid(FieldError("phone", problem, {"codes": codes}))


def group_number(number: str) -> str:
    """Write an E.164 number in groups, as people read it; a Spanish one without its prefix."""
    if number.startswith("+34") and len(number) == len("+34600111222"):
        number = number.removeprefix("+34")
    head = len(number) % 3
    groups = [number[:head]] if head else []
    groups += [number[start : start + 3] for start in range(head, len(number), 3)]
    return "\N{NO-BREAK SPACE}".join(groups)
