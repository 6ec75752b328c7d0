"""Who asks for a place, as far as the rules want to know; and how much one may keep. Pure: hashes, no contacts."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """How much of an agenda the public may keep; each is a setting of the installation, 0 means without limit.

    `unverified`: places of one address whose e-mail nobody has verified. `mailbox`: appointments ahead of one
    mailbox. `bookings`: appointments an hour of one address. `holds`: open holds of one address.
    """

    unverified: int = 3
    mailbox: int = 6
    bookings: int = 20
    holds: int = 20


@dataclass(frozen=True, slots=True)
class Asker:
    """`device` and `address` are keyed hashes, None where there is none to count.

    `limits` is None for whoever is not limited: staff, an integration's key, the product itself.
    """

    device: str | None = None
    address: str | None = None
    limits: Limits | None = None


INSIDE = Asker()  # staff, and code of ours that asks for nobody in particular, such as the demo city
