"""Rules of accounts, sessions and API keys. No clock, no SQL, no hashing."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from ...core.errors import FieldError, Invalid

# A working day with overtime: sessions have expired when the next shift begins.
SESSION_LIFETIME = timedelta(hours=12)
# Longer than the longest pause and video appointment, shorter than half a day at an empty desk.
SESSION_IDLE_TIMEOUT = timedelta(hours=2)
# `last_seen_at` is written at most once a minute, so that not every request writes.
LAST_SEEN_WRITE_INTERVAL = timedelta(minutes=1)

# With 20 guesses an hour, ten characters cannot be guessed on the login page.
MIN_PASSWORD_LENGTH = 10
MAX_PASSWORD_LENGTH = 256  # bounds the work of hashing
MAX_USERNAME_LENGTH = 64
MAX_NAME_LENGTH = 120

USER_ROLES = frozenset({"agent", "host", "manager", "administrator"})
API_KEY_ROLES = frozenset({"agent", "host", "manager", "integration"})


class SessionOrigin(StrEnum):
    """How the person of a session signed in: password, identity provider, or trusted proxy."""

    LOCAL = "local"
    OIDC = "oidc"
    PROXY = "proxy"


@dataclass(frozen=True, slots=True)
class StaffSession:
    """A session of a browser. Times are aware UTC.

    `confirmed_until`: when it ends unless the identity provider confirms it; None without a provider.
    """

    id: str
    user_id: str
    last_seen_at: datetime
    expires_at: datetime
    revoked_at: datetime | None
    origin: SessionOrigin = SessionOrigin.LOCAL
    confirmed_until: datetime | None = None
    proved_at: datetime | None = None
    needs_factor: bool = False


def is_session_valid(session: StaffSession, now: datetime) -> bool:
    """Whether the session is valid: not revoked, expired, idle for too long, or unconfirmed."""
    if session.revoked_at is not None:
        return False
    if session.confirmed_until is not None and now >= session.confirmed_until:
        return False
    return now < session.expires_at and now < session.last_seen_at + SESSION_IDLE_TIMEOUT


def session_ends_at(session: StaffSession) -> datetime:
    """Return when the session ends if it is not used again."""
    return min(session.expires_at, session.last_seen_at + SESSION_IDLE_TIMEOUT)


def opens_pages(session: StaffSession, now: datetime) -> bool:
    """Whether the session opens all pages, not only the set-up of a second factor."""
    return is_session_valid(session, now) and not session.needs_factor


def is_of_proxy_person(session: StaffSession, username: str, remote_user: str | None) -> bool:
    """Whether the proxy names the person whose session it began; other sessions need none."""
    return session.origin is not SessionOrigin.PROXY or normalize_username(remote_user or "") == username


def should_update_last_seen(session: StaffSession, now: datetime) -> bool:
    """Whether the time of last use should be stored again."""
    return now >= session.last_seen_at + LAST_SEEN_WRITE_INTERVAL


def should_update_last_used(last_used_at: datetime | None, now: datetime) -> bool:
    """Whether the time at which a key was last used should be stored again."""
    return last_used_at is None or now >= last_used_at + LAST_SEEN_WRITE_INTERVAL


def normalize_username(text: str) -> str:
    """Normalise a username: `Boris ` and `boris` are the same account."""
    return unicodedata.normalize("NFKC", text).strip().casefold()


def normalize_password(text: str) -> str:
    """Normalise a password for all keyboards (NIST SP 800-63B section 3.1.1.2)."""
    return unicodedata.normalize("NFKC", text)


def check_account(username: str, name: str) -> None:
    """Check username and name of an invitation. Raises Invalid with all invalid fields."""
    wrong = _length_errors("username", normalize_username(username), 1, MAX_USERNAME_LENGTH)
    wrong += _length_errors("name", name.strip(), 1, MAX_NAME_LENGTH)
    if wrong:
        raise Invalid(*wrong)


def check_name(name: str) -> None:
    """Check the name of a person or key. Raises Invalid."""
    if wrong := _length_errors("name", name.strip(), 1, MAX_NAME_LENGTH):
        raise Invalid(*wrong)


def check_new_user(username: str, name: str, role: str, password: str) -> None:
    """Check a new account. Raises Invalid with all invalid fields."""
    wrong = [*_length_errors("username", normalize_username(username), 1, MAX_USERNAME_LENGTH)]
    wrong += _length_errors("name", name.strip(), 1, MAX_NAME_LENGTH)
    wrong += _password_errors(password)
    if role not in USER_ROLES:
        wrong.append(FieldError("role", "not_a_choice"))
    if wrong:
        raise Invalid(*wrong)


def check_password(password: str) -> None:
    """Check the length of a password, the only rule (NIST SP 800-63B). Raises Invalid."""
    if wrong := _password_errors(password):
        raise Invalid(*wrong)


def check_new_key(name: str, role: str) -> None:
    """Check a new API key, which cannot be an administrator.

    Raises Invalid with all invalid fields.
    """
    wrong = _length_errors("name", name.strip(), 1, MAX_NAME_LENGTH)
    if role not in API_KEY_ROLES:
        wrong.append(FieldError("role", "not_a_choice"))
    if wrong:
        raise Invalid(*wrong)


def _password_errors(password: str) -> list[FieldError]:
    return _length_errors("password", password, MIN_PASSWORD_LENGTH, MAX_PASSWORD_LENGTH)


def _length_errors(field: str, text: str, shortest: int, longest: int) -> list[FieldError]:
    if not text and shortest:
        return [FieldError(field, "required")]
    if len(text) < shortest:
        return [FieldError(field, "too_short", {"min": shortest})]
    if len(text) > longest:
        return [FieldError(field, "too_long", {"max": longest})]
    return []


def safe_return_path(path: str | None) -> str | None:
    """Return the path to redirect to after login: a staff page, never another site; else None."""
    if path is None or not path.startswith("/staff/") or "\\" in path or "//" in path:
        return None
    return path if path.isprintable() else None
