"""Rules of second factors: recovery codes, roles that need a factor. No clock, no SQL."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from ...core.auth import StaffRole
from ...core.errors import FieldError, Invalid
from ...core.ids import CROCKFORD, normalize_locator
from ...core.tokens import hash_token

# A person looks for the telephone, unlocks it and opens the app.
PENDING_LOGIN_LIFETIME = timedelta(minutes=10)
# Beyond it the person starts again with the password, which has limits of its own.
MAX_CODES_PER_LOGIN = 5
# After a password or factor, so long a session may change what opens the account.
PROOF_LIFETIME = timedelta(minutes=10)

RECOVERY_CODES = 10
# 80 bits: a plain SHA-256 of it cannot be tried out.
RECOVERY_CODE_GROUPS, RECOVERY_CODE_GROUP_LENGTH = 4, 4

MAX_PASSKEY_NAME_LENGTH = 80
MAX_PASSKEYS = 20  # of an account; more are no mistake of a person

FACTOR_ROLES = (StaffRole.AGENT, StaffRole.HOST, StaffRole.MANAGER, StaffRole.ADMINISTRATOR)
SignInRules = Mapping[StaffRole, date]  # the roles that need a second factor, each with its first day
RuleValues = Mapping[str, str | None]  # the same for every role, as forms compare them and the audit stores them


@dataclass(frozen=True, slots=True)
class Passkey:
    """A passkey as its owner sees it. `last_used_at` is None before its first login."""

    id: str
    credential_id: str
    name: str
    transports: tuple[str, ...]
    created_at: datetime
    last_used_at: datetime | None


@dataclass(frozen=True, slots=True)
class AuthenticatorApp:
    """The authenticator app of an account, without its secret."""

    created_at: datetime
    last_used_at: datetime | None


@dataclass(frozen=True, slots=True)
class AccountFactors:
    """The second factors of an account. Recovery codes alone are none."""

    passkeys: Sequence[Passkey] = ()
    app: AuthenticatorApp | None = None
    recovery_codes_left: int = 0

    @property
    def count(self) -> int:
        return len(self.passkeys) + (1 if self.app else 0)

    @property
    def has_any(self) -> bool:
        return self.count > 0


def new_recovery_codes() -> list[str]:
    """Make recovery codes such as `7KQM-2X9T-4RWD-8H2N`."""
    return [
        "-".join(
            "".join(secrets.choice(CROCKFORD) for _ in range(RECOVERY_CODE_GROUP_LENGTH))
            for _ in range(RECOVERY_CODE_GROUPS)
        )
        for _ in range(RECOVERY_CODES)
    ]


def hash_recovery_code(code: str) -> str:
    """Return the SHA-256 of a recovery code, however it is typed."""
    return hash_token(f"recovery\0{normalize_locator(code)}")


def is_factor_required(rules: Mapping[StaffRole, date], role: StaffRole, today: date) -> bool:
    """Whether people of this role need a second factor today."""
    return role in rules and rules[role] <= today


def is_proof_recent(proved_at: datetime | None, now: datetime) -> bool:
    """Whether a password or factor was given so recently that the account may be changed."""
    return proved_at is not None and now < proved_at + PROOF_LIFETIME


def check_passkey_name(name: str) -> str:
    """Return the name of a passkey, folded. Raises Invalid."""
    folded = " ".join(name.split())
    if not folded:
        raise Invalid(FieldError("name", "required"))
    if len(folded) > MAX_PASSKEY_NAME_LENGTH:
        raise Invalid(FieldError("name", "too_long", {"max": MAX_PASSKEY_NAME_LENGTH}))
    return folded


def rule_values(rules: SignInRules) -> dict[str, str | None]:
    """Return the first day of each role as an ISO date; None if it needs no second factor."""
    return {str(role): rules[role].isoformat() if role in rules else None for role in FACTOR_ROLES}


def parse_rule_values(values: RuleValues) -> dict[StaffRole, date]:
    """Return the rules of plain values."""
    return {StaffRole(role): date.fromisoformat(day) for role, day in values.items() if day}
