"""How often is too often."""

from __future__ import annotations

import pytest
from office360.core.db import rate_limits
from office360.core.db.rate_limits import FloodLimit, TokenBucket, spend_guess, take_back_guess
from office360.core.errors import RateLimited
from office360.core.runtime import Runtime

from ...conftest import FakeClock


def test_a_burst_is_allowed_and_then_the_rate() -> None:
    bucket = TokenBucket(rate=1, burst=3)
    assert [bucket.take(0) for _ in range(4)] == [True, True, True, False]
    assert bucket.take(1.1)
    assert not bucket.take(1.2)


def test_addresses_do_not_share_a_limit() -> None:
    limit = FloodLimit(per_minute=1)
    assert limit.allow("a", 0)
    assert not limit.allow("a", 1)
    assert limit.allow("b", 1)


def test_memory_for_addresses_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rate_limits, "ADDRESSES", 10)
    limit = FloodLimit(per_minute=1)
    for number in range(100):
        limit.allow(str(number), 0)
    assert len(limit._buckets) == 10


async def test_the_sixth_guess_within_a_quarter_of_an_hour_waits(runtime: Runtime, clock: FakeClock) -> None:
    for _ in range(5):
        await spend_guess(runtime, "locator:192.0.2.1")
    with pytest.raises(RateLimited) as refused:
        await spend_guess(runtime, "locator:192.0.2.1")
    assert refused.value.retry_after_s == 900
    await spend_guess(runtime, "locator:192.0.2.2")
    clock.advance(minutes=15)
    await spend_guess(runtime, "locator:192.0.2.1")


async def test_a_right_guess_is_taken_back_and_the_wrong_ones_stay(runtime: Runtime) -> None:
    for _ in range(4):
        await spend_guess(runtime, "locator:192.0.2.1")
    for _ in range(3):
        await take_back_guess(runtime, await spend_guess(runtime, "locator:192.0.2.1"))
    await spend_guess(runtime, "locator:192.0.2.1")
    with pytest.raises(RateLimited):
        await spend_guess(runtime, "locator:192.0.2.1")
