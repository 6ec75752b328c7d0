"""URLs of the booking form, with known choices filled in. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlencode

BOOKING_PATH = "/appointments/new"
FIND_APPOINTMENT_PATH = "/appointments/find"
# The value of `office` for a video call with any of them; no slug has this character.
ANY_OFFICE = "*"
# Separates the start of a slot of any office from the slug of the office that has it.
OFFICE_MARK = "~"


def booking_url(*pairs: tuple[str, str]) -> str:
    """Build the URL of the booking form with these query parameters."""
    return f"{BOOKING_PATH}?{urlencode(pairs)}" if pairs else BOOKING_PATH


def booking_url_for_services(office: str, services: Sequence[str], mode: str | None = None) -> str:
    """Build the URL of the form for a visit with these services, in their order.

    All arguments are slugs.
    """
    known = [("office", office), ("service", services[0]), *(("more", slug) for slug in services[1:])]
    return booking_url(*known, *([("mode", mode)] if mode else ()))
