"""Validation of input, with an error per field."""

from __future__ import annotations

import ast
from typing import Any

import pytest
from office360.core.errors import Invalid
from office360.core.i18n.error_texts import ERROR_TEXTS
from office360.core.web.validation import (
    _CODE_BY_PYDANTIC_TYPE,
    AwareTime,
    Email,
    OptionalEmail,
    OptionalPhone,
    PersonName,
    parse_model,
)
from office360.server.app import FEATURE_FOLDERS
from pydantic import BaseModel


class Person(BaseModel):
    name: PersonName
    email: Email
    phone: OptionalPhone = None


class Meeting(BaseModel):
    at: AwareTime
    guest: OptionalEmail = None


AMINA: dict[str, Any] = {"name": "Amina", "email": "amina@example.org"}


def error_codes(model: type[BaseModel], **fields: Any) -> dict[str, str]:
    with pytest.raises(Invalid) as refused:
        parse_model(model, fields)
    return {field.field: field.code for field in refused.value.fields}


def test_valid_fields_are_normalized() -> None:
    person = parse_model(
        Person, {"name": "  Rosa   Etxeberria ", "email": " Rosa@Example.ORG ", "phone": "612 345 678"}
    )
    assert (person.name, person.email, person.phone) == ("Rosa Etxeberria", "Rosa@example.org", "+34612345678")


def test_each_invalid_field_has_its_code() -> None:
    assert error_codes(Person, name=" ", email="amina.example.org", phone="612 34 55") == {
        "name": "name_required",
        "email": "email_no_at",
        "phone": "phone_too_short",
    }


@pytest.mark.parametrize(
    "email", ["amina@", "amina@example", "@example.org", "a b@example.org", "amina@@example.org"]
)
def test_partial_email_is_incomplete(email: str) -> None:
    assert error_codes(Person, **{**AMINA, "email": email}) == {"email": "email_incomplete"}


@pytest.mark.parametrize("phone", ["", "   ", None])
def test_phone_is_optional(phone: str | None) -> None:
    assert parse_model(Person, {**AMINA, "phone": phone}).phone is None


@pytest.mark.parametrize(("phone", "code"), [("hola", "phone_unknown"), ("+34 000 000 000", "phone_unknown")])
def test_impossible_phone_number_is_refused(phone: str, code: str) -> None:
    assert error_codes(Person, **{**AMINA, "phone": phone}) == {"phone": code}


def test_foreign_phone_number_is_accepted() -> None:
    assert parse_model(Person, {**AMINA, "phone": "+351 912 345 678"}).phone == "+351912345678"


@pytest.mark.parametrize("at", ["2026-11-27T09:20:00", "tomorrow", "", 7.5e30])
def test_time_without_offset_is_refused(at: Any) -> None:
    assert error_codes(Meeting, at=at) == {"at": "invalid_time"}


def test_missing_field_is_required() -> None:
    assert error_codes(Person, email="amina@example.org") == {"name": "required"}


def codes_of_validators() -> set[str]:
    """Return the codes with which code of the product calls `validation_error`."""
    calls = [
        node
        for folder in FEATURE_FOLDERS
        for path in folder.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "validation_error"
    ]
    constants = [part.value for call in calls for part in ast.walk(call) if isinstance(part, ast.Constant)]
    return {code for code in constants if isinstance(code, str)}


def test_every_error_code_has_text() -> None:
    own = codes_of_validators()
    assert {"email_no_at", "must_accept", "phone_too_short", "push_keys"} <= own
    assert {*_CODE_BY_PYDANTIC_TYPE.values(), *own, "wrong_type"} - set(ERROR_TEXTS) == set()
