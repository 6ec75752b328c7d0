"""One-time codes of authenticator apps."""

from __future__ import annotations

from datetime import UTC, datetime

import pyotp
import pytest
from office360.staff.actions.totp import matching_step, totp_step, totp_uri

# RFC 6238 appendix B, SHA-1, with the last six digits.
SECRET = pyotp.TOTP("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ").secret
AT = datetime.fromtimestamp(1_111_111_109, UTC)
CODE = "081804"


def test_code_of_the_standard_matches() -> None:
    assert matching_step(SECRET, CODE, AT, -1) == totp_step(AT) == 37_037_036
    assert matching_step(SECRET, " 081 804 ", AT, -1) == totp_step(AT)


@pytest.mark.parametrize(("steps", "matches"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
def test_clock_of_phone_may_differ_by_one_step(steps: int, matches: bool) -> None:
    code = pyotp.TOTP(SECRET).generate_otp(totp_step(AT) + steps)
    assert (matching_step(SECRET, code, AT, -1) is not None) is matches


@pytest.mark.parametrize("code", ["", "081805", "81804", "0818044", "٠٨١٨٠٤", "08180a"])
def test_other_text_is_no_code(code: str) -> None:
    assert matching_step(SECRET, code, AT, -1) is None


def test_used_step_and_older_ones_match_no_more() -> None:
    assert matching_step(SECRET, CODE, AT, totp_step(AT)) is None
    assert matching_step(SECRET, CODE, AT, totp_step(AT) - 1) == totp_step(AT)


def test_qr_text_names_account_and_site() -> None:
    assert (
        totp_uri(SECRET, "boris", "Oficinas") == f"otpauth://totp/Oficinas:boris?secret={SECRET}&issuer=Oficinas"
    )
