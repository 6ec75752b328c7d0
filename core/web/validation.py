"""Validation of input: untyped input becomes a model, or an Invalid that names each field."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated, Any, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    StringConstraints,
    TypeAdapter,
    ValidationError,
    WithJsonSchema,
)
from pydantic_core import CoreSchema, ErrorDetails, PydanticCustomError, core_schema

from ..contact.phone_numbers import PHONE_REGION
from ..errors import FieldError, Invalid
from ..i18n.languages import LANGUAGES

M = TypeVar("M", bound=BaseModel)
_UNSTORABLE = re.compile("[\0\ud800-\udfff]")

SUPPORTED_YEARS = range(2000, 2200)  # beyond, adding a day or an offset may overflow a datetime
SPANISH_PHONE_DIGITS = 9
MAX_FIELD_ERRORS = 50  # a body with more wrong fields is no mistake, and its answer stays small
MAX_EMAIL_LENGTH = 254  # RFC 5321 section 4.5.3.1.3, less the angle brackets

# Codes by pydantic's error types; every other type is `wrong_type`.
_CODE_BY_PYDANTIC_TYPE = {
    "missing": "required",
    "string_too_short": "too_short",
    "string_too_long": "too_long",
    "too_short": "too_short",
    "too_long": "too_long",
    "string_pattern_mismatch": "not_a_choice",
    "literal_error": "not_a_choice",
    "enum": "not_a_choice",
    "int_parsing": "not_a_number",
    "float_parsing": "not_a_number",
    "extra_forbidden": "unknown_field",
    "timezone_aware": "invalid_time",
    "datetime_parsing": "invalid_time",
    "datetime_from_date_parsing": "invalid_time",
    "datetime_type": "invalid_time",
}
_OWN_CODE = "own_code"  # in the context of an error that validation_error made

# A language of messages. More may follow, so that programs must expect others in answers.
LanguageCode = Annotated[
    str,
    StringConstraints(pattern=f"^({'|'.join(LANGUAGES)})$"),
    WithJsonSchema({"type": "string", "enum": [*LANGUAGES]}),
]


def parse_json(text: str | bytes) -> Any:
    """Parse JSON. Raises ValueError, also for strings that no database can store."""
    try:
        value = json.loads(text)
        # Without escapes, ASCII text has no surrogate; a NUL as such is no JSON.
        is_plain = isinstance(text, str) and text.isascii() and "\\u" not in text
        if not is_plain and not _is_storable(value):
            raise ValueError("text with characters that cannot be stored")
    except RecursionError:
        raise ValueError("nested too deeply") from None
    return value


def _is_storable(value: Any) -> bool:
    if isinstance(value, str):
        return is_plain_text(value)
    if isinstance(value, dict):
        return all(is_plain_text(key) and _is_storable(inner) for key, inner in value.items())
    if isinstance(value, list):
        return all(_is_storable(inner) for inner in value)
    return True


def is_plain_text(text: str) -> bool:
    """Tell whether a text is valid UTF-8 for PostgreSQL: no lone surrogates, no NUL."""
    return "\0" not in text if text.isascii() else _UNSTORABLE.search(text) is None


def parse_model(model: type[M], source: Mapping[str, Any], *, forbid_unknown: bool = False) -> M:
    """Parse the source as `model`. Raises Invalid with one FieldError per rejected field.

    `forbid_unknown`: reject fields that the model lacks, also of objects in it ("unknown_field").
    """
    try:
        return model.model_validate(source, extra="forbid" if forbid_unknown else None)
    except ValidationError as error:
        raise Invalid(
            *(_field_error(details) for details in error.errors(include_url=False)[:MAX_FIELD_ERRORS])
        ) from None


def _field_error(error: ErrorDetails) -> FieldError:
    context = error.get("ctx", {})
    field = ".".join(str(part) for part in error["loc"]) or "body"
    if error["type"] == "string_too_short" and context.get("min_length") == 1:
        return FieldError(field, "required")
    limits = {"min": context.get("min_length"), "max": context.get("max_length")}
    params = {name: value for name, value in limits.items() if value is not None}
    code = context.get(_OWN_CODE) or _CODE_BY_PYDANTIC_TYPE.get(error["type"], "wrong_type")
    return FieldError(field, code, params)


def validation_error(code: str) -> PydanticCustomError:
    """Make a pydantic error that becomes a FieldError with this code.

    The code's text is in core/i18n/error_texts.py.
    """
    return PydanticCustomError(code, code, {_OWN_CODE: code})


def _check_email(text: str) -> str:
    if not text:
        raise validation_error("required")
    if "@" not in text:
        raise validation_error("email_no_at")
    # imported late: 20 ms, most requests send none
    from email_validator import EmailNotValidError, validate_email

    try:
        return validate_email(text, check_deliverability=False, test_environment=True).normalized
    except EmailNotValidError:
        raise validation_error("email_incomplete") from None


def _to_e164(text: str) -> str:
    import phonenumbers  # imported late: 58 modules

    try:
        number = phonenumbers.parse(text, PHONE_REGION)
    except phonenumbers.NumberParseException:
        raise validation_error("phone_unknown") from None
    if not phonenumbers.is_possible_number(number):
        too_short = number.country_code == 34 and len(str(number.national_number)) < SPANISH_PHONE_DIGITS
        raise validation_error("phone_too_short" if too_short else "phone_unknown")
    if not phonenumbers.is_valid_number(number):
        raise validation_error("phone_unknown")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _check_person_name(text: str) -> str:
    folded = " ".join(text.split())
    if len(folded) < 2 or not re.search(r"\w", folded):
        raise validation_error("name_required")
    return folded


def _refuse_numeric_time(value: Any) -> Any:
    """Accept RFC 3339 text only; pydantic would also accept a number of seconds."""
    if not isinstance(value, str | datetime):
        raise validation_error("invalid_time")
    return value


def _require_aware_time(moment: datetime) -> datetime:
    if moment.tzinfo is None or moment.year not in SUPPORTED_YEARS:
        raise validation_error("invalid_time")
    return moment


def _require_supported_year(day: date | None) -> date | None:
    """Refuse days at the ends of the calendar: their midnight overflows in some time zone."""
    if day is not None and day.year not in SUPPORTED_YEARS:
        raise validation_error("invalid_time")
    return day


def _empty_is_none(value: Any) -> Any:
    return None if isinstance(value, str) and not value.strip() else value


class _EmptyIsNone:
    """Reads an empty field as None: a form sends it where a program omits it."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_before_validator_function(_empty_is_none, handler(source))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        published = handler(schema)
        return {**published, "anyOf": [*published["anyOf"], {"type": "string", "pattern": r"^\s*$"}]}


EmptyIsNone = _EmptyIsNone()
Email = Annotated[
    str, StringConstraints(strip_whitespace=True, max_length=MAX_EMAIL_LENGTH), AfterValidator(_check_email)
]
Phone = Annotated[str, StringConstraints(strip_whitespace=True, max_length=40), AfterValidator(_to_e164)]
OptionalEmail = Annotated[Email | None, EmptyIsNone]
OptionalPhone = Annotated[Phone | None, EmptyIsNone]
PersonName = Annotated[
    str, StringConstraints(strip_whitespace=True, max_length=120), AfterValidator(_check_person_name)
]
Slug = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=64)]
CalendarDay = Annotated[date, AfterValidator(_require_supported_year)]
OptionalCalendarDay = Annotated[date | None, EmptyIsNone, AfterValidator(_require_supported_year)]
AwareTime = Annotated[datetime, BeforeValidator(_refuse_numeric_time), AfterValidator(_require_aware_time)]

_PHONE: TypeAdapter[str] = TypeAdapter(Phone)
_EMAIL: TypeAdapter[str] = TypeAdapter(Email)


def parse_phone(text: str) -> str | None:
    """Parse a telephone number to E.164; None for any other text."""
    try:
        return _PHONE.validate_python(text)
    except ValidationError:
        return None


def parse_email(text: str) -> str | None:
    """Parse an e-mail address; None for any other text."""
    try:
        return _EMAIL.validate_python(text)
    except ValidationError:
        return None
