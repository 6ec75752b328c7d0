"""How often is too often. Floods are counted in memory, guesses in SQL (they must survive a restart)."""

from __future__ import annotations

from collections import OrderedDict
from datetime import datetime, timedelta

from sqlalchemy import Index, String, delete, func, select
from sqlalchemy.orm import Mapped, mapped_column

from ..errors import RateLimited
from ..ids import new_id
from ..runtime import Runtime
from .engine import Base, IdType, UtcDateTime

MAX_BUCKETS = 50_000  # buckets kept; the least recently seen goes first, about 10 MB


class TokenBucket:
    """Allows `rate` per second on average and `burst` at once. Time is any monotonic number of seconds."""

    __slots__ = ("_burst", "_rate", "_seen", "_tokens")

    def __init__(self, rate: float, burst: int) -> None:
        self._rate = rate
        self._burst = burst
        self._tokens = float(burst)
        self._seen: float | None = None

    def has_token(self, now_s: float) -> bool:
        """Whether one more would be allowed now."""
        if self._seen is not None:
            self._tokens = min(self._burst, self._tokens + (now_s - self._seen) * self._rate)
        self._seen = now_s
        return self._tokens >= 1

    def take_token(self, now_s: float) -> bool:
        """Whether one more is allowed now; it counts."""
        if not self.has_token(now_s):
            return False
        self._tokens -= 1
        return True


class FloodLimit:
    """A bucket for each key (an address), bounded in number."""

    def __init__(self, per_minute: float, burst: int | None = None) -> None:
        self._rate = per_minute / 60
        self._burst = burst or max(1, round(per_minute))
        self._buckets: OrderedDict[str, TokenBucket] = OrderedDict()

    def take_token(self, key: str, now_s: float) -> bool:
        """Whether this key may go on now; it counts."""
        return self._bucket(key).take_token(now_s)

    def has_token(self, key: str, now_s: float) -> bool:
        """Whether this key would be allowed now."""
        return self._bucket(key).has_token(now_s)

    def _bucket(self, key: str) -> TokenBucket:
        bucket = self._buckets.pop(key, None) or TokenBucket(self._rate, self._burst)
        self._buckets[key] = bucket
        if len(self._buckets) > MAX_BUCKETS:
            self._buckets.popitem(last=False)
        return bucket


class GuessRow(Base):
    """One failed guess of a secret that a person can type: a locator, a code, a password."""

    __tablename__ = "guesses"
    __table_args__ = (Index("ix_guesses_subject_at", "subject", "at"),)

    id: Mapped[str] = mapped_column(IdType, primary_key=True)
    subject: Mapped[str] = mapped_column(String(120))
    at: Mapped[datetime] = mapped_column(UtcDateTime)


MAX_GUESSES = 5
GUESS_WINDOW = timedelta(minutes=15)  # contract.md: code and locator guessing 5 per 15 minutes


async def record_guess(runtime: Runtime, subject: str, *, guesses: int = MAX_GUESSES) -> str:
    """Count one guess *before* it is looked at: many sent side by side cannot slip past the limit together.

    Raises RateLimited beyond `guesses` within the window; a refused guess is not counted, so the wait ends
    however often somebody asks meanwhile. Gives the guess's id: `take_back_guess` or `forgive_guesses` when it
    was right.
    """
    mine = new_id()
    async with runtime.transaction() as tx:
        since = tx.now - GUESS_WINDOW
        await tx.session.execute(delete(GuessRow).where(GuessRow.at <= since))
        tx.session.add(GuessRow(id=mine, subject=subject, at=tx.now))
    # A second transaction: it sees every guess that was written before ours was counted.
    async with runtime.transaction() as tx:
        recent = select(func.count(), func.min(GuessRow.at)).where(
            GuessRow.subject == subject, GuessRow.at > since
        )
        count, oldest = (await tx.session.execute(recent)).one()
        if count > guesses:
            await tx.session.execute(delete(GuessRow).where(GuessRow.id == mine))
    if count > guesses:
        wait = oldest + GUESS_WINDOW - runtime.now()
        raise RateLimited(retry_after_s=max(1, int(wait.total_seconds())))
    return mine


async def delete_guess(runtime: Runtime, guess_id: str) -> None:
    """Forget one guess that was right; the wrong ones of its subject stay counted."""
    async with runtime.transaction() as tx:
        await tx.session.execute(delete(GuessRow).where(GuessRow.id == guess_id))


async def delete_guesses(runtime: Runtime, subject: str) -> None:
    """Forget the guesses of a subject that has proved to know the secret."""
    async with runtime.transaction() as tx:
        await tx.session.execute(delete(GuessRow).where(GuessRow.subject == subject))
