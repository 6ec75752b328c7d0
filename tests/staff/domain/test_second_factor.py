"""Rules of the second factor."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from office360.core.auth import StaffRole
from office360.staff.domain.second_factor import (
    RECOVERY_CODES,
    hash_recovery_code,
    is_factor_required,
    is_proof_recent,
    new_recovery_codes,
)

NOW = datetime(2026, 11, 25, 9, 30, tzinfo=UTC)


def test_recovery_codes_differ_and_are_read_however_typed() -> None:
    codes = new_recovery_codes()
    assert len(set(codes)) == RECOVERY_CODES
    assert all(len(code.replace("-", "")) == 16 for code in codes)
    typed = codes[0].lower().replace("-", " ").replace("0", "o").replace("1", "l")
    assert hash_recovery_code(typed) == hash_recovery_code(codes[0]) != hash_recovery_code(codes[1])


@pytest.mark.parametrize(("day", "required"), [(24, True), (25, True), (26, False)])
def test_factor_is_required_from_its_day_on(day: int, required: bool) -> None:
    rules = {StaffRole.MANAGER: date(2026, 11, day)}
    assert is_factor_required(rules, StaffRole.MANAGER, NOW.date()) is required
    assert not is_factor_required(rules, StaffRole.AGENT, NOW.date())


def test_proof_counts_for_ten_minutes() -> None:
    assert not is_proof_recent(None, NOW)
    assert is_proof_recent(NOW - timedelta(minutes=9), NOW)
    assert not is_proof_recent(NOW - timedelta(minutes=10), NOW)
