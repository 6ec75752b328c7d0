"""Who asks for a place, as far as the rules want to know; and how much one may keep. Pure: hashes, no contacts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

MAILBOX_VERIFIED_FOR = timedelta(days=90)  # people change their address; within a season they rarely do
UNVERIFIED_HOLD_DURATION = timedelta(minutes=30)  # a letter may take some minutes, and is read on another device
BOOKING_RATE_WINDOW = timedelta(hours=1)  # contract.md: 20 bookings an hour and address


@dataclass(frozen=True, slots=True)
class BookingLimits:
    """How much of an agenda the public may keep; each is a setting of the installation, 0 means without limit.

    `unverified`: places of one address whose e-mail nobody has verified. `mailbox`: appointments ahead of one
    mailbox. `bookings`: appointments an hour of one address. `holds`: open holds of one address.
    `difficulty`: how many numbers a proof of work tries at most, of which half on average. `programs_prove`:
    whether a program without a key brings a proof, too, or else has the e-mail verified.
    """

    unverified: int = 3
    mailbox: int = 6
    bookings: int = 20
    holds: int = 20
    difficulty: int = 50_000
    programs_prove: bool = True


@dataclass(frozen=True, slots=True)
class ProofOfWork:
    """A proof of work that was found good, and is not spent yet. `signature`: the challenge's, in hexadecimal."""

    signature: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Requester:
    """`device` and `address` are keyed hashes, None where there is none to count.

    `limits` is None for whoever is not limited: staff, an integration's key, the product itself. Everybody else
    brings a `proof`, or has to show that the e-mail is theirs. `program`: asks over the API.
    """

    device: str | None = None
    address: str | None = None
    limits: BookingLimits | None = None
    proof: ProofOfWork | None = None
    program: bool = False

    @property
    def must_verify(self) -> bool:
        """Whether a place is only kept until the e-mail is verified."""
        if self.limits is None or self.proof is not None:
            return False
        return self.limits.programs_prove or not self.program


UNLIMITED_REQUESTER = (
    Requester()
)  # staff, and code of ours that asks for nobody in particular, such as the demo city
