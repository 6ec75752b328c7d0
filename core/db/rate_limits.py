"""Rate limits: token buckets for floods; SQL rows for guesses, which survive a restart."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Index, String, delete, func, select
from sqlalchemy.orm import Mapped, mapped_column

from ..errors import RateLimited
from ..ids import new_id
from ..runtime import Runtime
from .batch_delete import delete_in_batches
from .engine import Base, IdType, UtcDateTime, dialect_insert

# about 4 MB for each of ten limits; the least recently used bucket is evicted
MAX_BUCKETS = 20_000


class TokenBucket:
    """Token bucket: `rate` per second on average, `burst` at once. Time is monotonic seconds."""

    __slots__ = ("_burst", "_rate", "_seen", "_tokens")

    def __init__(self, rate: float, burst: int) -> None:
        self._rate = rate
        self._burst = burst
        self._tokens = float(burst)
        self._seen: float | None = None

    def has_token(self, now_s: float) -> bool:
        """Tell whether a request would be allowed now; take no token."""
        if self._seen is not None:
            self._tokens = min(self._burst, self._tokens + (now_s - self._seen) * self._rate)
        self._seen = now_s
        return self._tokens >= 1

    def take_token(self, now_s: float) -> bool:
        """Take a token. False if there is none."""
        if not self.has_token(now_s):
            return False
        self._tokens -= 1
        return True

    def return_token(self, now_s: float) -> None:
        """Return a taken token that was not used."""
        self.has_token(now_s)
        self._tokens = min(self._burst, self._tokens + 1)


class FloodLimit:
    """A token bucket per key (an address), at most MAX_BUCKETS."""

    def __init__(self, per_minute: float, burst: int | None = None) -> None:
        self._rate = per_minute / 60
        self._burst = burst or max(1, round(per_minute))
        self._buckets: OrderedDict[str, TokenBucket] = OrderedDict()

    def take_token(self, key: str, now_s: float) -> bool:
        """Take a token of the key. False if it has none."""
        return self._bucket(key).take_token(now_s)

    def has_token(self, key: str, now_s: float) -> bool:
        """Tell whether the key has a token; take none."""
        return self._bucket(key).has_token(now_s)

    def return_token(self, key: str, now_s: float) -> None:
        """Return a taken token that was not used."""
        self._bucket(key).return_token(now_s)

    def _bucket(self, key: str) -> TokenBucket:
        # taken out and put at the end, so that the first bucket is the least recently used
        bucket = self._buckets.pop(key, None) or TokenBucket(self._rate, self._burst)
        self._buckets[key] = bucket
        if len(self._buckets) > MAX_BUCKETS:
            self._buckets.popitem(last=False)
        return bucket


class GuessRow(Base):
    """A guess of a secret that a person can type: a locator, a code, a password.

    `subject`: a keyed hash of what is counted, such as an address.
    """

    __tablename__ = "guesses"
    __table_args__ = (Index("ix_guesses_subject_at", "subject", "at"),)

    id: Mapped[str] = mapped_column(IdType, primary_key=True)
    subject: Mapped[str] = mapped_column(String(120))
    at: Mapped[datetime] = mapped_column(UtcDateTime)


MAX_GUESSES = 5
GUESS_WINDOW = timedelta(minutes=15)  # docs/api.md#limits-for-the-public


DAY = timedelta(days=1)


async def record_guess(runtime: Runtime, subject: str, *, guesses: int = MAX_GUESSES) -> str:
    """Count a guess before it is checked, so that concurrent guesses cannot exceed the limit.

    Raises RateLimited beyond `guesses` within GUESS_WINDOW. A refused guess is not counted, so that the wait ends
    even for a caller who keeps trying. Returns the guess's id: if it was right, the caller passes it to
    `delete_guess` or deletes all with `delete_guesses`.
    """
    (guess_id,) = await record_limited_guess(runtime, [GuessLimit(subject, guesses, GUESS_WINDOW)])
    return guess_id


async def record_daily_value(runtime: Runtime, subject: str, value: str, values: int) -> str | None:
    """Count a value within a day, however often it is used.

    Returns the id for `delete_guess`, None if the value is counted already. Raises RateLimited beyond `values`
    of them.
    """
    value_id = _hash_subject(runtime, f"{subject}:{value}")  # a row for each value
    async with runtime.read_session() as session:
        known = await session.get(GuessRow, value_id)
        if known is not None and known.at > runtime.now() - DAY:
            return None
    await _record_limited_uses(runtime, {value_id: GuessLimit(f"day:{subject}", values, DAY)})
    return value_id


@dataclass(frozen=True, slots=True)
class GuessLimit:
    """At most `guesses` of a subject within a window."""

    subject: str
    guesses: int
    window: timedelta


async def record_limited_guess(runtime: Runtime, limits: Sequence[GuessLimit]) -> list[str]:
    """Count a guess against several limits before it is checked.

    Returns an id for each limit.
    Raises RateLimited beyond any of them, with the longest wait; the guess is then counted against none.
    """
    ids = {new_id(): limit for limit in limits}
    await _record_limited_uses(runtime, ids)
    return list(ids)


async def _record_limited_uses(runtime: Runtime, limits: Mapping[str, GuessLimit]) -> None:
    """Insert uses by their ids, unless an id exists, and count the uses of each subject."""
    subjects = {use_id: _hash_subject(runtime, limit.subject) for use_id, limit in limits.items()}
    async with runtime.transaction() as tx:
        for use_id, limit in limits.items():
            is_over = GuessRow.at <= tx.now - limit.window
            await tx.session.execute(delete(GuessRow).where(GuessRow.subject == subjects[use_id], is_over))
            use = dialect_insert(tx.session, GuessRow).values(id=use_id, subject=subjects[use_id], at=tx.now)
            # a value of the day that a concurrent request has counted already
            await tx.session.execute(use.on_conflict_do_nothing())
        begun = tx.now
    waits: list[timedelta] = []
    # a second transaction sees the uses that others committed before ours
    async with runtime.transaction() as tx:
        for use_id, limit in limits.items():
            recent = select(func.count(), func.min(GuessRow.at)).where(
                GuessRow.subject == subjects[use_id], GuessRow.at > begun - limit.window
            )
            count, oldest = (await tx.session.execute(recent)).one()
            if count > limit.guesses:
                waits.append(oldest + limit.window - runtime.now())
        if waits:
            await tx.session.execute(delete(GuessRow).where(GuessRow.id.in_(limits)))
    if waits:
        raise RateLimited(retry_after_s=max(1, int(max(waits).total_seconds())))


async def delete_guess(runtime: Runtime, *guess_ids: str) -> None:
    """Delete a right guess by its ids; wrong guesses of its subject stay counted."""
    async with runtime.transaction() as tx:
        await tx.session.execute(delete(GuessRow).where(GuessRow.id.in_(guess_ids)))


async def delete_guesses(runtime: Runtime, subject: str) -> None:
    """Delete all guesses of a subject whose caller has proved to know the secret."""
    async with runtime.transaction() as tx:
        await tx.session.execute(delete(GuessRow).where(GuessRow.subject == _hash_subject(runtime, subject)))


async def delete_old_guesses(runtime: Runtime) -> None:
    """Delete the guesses of subjects that were not used again."""
    await delete_in_batches(runtime, GuessRow.id, GuessRow.at <= runtime.now() - DAY, GuessRow.at)


def _hash_subject(runtime: Runtime, subject: str) -> str:
    return runtime.tokens.sign("guess", subject)
