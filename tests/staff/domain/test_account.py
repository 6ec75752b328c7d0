"""Rules of accounts, sessions and keys."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from argon2 import PasswordHasher
from office360.core.auth import Principal, StaffRole
from office360.core.errors import Invalid, NotAllowed, Unauthenticated
from office360.staff.actions import passwords
from office360.staff.domain import account
from office360.staff.domain.account import StaffSession
from office360.staff.queries.board import can_see_names, require_board_access

NOW = datetime(2026, 11, 25, 8, 0, tzinfo=UTC)


def signed_in(*, seen: datetime = NOW, revoked: datetime | None = None) -> StaffSession:
    return StaffSession("s", "boris", seen, NOW + account.SESSION_LIFETIME, revoked)


def principal(role: StaffRole, *offices: str) -> Principal:
    return Principal("p", "Somebody", role, frozenset(offices) if offices else None)


def test_session_is_valid_while_used() -> None:
    assert account.is_session_valid(signed_in(), NOW + account.SESSION_IDLE_TIMEOUT - timedelta(seconds=1))


def test_session_expires_after_two_idle_hours() -> None:
    assert not account.is_session_valid(signed_in(), NOW + timedelta(hours=2))


def test_used_session_expires_after_twelve_hours() -> None:
    late = NOW + timedelta(hours=12)
    assert account.is_session_valid(signed_in(seen=late), late - timedelta(seconds=1))
    assert not account.is_session_valid(signed_in(seen=late), late)


def test_revoked_session_is_invalid() -> None:
    assert not account.is_session_valid(signed_in(revoked=NOW), NOW)


def test_last_seen_is_written_at_most_once_a_minute() -> None:
    assert not account.should_update_last_seen(signed_in(), NOW + timedelta(seconds=59))
    assert account.should_update_last_seen(signed_in(), NOW + timedelta(seconds=60))


@pytest.mark.parametrize("typed", ["boris", " Boris ", "BORIS", "ｂｏｒｉｓ"])
def test_username_ignores_case_and_width(typed: str) -> None:
    assert account.normalize_username(typed) == "boris"


def test_new_user_reports_every_invalid_field() -> None:
    with pytest.raises(Invalid) as caught:
        account.check_new_user(" ", "", StaffRole.INTEGRATION, "short")
    assert {(field.field, field.code) for field in caught.value.fields} == {
        ("username", "required"),
        ("name", "required"),
        ("password", "too_short"),
        ("role", "not_a_choice"),
    }


def test_api_key_cannot_be_administrator() -> None:
    with pytest.raises(Invalid):
        account.check_new_key("Key", StaffRole.ADMINISTRATOR)
    account.check_new_key("Key", StaffRole.INTEGRATION)


@pytest.mark.parametrize("role", [StaffRole.AGENT, StaffRole.HOST, StaffRole.MANAGER, StaffRole.ADMINISTRATOR])
def test_staff_may_see_board_of_own_office_with_names(role: StaffRole) -> None:
    boris = principal(role, "centro")
    assert require_board_access(boris, "centro") is boris
    assert can_see_names(boris)
    with pytest.raises(NotAllowed):
        require_board_access(boris, "norte")


def test_integration_may_see_board_without_names() -> None:
    kiosk = principal(StaffRole.INTEGRATION, "centro")
    assert require_board_access(kiosk, "centro") is kiosk
    assert not can_see_names(kiosk)


def test_anonymous_board_access_is_refused() -> None:
    with pytest.raises(Unauthenticated):
        require_board_access(None, "centro")


@pytest.mark.parametrize("path", ["/staff/desk", "/staff/rooms/01J?admit=02K"])
def test_login_returns_to_staff_page(path: str) -> None:
    assert account.safe_return_path(path) == path


@pytest.mark.parametrize(
    "path",
    [None, "", "https://example.org/", "//example.org", "/staff//example.org", "/staff/\\x", "/a", "/staff/\n"],
)
def test_login_ignores_unsafe_return_path(path: str | None) -> None:
    assert account.safe_return_path(path) is None


async def test_unknown_user_is_checked_against_current_dummy_hash(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "PasswordHasher", PasswordHasher)  # not the tests' hasher
    assert not passwords.needs_rehash(passwords.DUMMY_HASH)
    assert not await passwords.verify_password(None, "nobody knows this one")


async def test_password_is_unicode_normalized() -> None:
    composed, decomposed = "contraseña larga", "contrasen\u0303a larga"
    kept = await passwords.hash_password(composed)
    assert await passwords.verify_password(kept, decomposed)
    assert not await passwords.verify_password(kept, "contrasena larga")


async def test_broken_password_hash_never_matches() -> None:
    assert not await passwords.verify_password("not a hash", "whatever it was")
