"""The signed cookie of known devices."""

from __future__ import annotations

from office360.core.tokens import TokenSigner
from office360.staff.domain.known_devices import MAX_ENTRIES, find_device, remember_device

TOKENS = TokenSigner(["the first secret", "an older secret"])


def test_device_is_known_to_its_own_accounts_only() -> None:
    cookie = remember_device(TOKENS, None, "boris")
    both = remember_device(TOKENS, cookie, "carmen")
    assert find_device(TOKENS, cookie, "carmen") is None
    assert find_device(TOKENS, both, "boris") == find_device(TOKENS, cookie, "boris") is not None
    assert "boris" not in both


def test_device_keeps_its_id_at_the_next_login() -> None:
    cookie = remember_device(TOKENS, None, "boris")
    again = remember_device(TOKENS, remember_device(TOKENS, cookie, "carmen"), "boris")
    assert find_device(TOKENS, again, "boris") == find_device(TOKENS, cookie, "boris")


def test_forged_or_damaged_cookie_knows_no_account() -> None:
    forged = remember_device(TokenSigner(["another secret"]), None, "boris")
    for cookie in (None, "", "~~", "x.y", forged, "." + forged.partition(".")[2]):
        assert find_device(TOKENS, cookie, "boris") is None


def test_cookie_survives_rotation_of_the_secret() -> None:
    old = remember_device(TokenSigner(["an older secret"]), None, "boris")
    assert find_device(TOKENS, old, "boris") is not None


def test_cookie_keeps_the_latest_accounts_of_a_shared_computer() -> None:
    cookie = None
    for number in range(MAX_ENTRIES + 5):
        cookie = remember_device(TOKENS, cookie, f"person {number}")
    assert find_device(TOKENS, cookie, "person 0") is None
    assert find_device(TOKENS, cookie, f"person {MAX_ENTRIES + 4}") is not None
    assert len(cookie or "") < 1500
