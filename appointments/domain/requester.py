"""Requesters and booking limits. Pure: hashes of devices and addresses, no contacts."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network

from ...core.ids import new_id
from .appointment import Appointment

# Enough to book; longer would tell strangers who has verified.
MAILBOX_VERIFIED_FOR = timedelta(hours=1)
# An e-mail can take minutes, and is often read on another device.
UNVERIFIED_HOLD_DURATION = timedelta(minutes=30)
BOOKING_RATE_WINDOW = timedelta(hours=1)  # docs/api.md, limits for the public


@dataclass(frozen=True, slots=True)
class BookingLimits:
    """Limits on what the public can book, set by the installation; 0 means no limit.

    `unverified`: slots that an address keeps with unverified e-mails. `mailbox`: upcoming appointments that a
    device or address books for the same mailbox. `bookings`: appointments that an address books in an hour.
    `holds`: active holds of an address. `open_turns`: open turns that an address takes without appointment in
    an office. `sms_numbers`: telephone numbers that an address gives in a day for the SMS of turns.
    `difficulty`: the most numbers that a proof of work tries; it tries half of them on average.
    `office_networks`: networks of offices, whose people share an address: without `open_turns` and `sms_numbers`.
    `programs_prove`: whether a program without a key must send a proof; otherwise it must have the e-mail
    verified, and needs no proof for turns.
    """

    unverified: int = 3
    mailbox: int = 6
    bookings: int = 20
    holds: int = 20
    open_turns: int = 30
    sms_numbers: int = 30
    difficulty: int = 50_000
    programs_prove: bool = True
    office_networks: tuple[IPv4Network | IPv6Network, ...] = ()

    def at(self, address: IPv4Address | IPv6Address | None) -> BookingLimits:
        """Return the limits that hold at this address."""
        if address is None or not any(address in network for network in self.office_networks):
            return self
        return replace(self, open_turns=0, sms_numbers=0)


@dataclass(frozen=True, slots=True)
class ProofOfWork:
    """A valid proof of work that is not spent yet.

    `signature`: the signature of the challenge, in hexadecimal.
    """

    signature: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Requester:
    """The source of a booking request.

    `device` and `address` are keyed hashes, None if there is none to count. `limits` is None without limits:
    for staff, integrations with a key, and the product itself. Any other requester sends a `proof` or
    verifies the e-mail. `program`: the request came over the API.
    """

    device: str | None = None
    address: str | None = None
    limits: BookingLimits | None = None
    proof: ProofOfWork | None = None
    program: bool = False

    @property
    def must_verify(self) -> bool:
        """Whether an appointment is only pre-confirmed until the e-mail is verified."""
        if self.limits is None or self.proof is not None:
            return False
        return self.limits.programs_prove or not self.program

    def can_learn_about(self, appointment: Appointment) -> bool:
        """Whether a refusal may tell that the mailbox has this appointment.

        Staff may know, and the device that booked it. A program without a cookie counts as its address.
        """
        # Anyone can type an address: other requesters must not learn who has an appointment (docs/decisions/0020).
        if self.limits is None:
            return True
        if self.device is not None or appointment.device is not None:
            return self.device == appointment.device
        return self.program and self.address is not None and self.address == appointment.address


# For staff, and for the product's own bookings, such as the demo's.
UNLIMITED_REQUESTER = Requester()


def holder_key(requester: Requester) -> str:
    """Name the holder: the device, else the proof of work, else the address.

    Each proof is another holder. Requesters without limits get a new key for each hold.
    """
    if requester.device is not None:
        return f"device:{requester.device}"
    if requester.proof is not None:
        return f"proof:{requester.proof.signature}"
    return f"asker:{new_id()}" if requester.limits is None else f"address:{requester.address}"
