"""Events of turns that other features handle, in the transaction that emits them."""

from __future__ import annotations

from dataclasses import dataclass

from ..offices.service import Office


@dataclass(frozen=True, slots=True)
class OfficeEvacuated:
    """Everyone was told to leave an office. The transaction holds no lock of a line."""

    office: Office


@dataclass(frozen=True, slots=True)
class EvacuationEnded:
    """The office may be entered again, and calls go on."""

    office: Office
