"""Limits of wrong passwords and codes, counted in SQL before each check.

Strangers share the count of an account over all addresses, so that many addresses guess no more than a single
address. A device
on which the account logged in before has its own count instead, which strangers cannot use up. Right passwords
are not counted, so that a limit of an address holds an office with many people.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from ...core.db.rate_limits import (
    GUESS_WINDOW,
    MAX_GUESSES,
    GuessLimit,
    delete_guess,
    delete_guesses,
    record_limited_guess,
)
from ...core.runtime import Runtime

HOUR = timedelta(hours=1)
# In GUESS_WINDOW: 40 people of an office on new computers, with two mistakes each.
PASSWORDS_PER_ADDRESS = 100
# An hour over all addresses: 480 a day, of the 10^10 and more of a good password.
PASSWORDS_PER_ACCOUNT = 20
# In GUESS_WINDOW: its user may forget, and a stolen computer may guess.
PASSWORDS_PER_DEVICE = 10
# An hour over all known devices of an account. A person who knew the password may have collected many.
PASSWORDS_OF_DEVICES = 60
CODES_OF_DEVICES = 30
# An hour over all addresses, after the right password: guessed after four years on average.
CODES_PER_ACCOUNT = 10
CODES_PER_DEVICE = 10  # an hour


@dataclass(frozen=True, slots=True)
class CountedGuess:
    """A guess that was counted. If it was right, `own_subject` starts anew."""

    own_subject: str
    ids: Sequence[str]


async def record_password_guess(
    runtime: Runtime, username: str, address: str, known_device: str | None
) -> CountedGuess:
    """Count a password before it is checked, also for an unknown `username` (normalised).

    Raises RateLimited.
    """
    if known_device is not None:
        own = GuessLimit(f"login device:{known_device}", PASSWORDS_PER_DEVICE, GUESS_WINDOW)
        known = GuessLimit(f"login devices:{username}", PASSWORDS_OF_DEVICES, HOUR)
        return CountedGuess(own.subject, await record_limited_guess(runtime, [own, known]))
    own = GuessLimit(f"login:{username}\0{address}", MAX_GUESSES, GUESS_WINDOW)
    shared = (
        GuessLimit(f"login account:{username}", PASSWORDS_PER_ACCOUNT, HOUR),
        GuessLimit(f"login address:{address}", PASSWORDS_PER_ADDRESS, GUESS_WINDOW),
    )
    return CountedGuess(own.subject, await record_limited_guess(runtime, [own, *shared]))


async def record_code_guess(runtime: Runtime, user_id: str, known_device: str | None) -> CountedGuess:
    """Count a code of the second step before it is checked. Raises RateLimited."""
    if known_device is None:
        own = GuessLimit(f"code account:{user_id}", CODES_PER_ACCOUNT, HOUR)
        return CountedGuess(own.subject, await record_limited_guess(runtime, [own]))
    own = GuessLimit(f"code device:{known_device}", CODES_PER_DEVICE, HOUR)
    known = GuessLimit(f"code devices:{user_id}", CODES_OF_DEVICES, HOUR)
    return CountedGuess(own.subject, await record_limited_guess(runtime, [own, known]))


async def delete_right_guess(runtime: Runtime, guess: CountedGuess) -> None:
    """Start the caller's own count anew; wrong guesses of other callers stay counted."""
    await delete_guesses(runtime, guess.own_subject)
    await delete_guess(runtime, *guess.ids)
