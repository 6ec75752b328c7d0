"""The addresses of the booking pages, with what is known filled in. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlencode

BOOKING_PATH = "/appointments/new"


def booking_url(*pairs: tuple[str, str]) -> str:
    """The address of a page of the booking."""
    return f"{BOOKING_PATH}?{urlencode(pairs)}" if pairs else BOOKING_PATH


def booking_url_for_services(office: str, services: Sequence[str], mode: str | None = None) -> str:
    """Where one visit with all these services is booked: an office's slug, and theirs in their order."""
    known = [("office", office), ("service", services[0]), *(("more", slug) for slug in services[1:])]
    return booking_url(*known, *([("mode", mode)] if mode else ()))
