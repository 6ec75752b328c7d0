"""Numbers that can receive an SMS."""

from __future__ import annotations

import pytest
from office360.core.contact.phone_numbers import sms_error_code


@pytest.mark.parametrize(
    ("number", "problem"),
    [
        ("+34600000001", None),
        ("+34711000001", None),
        ("+34913000001", "phone_not_mobile"),
        ("+34806123456", "phone_not_mobile"),
        ("+34900000360", "phone_not_mobile"),
        ("+351912345678", "phone_country"),
        ("+12025550123", "phone_country"),
        ("600", "phone_unknown"),
    ],
)
def test_sms_requires_mobile_in_allowed_country(number: str, problem: str | None) -> None:
    assert sms_error_code(number, {"34"}) == problem


def test_sms_allows_number_that_may_be_mobile() -> None:
    assert sms_error_code("+12025550123", {"1"}) is None
