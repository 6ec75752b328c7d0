"""Password hashing with argon2id, in a thread. Knows no user and no table.

The parameters are argon2-cffi's defaults, RFC 9106's second recommendation (section 4): 64 MiB, 3 passes,
parallelism 4. A hash with other parameters is replaced at the next login.
"""

from __future__ import annotations

import asyncio

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from ..domain.account import MAX_PASSWORD_LENGTH, normalize_password

# Checked when the user does not exist, so that the answer takes as long as for an existing user. A test compares
# its parameters with the current ones.
DUMMY_HASH = "$argon2id$v=19$m=65536,t=3,p=4$mHoOpTl0FDR5Ytp0VqOHHw$qvC08EGi2R5sRwWxfM78tQTxq927usSk4vrqlyJxl7o"


async def hash_password(password: str, *, is_generated: bool = False) -> str:
    """Hash a password with argon2id, which takes about 50 ms of a core.

    `is_generated`: it has at least 60 random bits, so that no guess at a cheap
    hash of it succeeds. The first login replaces it by a full hash.
    """
    hasher = PasswordHasher(time_cost=1, memory_cost=1024, parallelism=1) if is_generated else PasswordHasher()
    return await asyncio.to_thread(hasher.hash, normalize_password(password))


async def verify_password(password_hash: str | None, password: str) -> bool:
    """Whether the password matches the hash. None costs the same work and never matches."""
    matches = await asyncio.to_thread(_matches, password_hash or DUMMY_HASH, password)
    return matches and password_hash is not None


def needs_rehash(password_hash: str) -> bool:
    """Whether the hash was made with other parameters than the current ones of argon2id."""
    return PasswordHasher().check_needs_rehash(password_hash)


def _matches(password_hash: str, password: str) -> bool:
    try:
        # cut off, because argon2 would hash megabytes and no valid password is that long
        return PasswordHasher().verify(password_hash, normalize_password(password[: 4 * MAX_PASSWORD_LENGTH]))
    except (VerificationError, InvalidHashError):
        return False
