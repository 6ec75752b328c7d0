"""Needs of citizens that the booking form offers, by their codes. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from ...offices.domain.words import NEED_NAMES, ServiceMode

PLACE_NEEDS = frozenset({"step_free"})  # of the way to the office, which a call does not need


def known_needs(codes: Iterable[str]) -> tuple[str, ...]:
    """Return the codes that the form offers, each once, in the form's order."""
    named = set(codes)
    return tuple(code for code in NEED_NAMES if code in named)


def needs_in_mode(codes: Iterable[str], mode: ServiceMode | None) -> tuple[str, ...]:
    """Drop the needs of the place if the citizen does not come there; keep all for no mode."""
    is_remote = mode not in (None, "in_person")
    return tuple(code for code in codes if not (is_remote and code in PLACE_NEEDS))
