"""What comes from outside becomes typed, or says what to change, field by field."""

from __future__ import annotations

from typing import Any

import pytest
from office360.core.errors import Invalid
from office360.core.i18n.error_texts import ERRORS
from office360.core.web.validation import (
    _CODES,
    _OWN_CODES,
    AwareTime,
    Email,
    OptionalEmail,
    OptionalPhone,
    PersonName,
    parse,
)
from pydantic import BaseModel


class Person(BaseModel):
    name: PersonName
    email: Email
    phone: OptionalPhone = None


class Meeting(BaseModel):
    at: AwareTime
    guest: OptionalEmail = None


AMINA: dict[str, Any] = {"name": "Amina", "email": "amina@example.org"}


def codes(model: type[BaseModel], **fields: Any) -> dict[str, str]:
    with pytest.raises(Invalid) as refused:
        parse(model, fields)
    return {one.field: one.code for one in refused.value.fields}


def test_good_fields_are_tidied() -> None:
    person = parse(Person, {"name": "  Rosa   Etxeberria ", "email": " Rosa@Example.ORG ", "phone": "612 345 678"})
    assert (person.name, person.email, person.phone) == ("Rosa Etxeberria", "Rosa@example.org", "+34612345678")


def test_each_field_says_what_is_wrong_with_it() -> None:
    assert codes(Person, name=" ", email="amina.example.org", phone="612 34 55") == {
        "name": "name_required",
        "email": "email_no_at",
        "phone": "phone_too_short",
    }


@pytest.mark.parametrize(
    "email", ["amina@", "amina@example", "@example.org", "a b@example.org", "amina@@example.org"]
)
def test_half_an_address_is_incomplete(email: str) -> None:
    assert codes(Person, **{**AMINA, "email": email}) == {"email": "email_incomplete"}


@pytest.mark.parametrize("phone", ["", "   ", None])
def test_no_telephone_is_fine(phone: str | None) -> None:
    assert parse(Person, {**AMINA, "phone": phone}).phone is None


@pytest.mark.parametrize(("phone", "code"), [("hola", "phone_unknown"), ("+34 000 000 000", "phone_unknown")])
def test_a_number_that_cannot_be_is_refused(phone: str, code: str) -> None:
    assert codes(Person, **{**AMINA, "phone": phone}) == {"phone": code}


def test_telephones_of_other_countries_are_welcome() -> None:
    assert parse(Person, {**AMINA, "phone": "+351 912 345 678"}).phone == "+351912345678"


@pytest.mark.parametrize("at", ["2026-11-27T09:20:00", "tomorrow", "", 7.5e30])
def test_a_time_needs_its_offset(at: Any) -> None:
    assert codes(Meeting, at=at) == {"at": "invalid_time"}


def test_what_is_missing_is_named() -> None:
    assert codes(Person, email="amina@example.org") == {"name": "required"}


def test_every_code_has_a_sentence() -> None:
    assert {*_CODES.values(), *_OWN_CODES, "wrong_type"} - set(ERRORS) == set()
