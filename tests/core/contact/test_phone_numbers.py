"""Which numbers can be sent an SMS."""

from __future__ import annotations

import pytest
from office360.core.contact.phone_numbers import sms_problem


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
def test_only_mobiles_of_the_countries_that_are_paid_for(number: str, problem: str | None) -> None:
    assert sms_problem(number, {"34"}) == problem


def test_where_fixed_and_mobile_numbers_look_alike_both_are_tried() -> None:
    assert sms_problem("+12025550123", {"1"}) is None
