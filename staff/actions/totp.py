"""One-time codes of authenticator apps (RFC 6238). Knows no account and no table."""

from __future__ import annotations

import hmac
from datetime import datetime

import pyotp

TOTP_STEP_S = 30  # RFC 6238 section 5.2
TOTP_STEPS_TOLERATED = 1  # before and after: the clock of a telephone may differ
TOTP_DIGITS = 6


def totp_step(now: datetime) -> int:
    """Return the number of the 30 seconds in which `now` lies (RFC 6238 section 4.2)."""
    return int(now.timestamp()) // TOTP_STEP_S


def matching_step(secret: str, code: str, now: datetime, last_step: int) -> int | None:
    """Return the step of a typed code: the present or a neighbour after `last_step`; or None."""
    typed = "".join(code.split())
    if len(typed) != TOTP_DIGITS or not typed.isascii() or not typed.isdigit():
        return None
    present, app = totp_step(now), pyotp.TOTP(secret)
    steps = range(present - TOTP_STEPS_TOLERATED, present + TOTP_STEPS_TOLERATED + 1)
    matches = [step for step in steps if hmac.compare_digest(app.generate_otp(step), typed)]
    return next((step for step in matches if step > last_step), None)


def new_totp_secret() -> str:
    """Make the secret of an authenticator app: 160 bits in base 32 (RFC 4226 section 4)."""
    return pyotp.random_base32()


def totp_uri(secret: str, username: str, issuer: str) -> str:
    """Return the address that an authenticator app reads from a QR code."""
    return pyotp.TOTP(secret).provisioning_uri(name=username, issuer_name=issuer)
