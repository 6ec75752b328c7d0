"""Rules of telephone calls, and how a number is shown to others. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import count

import pytest
from office360.appointments.domain.phone_call import (
    PhoneCall,
    PhoneCallResult,
    can_report_no_show,
    count_attempts,
    open_call,
)

from ...conftest import MORNING

IDS = count()


def call_at(minute: int, result: PhoneCallResult | None = PhoneCallResult.NO_ANSWER) -> PhoneCall:
    at: datetime = MORNING + timedelta(minutes=minute)
    return PhoneCall(str(next(IDS)), "visit", "boris", at, at if result else None, result)


@pytest.mark.parametrize(
    ("minutes", "attempts"), [([], 0), ([0], 1), ([0, 4], 1), ([0, 5], 2), ([0, 3, 6], 2), ([6, 0], 2)]
)
def test_calls_in_quick_succession_are_one_attempt(minutes: list[int], attempts: int) -> None:
    calls = [call_at(minute) for minute in minutes]
    assert count_attempts(calls) == attempts
    assert can_report_no_show(calls) == (attempts >= 2)


def test_only_calls_without_answer_are_attempts() -> None:
    calls = [call_at(0), call_at(10, PhoneCallResult.WITHDRAWN), call_at(20, None)]
    assert count_attempts(calls) == 1
    assert open_call(calls) == calls[-1]
