"""Rules of accounts, sessions and keys."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from office360.core.auth import Principal, Role
from office360.core.errors import Invalid, NotAllowed, Unauthenticated
from office360.staff.actions import accounts, passwords
from office360.staff.domain import account
from office360.staff.domain.account import Session

NOW = datetime(2026, 11, 25, 8, 0, tzinfo=UTC)


def signed_in(*, seen: datetime = NOW, revoked: datetime | None = None) -> Session:
    return Session("s", "boris", seen, NOW + account.SESSION_LIFE, revoked)


def principal(role: Role, *offices: str) -> Principal:
    return Principal("p", "Somebody", role, frozenset(offices) if offices else None)


def test_a_session_lives_while_it_is_used() -> None:
    assert account.is_live(signed_in(), NOW + account.SESSION_IDLE - timedelta(seconds=1))


def test_a_session_ends_when_nobody_used_it_for_two_hours() -> None:
    assert not account.is_live(signed_in(), NOW + timedelta(hours=2))


def test_a_session_ends_after_twelve_hours_however_much_it_is_used() -> None:
    late = NOW + timedelta(hours=12)
    assert account.is_live(signed_in(seen=late), late - timedelta(seconds=1))
    assert not account.is_live(signed_in(seen=late), late)


def test_a_revoked_session_is_over_at_once() -> None:
    assert not account.is_live(signed_in(revoked=NOW), NOW)


def test_use_is_written_down_at_most_once_a_minute() -> None:
    assert not account.is_seen_anew(signed_in(), NOW + timedelta(seconds=59))
    assert account.is_seen_anew(signed_in(), NOW + timedelta(seconds=60))


@pytest.mark.parametrize("typed", ["boris", " Boris ", "BORIS", "ｂｏｒｉｓ"])
def test_a_username_is_the_same_however_it_is_typed(typed: str) -> None:
    assert account.normalise_username(typed) == "boris"


def test_logins_are_counted_by_name_and_address_together() -> None:
    one = account.throttle_subject("boris", "192.0.2.1")
    assert account.throttle_subject(" BORIS", "192.0.2.1") == one
    assert account.throttle_subject("boris", "192.0.2.2") != one
    assert account.throttle_subject("carmen", "192.0.2.1") != one


def test_what_logins_are_counted_under_says_neither_name_nor_address() -> None:
    subject = account.throttle_subject("boris", "192.0.2.1")
    assert "boris" not in subject
    assert "192" not in subject
    assert len(subject) <= 120


def test_every_wrong_field_of_a_new_user_is_said_at_once() -> None:
    with pytest.raises(Invalid) as caught:
        account.check_new_user(" ", "", Role.INTEGRATION, "short")
    assert {(one.field, one.code) for one in caught.value.fields} == {
        ("username", "required"),
        ("name", "required"),
        ("password", "too_short"),
        ("role", "not_a_choice"),
    }


def test_a_key_never_administers() -> None:
    with pytest.raises(Invalid):
        account.check_new_key("Key", Role.ADMINISTRATOR)
    account.check_new_key("Key", Role.INTEGRATION)


@pytest.mark.parametrize("role", [Role.AGENT, Role.HOST, Role.MANAGER, Role.ADMINISTRATOR])
def test_staff_watch_the_board_of_their_office_with_names(role: Role) -> None:
    boris = principal(role, "centro")
    assert accounts.require_board(boris, "centro") is boris
    assert accounts.sees_names(boris)
    with pytest.raises(NotAllowed):
        accounts.require_board(boris, "norte")


def test_an_integration_watches_boards_without_names() -> None:
    kiosk = principal(Role.INTEGRATION, "centro")
    assert accounts.require_board(kiosk, "centro") is kiosk
    assert not accounts.sees_names(kiosk)


def test_nobody_watches_no_board() -> None:
    with pytest.raises(Unauthenticated):
        accounts.require_board(None, "centro")


@pytest.mark.parametrize("path", ["/staff/desk", "/staff/rooms/01J?admit=02K"])
def test_the_login_goes_on_to_a_page_of_the_staff(path: str) -> None:
    assert account.safe_next(path) == path


@pytest.mark.parametrize(
    "path",
    [None, "", "https://example.org/", "//example.org", "/staff//example.org", "/staff/\\x", "/a", "/staff/\n"],
)
def test_the_login_never_goes_on_to_anything_else(path: str | None) -> None:
    assert account.safe_next(path) is None


async def test_an_unknown_user_costs_the_same_work_and_is_refused() -> None:
    assert not passwords.needs_rehash(passwords.NOBODY)
    assert not await passwords.verify_password(None, "nobody knows this one")


async def test_a_password_is_the_same_on_every_keyboard() -> None:
    composed, decomposed = "contraseña larga", "contrasen\u0303a larga"
    kept = await passwords.hash_password(composed)
    assert await passwords.verify_password(kept, decomposed)
    assert not await passwords.verify_password(kept, "contrasena larga")


async def test_a_broken_hash_lets_nobody_in() -> None:
    assert not await passwords.verify_password("not a hash", "whatever it was")
