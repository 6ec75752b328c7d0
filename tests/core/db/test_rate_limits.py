"""Limits of floods and of guesses."""

from __future__ import annotations

import pytest
from office360.core.db import rate_limits
from office360.core.db.rate_limits import (
    FloodLimit,
    GuessRow,
    TokenBucket,
    delete_guess,
    delete_old_guesses,
    record_daily_value,
    record_guess,
)
from office360.core.errors import RateLimited
from office360.core.runtime import Runtime
from sqlalchemy import func, select

from ...conftest import FakeClock


def test_bucket_allows_burst_then_rate() -> None:
    bucket = TokenBucket(rate=1, burst=3)
    assert [bucket.take_token(0) for _ in range(4)] == [True, True, True, False]
    assert bucket.take_token(1.1)
    assert not bucket.take_token(1.2)


def test_addresses_do_not_share_a_limit() -> None:
    limit = FloodLimit(per_minute=1)
    assert limit.take_token("a", 0)
    assert not limit.take_token("a", 1)
    assert limit.take_token("b", 1)


def test_number_of_buckets_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rate_limits, "MAX_BUCKETS", 10)
    limit = FloodLimit(per_minute=1)
    for number in range(100):
        limit.take_token(str(number), 0)
    assert len(limit._buckets) == 10


async def test_sixth_guess_within_fifteen_minutes_is_refused(runtime: Runtime, clock: FakeClock) -> None:
    for _ in range(5):
        await record_guess(runtime, "locator:192.0.2.1")
    with pytest.raises(RateLimited) as refused:
        await record_guess(runtime, "locator:192.0.2.1")
    assert refused.value.retry_after_s == 900
    await record_guess(runtime, "locator:192.0.2.2")
    clock.advance(minutes=15)
    await record_guess(runtime, "locator:192.0.2.1")


async def test_deleting_right_guess_keeps_wrong_guesses(runtime: Runtime) -> None:
    for _ in range(4):
        await record_guess(runtime, "locator:192.0.2.1")
    for _ in range(3):
        await delete_guess(runtime, await record_guess(runtime, "locator:192.0.2.1"))
    await record_guess(runtime, "locator:192.0.2.1")
    with pytest.raises(RateLimited):
        await record_guess(runtime, "locator:192.0.2.1")


async def test_stored_subject_of_a_guess_is_a_keyed_hash(runtime: Runtime) -> None:
    await record_guess(runtime, "locator:192.0.2.1")
    async with runtime.read_session() as session:
        (subject,) = (await session.execute(select(GuessRow.subject))).scalars()
    assert "192" not in subject


async def test_guess_deletes_only_old_guesses_of_its_subject(runtime: Runtime, clock: FakeClock) -> None:
    for address in ("192.0.2.1", "192.0.2.2"):
        await record_guess(runtime, f"locator:{address}")
    await record_daily_value(runtime, "sms:192.0.2.1", "number", 1)
    clock.advance(minutes=15)
    await record_guess(runtime, "locator:192.0.2.1")
    assert await count_guesses(runtime) == 3
    clock.advance(hours=23, minutes=50)
    await delete_old_guesses(runtime)
    assert await count_guesses(runtime) == 1


async def count_guesses(runtime: Runtime) -> int:
    async with runtime.read_session() as session:
        return (await session.execute(select(func.count()).select_from(GuessRow))).scalar_one()
